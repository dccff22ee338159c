//! Messages that may be lost: they go at once or never, and nothing follows from their loss.

use crate::{
    id::PortId,
    wire::frame::{Destination, Raw},
};

use super::{Body, Delivery, Kernel, Received, SendError, arena::Key, connection::Phase, receiving::Target};

impl Kernel {
    /// Queues a message that may be lost to a port of another node; false if it was dropped.
    ///
    /// It is dropped where it cannot go now: no connection carries the session, much is queued for the peer, a large
    /// message to the same port is on its way, or the port is dead for this node. Nobody is told, neither here nor
    /// when it is lost on its way, and the peer is not dialled for it. It never arrives twice, or before what was
    /// sent earlier.
    ///
    /// # Errors
    ///
    /// [`SendError`]: nothing was queued. It must not be larger than [`crate::limits::Limits::max_piece`]. A message
    /// that is dropped is not encoded.
    pub fn send_lossy<E>(
        &mut self,
        to: &PortId,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, SendError<E>> {
        let limits = &self.settings.limits;
        let Some(peer) = self.by_node.get(&to.node).and_then(|key| self.peers.get_mut(*key)) else { return Ok(false) };
        let Some(connection) = peer.connection.filter(|_| !peer.congested && peer.fences.get(&to.name).is_none())
        else {
            return Ok(false);
        };
        let is_queued = peer.session.write_lossy(&to.name, limits, encode)?;
        if is_queued {
            self.mark_writable(connection);
        }
        Ok(is_queued)
    }

    /// Handles a message that may be lost: it counts only where every frame before it was received.
    pub(super) fn receive_lossy<'b>(
        &mut self,
        connection: Key,
        raw: &Raw<'_>,
        to: Destination,
        body: &'b [u8],
    ) -> Received<'b> {
        let Some(key) = self.peer_in_turn(connection) else { return self.frame(connection, raw.length, None) };
        let delivery = match self.find_target(key, to) {
            Ok(Target::Port(to)) => Some(Delivery::Lossy { to, body: Body::Borrowed(body) }),
            Ok(Target::Node) => None,
            Ok(Target::Nobody(name, reason)) => self.dropped(name, reason),
            Err(bad) => return self.reject(connection, &bad.to_string(), self.now),
        };
        self.frame(connection, raw.length, delivery)
    }

    /// The peer, if the connection carries its session and has come behind all repetitions.
    fn peer_in_turn(&self, connection: Key) -> Option<Key> {
        let state = self.connections.get(connection)?;
        let Phase::Adopted { expected: Some(expected), .. } = state.phase else { return None };
        let received = self.peers.get(state.peer)?.session.received;
        (expected == received.saturating_add(1)).then_some(state.peer)
    }
}
