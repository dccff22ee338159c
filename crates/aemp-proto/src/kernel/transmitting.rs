//! Octets that are to be written.

use bytes::Bytes;

use crate::{
    planted::{Bug, planted},
    time::Time,
    wire::{frame::kind, write},
};

use super::{ConnectionId, Kernel, Output, arena::Key};

impl Kernel {
    /// The next connection that became worth a call of [`Self::transmit`].
    pub fn next_writable(&mut self) -> Option<ConnectionId> {
        self.writable.pop_front().map(ConnectionId)
    }

    /// What is to be written next, about `room` octets; `None` if there is nothing (more).
    ///
    /// Octets that were given out count as written: a driver that cannot write them reports the connection
    /// closed. After `None`, [`Self::next_writable`] names the connection when there is something again.
    pub fn transmit(&mut self, connection: ConnectionId, room: usize, now: Time) -> Option<Bytes> {
        let id = connection.0;
        let limits = self.settings.limits;
        let state = self.connections.get_mut(id)?;
        if state.is_base() {
            return self.transmit_base(id, room, now);
        }
        let (adopted, key) = (state.is_adopted(), state.peer);
        let peer = self.peers.get_mut(key)?;
        let adopted = adopted && (!planted(Bug::LateOctetsAccepted) || peer.connection == Some(id));
        let session = &mut peer.session;
        let more = adopted && session.has_more();
        if state.owed_since.is_some() && adopted && (more || state.acknowledge_now) {
            let (received, notice) = (session.received, session.last_notice());
            state.urgent(kind::ACKNOWLEDGE, |out| {
                write::number(out, received);
                write::number(out, notice);
            });
            state.owed_since = None;
            state.owed_octets = 0;
            state.acknowledge_now = false;
        }
        let octets = if !state.urgent.is_empty() {
            Some(Bytes::from(std::mem::take(&mut state.urgent)))
        } else if more {
            let octets = session.give_out(room, &limits);
            if planted(Bug::WithoutAcknowledgements) {
                session.forget_given();
            }
            octets
        } else {
            None
        };
        match octets {
            Some(octets) => {
                state.written_at = now;
                if planted(Bug::WritingIsLife) {
                    state.heard_at = now;
                }
                Some(octets)
            }
            None => {
                state.queued = false;
                None
            }
        }
    }

    /// Says goodbye to all peers, an orderly end: every monitor of theirs fires. Transmit and close afterwards.
    ///
    /// No session begins or is resumed any more: what a peer sends from now on is for another incarnation.
    pub fn goodbye(&mut self) {
        self.leaving = true;
        let handshakes: Vec<Key> = self.peers.iter().flat_map(|(_, peer)| peer.handshakes.clone()).collect();
        for connection in handshakes {
            self.close_connection(connection);
        }
        let carriers: Vec<Key> = self.peers.iter().filter_map(|(_, peer)| peer.connection).collect();
        for connection in carriers {
            match self.connections.get_mut(connection) {
                // Base peers know no other goodbye; what waits for them is written before.
                Some(state) if state.is_base() => self.outputs.push_back(Output::Close(ConnectionId(connection))),
                Some(state) => {
                    state.urgent(kind::GOODBYE, |_| {});
                    self.mark_writable(connection);
                }
                None => {}
            }
        }
    }
}
