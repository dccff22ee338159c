//! What base peers ask of this node.

use crate::{
    base::{ReplyTo, Request},
    id::PortId,
    kernel::{Body, Delivery, Kernel, arena::Key, failed_spawns::tellable},
    message::{Message, cbor},
    time::Time,
    value::Value,
};

impl Kernel {
    /// Carries a request out. What is malformed or refused is an event, and nothing else happens.
    pub(super) fn handle_base_request<'b>(
        &mut self,
        key: Key,
        connection: Key,
        message: Message,
        now: Time,
    ) -> Option<Delivery<'b>> {
        match Request::parse(message.0) {
            Err(error) => self.refused(key, error.to_string()),
            Ok(Request::Nothing) => {}
            Ok(Request::Devnull) => self.base_lives(key, connection),
            Ok(Request::Monitor(name)) => self.add_watcher(key, name),
            Ok(Request::Demonitor(name)) => self.remove_watcher(key, &name),
            Ok(Request::Died(name, reason)) => self.handle_dead(key, &name, &tellable(reason).0),
            Ok(Request::Kill(name, reason)) => {
                return self.ports.resolve(&name).map(|to| Delivery::Kill { to, reason: tellable(reason).0 });
            }
            Ok(Request::Can(tag, reply)) => {
                let can = Request::is_known(&tag, self.settings.relay);
                return self.reply_to_base(key, reply, if can { "1" } else { "" }.into(), now);
            }
            Ok(Request::Time(reply)) => {
                let time = self.settings.wall_clock.saturating_add(now.since_start());
                return self.reply_to_base(key, reply, Value::Float(time.as_secs_f64()), now);
            }
            Ok(Request::Relay(to, message)) if self.settings.relay => return self.relay(&to, message, now),
            Ok(Request::Relay(..)) => self.refused(key, "snd: this node relays no messages".to_owned()),
            Ok(Request::Spawn { name, service, arguments }) => {
                return Some(Delivery::Spawn { name, service: service.into(), arguments: Body::Values(arguments) });
            }
            Ok(Request::Directory(tag, arguments)) => self.directory_request(key, &tag, arguments, now),
        }
        None
    }

    /// The peer answered the question whether it lives.
    fn base_lives(&mut self, key: Key, connection: Key) {
        if let Some(state) = self.connections.get_mut(connection) {
            state.probe_until = None;
            self.schedule(connection);
        }
        self.refuse_challengers(key);
    }

    /// Answers where the peer wants it; at other nodes only if this one may be made to send messages there.
    fn reply_to_base<'b>(&mut self, key: Key, reply: ReplyTo, answer: Value, now: Time) -> Option<Delivery<'b>> {
        let to = reply.port.clone();
        if self.settings.relay || self.peers.get(key).is_some_and(|peer| peer.node == to.node) {
            return self.relay(&to, reply.message(answer), now);
        }
        self.refused(key, "this node relays no messages: answers go to the node that asks".to_owned());
        None
    }

    /// Sends a message in the name of this node.
    fn relay<'b>(&mut self, to: &PortId, message: Message, now: Time) -> Option<Delivery<'b>> {
        if to.node == self.settings.node {
            let port = self.ports.resolve(&to.name)?;
            return Some(Delivery::Message { to: port, body: Body::Values(message) });
        }
        // What came in as a message can go out as one, unless it is too large for its new destination.
        if self.send(to, None, now, |out| cbor::encode(&message, out)).is_err() {
            self.give_up(to);
        }
        None
    }
}
