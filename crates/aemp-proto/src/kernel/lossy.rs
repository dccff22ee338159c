//! Messages that may be lost: they go at once or never, and nothing follows from their loss.

use crate::{
    id::{PortId, PortName},
    planted::{Bug, planted},
    reason::Reason,
    wire::frame::Destination,
};

use super::{Body, Delivery, Kernel, LocalPort, Received, SendError, arena::Key, connection::Phase};

impl Kernel {
    /// Queues a message that may be lost to a port of another node; false if it was dropped.
    ///
    /// It is dropped where it cannot go now: no connection carries the session, much is queued for the peer, a large
    /// message to the same port is on its way, the port is dead for this node, or it is a node port. Nobody is told, neither here nor
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
        if to.name == PortName::Node {
            return Ok(false);
        }
        let limits = &self.settings.limits;
        let Some(peer) = self.by_node.get(&to.node).and_then(|key| self.peers.get_mut(*key)) else { return Ok(false) };
        let Some(connection) = peer.connection.filter(|_| !peer.congested && peer.fences.death(&to.name).is_none())
        else {
            if let Some(key) = self.by_node.get(&to.node).copied().filter(|_| planted(Bug::LossyCausesFence)) {
                self.fence(key, &to.name, &Reason::new("unreachable", "a message that may be lost was lost"));
            }
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
        length: usize,
        to: Destination,
        body: &'b [u8],
    ) -> Received<'b> {
        let Some(key) = self.peer_in_turn(connection) else { return self.frame(connection, length, None) };
        let name = match self.name(key, to) {
            Ok(name) => name,
            Err(bad) => return self.reject(connection, &bad.to_string(), self.now),
        };
        let delivery = match self.lossy_target(key, &name) {
            Ok(to) => Some(Delivery::Lossy { to, body: Body::Borrowed(body) }),
            Err(reason) => self.dropped(name, reason),
        };
        self.frame(connection, length, delivery)
    }

    /// The port for a message that may be lost, which is not counted: if there is none, the peer need not know.
    fn lossy_target(&self, key: Key, name: &PortName) -> Result<LocalPort, Reason> {
        if let Some(reason) = self.closed_for(key, name) {
            return Err(reason.clone());
        }
        self.ports.resolve(name).ok_or_else(|| self.absence(name))
    }

    /// The peer, if the connection carries its session and has come behind all repetitions.
    fn peer_in_turn(&self, connection: Key) -> Option<Key> {
        let state = self.connections.get(connection)?;
        let Phase::Adopted { expected: Some(expected), .. } = state.phase else { return None };
        let received = self.peers.get(state.peer)?.session.received;
        (expected == received.saturating_add(1)).then_some(state.peer)
    }
}
