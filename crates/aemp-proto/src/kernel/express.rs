//! The frame that comes most often: a message to a living port whose name is interned.
//!
//! It is handled as `receiving` would do it, with each table looked into once.

use crate::{
    planted::{Bug, any_planted, planted},
    time::Time,
    wire::{
        frame::{FIRST_INTERNED, Raw, kind},
        reader::Reader,
    },
};

use super::{Body, Delivery, Kernel, Received, arena::Key, connection::Phase};

impl Kernel {
    /// Handles a frame if it is of this kind. `None` leaves all as it was: then it goes the usual way.
    #[inline]
    pub(super) fn receive_at_once<'b>(&mut self, connection: Key, raw: &Raw<'b>, now: Time) -> Option<Received<'b>> {
        // Bugs are planted on the usual way.
        if raw.kind != kind::MESSAGE || any_planted() {
            return None;
        }
        let mut reader = Reader::new(raw.body);
        let number = reader.index().ok()?.checked_sub(FIRST_INTERNED)?;
        let state = self.connections.get_mut(connection)?;
        let Phase::Adopted { expected: Some(expected), proved_useful, .. } = &mut state.phase else { return None };
        let peer = self.peers.get_mut(state.peer)?;
        let port = peer.session.known.get(number)?.port?;
        if *expected <= peer.session.received || !peer.closed_here.is_empty() || !self.ports.is_alive(port) {
            return None;
        }
        peer.session.received = *expected;
        peer.session.known.count(number);
        *expected = expected.saturating_add(1);
        *proved_useful = true;
        state.heard_at = now;
        if !planted(Bug::WithoutAcknowledgements) {
            let owed = state.owe(raw.length, self.settings.limits.ack_bytes, now);
            self.acknowledge_later(connection, owed);
        }
        let delivery = Delivery::Message { to: port, body: Body::Borrowed(reader.rest()) };
        Some(Received::Frame { length: raw.length, delivery: Some(delivery) })
    }
}
