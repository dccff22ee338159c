//! Does again what a recorded program did: calls what makes the kernel say its line.

use super::lines::Line;
use super::stage::Stage;
use crate::{
    base::Destination,
    directory::Query,
    id::{PortId, PortKind, PortName, PortNumber},
    message::{Message, cbor},
    reason::Reason,
    value::Value,
};

impl Stage {
    pub(super) fn act(&mut self, line: &Line) {
        let Destination::Port(name) = &line.to else { panic!("{line:?}") };
        let to = PortId::new(self.peer.clone(), name.clone());
        if line.is_mark() {
            return;
        }
        let Some(tag) = line.tag().filter(|_| *name == PortName::Node) else {
            return self.send(&to, None, line.values.clone());
        };
        let arguments = line.values[1..].to_vec();
        match tag {
            "mon1" | "mon0" | "kil1" | "kil0" | "AnyEvent::MP::_spawn" => self.act_on_port(tag, arguments),
            tag if tag.starts_with("g_") => self.act_on_database(tag, arguments),
            _ => self.send(&to, None, line.values.clone()),
        }
    }

    fn act_on_port(&mut self, tag: &str, mut arguments: Vec<Value>) {
        let now = self.world.now;
        let text = arguments.remove(0).as_str().unwrap().to_owned();
        let name: PortName = text.parse().unwrap();
        let id = PortId::new(self.peer.clone(), name.clone());
        let kernel = &mut self.world.nodes[0].kernel;
        match tag {
            "mon1" => self.watches.entry(text).or_default().push(kernel.monitor(&id, now)),
            "mon0" => {
                self.watches.remove(&text).unwrap().into_iter().for_each(|watch| kernel.demonitor(watch));
            }
            "kil1" => kernel.kill(&id, &Reason::from_values(arguments), now),
            "kil0" => {
                if let Some(port) = kernel.resolve(&name) {
                    self.close(port, Reason::from_values(arguments));
                }
            }
            _ => {
                let service = arguments.remove(0).as_str().unwrap().to_owned();
                let message = Message(arguments);
                kernel.spawn(&id.node, &name, &service, now, |out| cbor::encode(&message, out)).unwrap();
            }
        }
    }

    /// Changes, watches and questions of programs. All else the directory says by itself.
    fn act_on_database(&mut self, tag: &str, arguments: Vec<Value>) {
        let now = self.world.now;
        let family = arguments.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = PortNumber::counted(1, PortKind::Reply).unwrap();
        let kernel = &mut self.world.nodes[0].kernel;
        match tag {
            "g_upd" if !family.starts_with('\'') => {
                if let Value::Map(entries) = &arguments[1] {
                    for (key, value) in entries {
                        kernel.db_set(&family, key.as_str().unwrap(), value, now).unwrap();
                    }
                }
                if let Some(Value::Array(removed)) = arguments.get(2) {
                    for key in removed {
                        kernel.db_remove(&family, key.as_str().unwrap(), now).unwrap();
                    }
                }
            }
            "g_mon1" => {
                let watch = kernel.db_watch(&family, now).unwrap();
                self.families.insert(family, watch);
            }
            "g_mon0" => {
                let watch = self.families.remove(&family).unwrap();
                kernel.db_unwatch(watch, now);
            }
            "g_db_family" => kernel.db_read(&Query::Family(family), number, now),
            "g_db_keys" => kernel.db_read(&Query::Keys(family), number, now),
            "g_db_values" => kernel.db_read(&Query::Values(family), number, now),
            "g_find" if family != self.peer.as_str() => {
                kernel.monitor(&format!("{family}#x").parse().unwrap(), now);
            }
            _ => {}
        }
    }
}
