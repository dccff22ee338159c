//! Messages of base peers.

use crate::{
    base::{Destination, Received as Said},
    id::PortName,
    kernel::{Body, Delivery, Event, Kernel, Received, arena::Key, connection::Phase},
    message::Message,
    time::Time,
};

/// Octets that a connection may have sent before it is decided whether it carries anything.
const MAX_EARLY: usize = 1 << 20;

impl Kernel {
    /// Handles the first message of `input`, or the part of it that is there.
    pub(in crate::kernel) fn receive_base<'b>(&mut self, connection: Key, input: &'b [u8], now: Time) -> Received<'b> {
        if input.is_empty() {
            return Received::More;
        }
        let Some(state) = self.connections.get_mut(connection) else { return Received::Closed };
        let key = state.peer;
        let Phase::Base(channel) = &mut state.phase else {
            if input.len() <= MAX_EARLY {
                return Received::More;
            }
            self.close_connection(connection);
            return Received::Closed;
        };
        state.heard_at = now;
        let mut rest = input;
        let delivery = match channel.reader.read(&mut rest) {
            Ok(None) => None,
            Ok(Some(said)) => self.handle_base(key, connection, said, now),
            Err(error) => return self.reject(connection, &error.to_string(), now),
        };
        self.frame(connection, input.len().saturating_sub(rest.len()), delivery)
    }

    fn handle_base<'b>(&mut self, key: Key, connection: Key, said: Said, now: Time) -> Option<Delivery<'b>> {
        match said.destination {
            Destination::Port(PortName::Node) => self.handle_base_request(key, connection, said.message, now),
            Destination::Port(name) => self.base_message(key, name, said.message),
            Destination::Nowhere => {
                self.refused(key, "a message to something that is not the name of a port".to_owned());
                None
            }
        }
    }

    /// A message to a port: an answer, if the port is the place where one is expected.
    fn base_message<'b>(&mut self, key: Key, name: PortName, message: Message) -> Option<Delivery<'b>> {
        let body = Body::Values(message);
        if let Some((number, _)) = self.awaited(&name) {
            return Some(Delivery::Answer { number, result: Ok(body) });
        }
        if let Some(reason) = self.closed_for(key, &name).cloned() {
            return self.dropped(name, reason);
        }
        if let Some(to) = self.ports.resolve(&name) {
            return Some(Delivery::Message { to, body });
        }
        let reason = self.absence(&name);
        if self.may_yet_live(key, &name) {
            // Nothing that the peer sends later may arrive, since this does not.
            self.close_name(key, &name, &reason);
        }
        self.dropped(name, reason)
    }

    /// The peer asked for something that is not done.
    pub(super) fn refused(&mut self, key: Key, error: String) {
        let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return };
        self.event(Event::RequestRefused { node, error });
    }
}
