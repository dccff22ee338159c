//! The programs of the recorded nodes, as far as they answer.

use super::stage::Stage;
use crate::{
    id::{PortId, PortName},
    kernel::LocalPort,
    reason::Reason,
    value::{Bytes, Value},
};

/// As Perl writes its texts.
pub(super) fn octets(text: &str) -> Value {
    Bytes::from(text.as_bytes()).into()
}

impl Stage {
    /// The port that answers.
    pub(super) fn receive(&mut self, port: LocalPort, mut values: Vec<Value>) {
        let word = if values.is_empty() { Value::Null } else { values.remove(0) };
        match word.as_str().unwrap_or_default() {
            "ping" => {
                let reply = port_id(&values.remove(0));
                values.insert(0, octets("pong"));
                self.send(&reply, Some(port), values);
            }
            "echo" => {
                let reply = port_id(&values.pop().unwrap());
                self.send(&reply, Some(port), values);
            }
            "die" => self.close(port, Reason::new("die", values[0].as_str().unwrap())),
            _ => self.shown.push(values),
        }
    }

    /// The functions that may be started as services.
    pub(super) fn spawn(&mut self, name: PortName, service: &str, arguments: Vec<Value>) {
        if !matches!(service, "main::echo_init" | "main::die_init" | "main::no_rcv_init") {
            return self.world.nodes[0].kernel.spawn_failed(name, Reason::new("no_such_service", service));
        }
        let port = self.open_as(&name.to_string());
        match service {
            "main::die_init" => self.close(port, Reason::new("die", "init")),
            "main::no_rcv_init" => self.close(port, Reason::normal()),
            _ => {
                let Some(owner) = arguments.first().map(port_id) else { return };
                let (id, now) = (self.world.nodes[0].kernel.port_id(port), self.world.now);
                let watch = self.world.nodes[0].kernel.link(port, &owner, now);
                self.links.insert(watch, port);
                self.send(&owner, Some(port), vec![octets("spawned"), octets(&id.to_string())]);
            }
        }
    }
}

pub(super) fn port_id(value: &Value) -> PortId {
    value.as_str().unwrap().parse().unwrap()
}
