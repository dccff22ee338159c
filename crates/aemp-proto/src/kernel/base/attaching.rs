//! Connections with base peers come and go.

use crate::{
    base::Established,
    id::{PortId, PortName},
    kernel::{
        ConnectionId, DialId, Event, Kernel, Output,
        arena::Key,
        connection::{Connection, Phase},
    },
    reason::Reason,
    session::Ledger,
    time::Time,
};

use super::Channel;

impl Kernel {
    /// Takes an authenticated connection with a base peer over.
    ///
    /// `dial` is the attempt it came from, if this side connected. The kernel may close it at once; either way
    /// [`Self::closed`] is to be called at its end.
    pub fn attach_base(&mut self, established: &Established, dial: Option<DialId>, now: Time) -> ConnectionId {
        self.now = now;
        let key = self.peer_key(established.node());
        let channel = Channel::new(established, &self.settings.limits);
        let connection = self.connections.insert(Connection::of_base(channel, key, now));
        if let Some(peer) = self.peers.get_mut(key) {
            peer.handshakes.push(connection);
        }
        if let Some((number, _)) = dial.and_then(|dial| self.end_dial(key, dial)) {
            self.end_call(number, Reason::new("unhandled_message", "a base peer publishes no names"));
        }
        self.admit_base(key, connection, now);
        self.schedule(connection);
        self.schedule_peer(key);
        ConnectionId(connection)
    }

    /// A connection begins to carry messages if no other one does. A living session of a native peer is never given up for
    /// it; another connection with a base peer is, if that does not answer.
    pub(in crate::kernel) fn admit_base(&mut self, key: Key, connection: Key, now: Time) {
        let Some(peer) = self.peers.get(key) else { return };
        match peer.connection {
            _ if self.leaving => self.close_connection(connection),
            Some(living) if peer.is_base() => self.probe(living, now.after(self.settings.timing.probe)),
            None if !peer.session.used => self.begin_base(key, connection, now),
            Some(_) | None => {
                let node = peer.node.clone();
                self.event(Event::NodeIdInUse { node });
                self.close_connection(connection);
            }
        }
    }

    /// The connection carries messages from now on.
    fn begin_base(&mut self, key: Key, connection: Key, now: Time) {
        let (Some(peer), Some(state)) = (self.peers.get_mut(key), self.connections.get_mut(connection)) else { return };
        let Phase::BaseChallenger(channel) = std::mem::replace(&mut state.phase, Phase::Closing) else { return };
        peer.contract = Some(channel.contract);
        state.phase = Phase::Base(channel);
        state.heard_at = now;
        peer.handshakes.retain(|other| *other != connection);
        peer.connection = Some(connection);
        peer.missed_since = None;
        peer.hung_up = false;
        peer.told.clear();
        peer.session.peer = None;
        peer.session.count = 1;
        peer.forget_dead_of_earlier_sessions();
        let (node, dials): (_, Vec<_>) = (peer.node.clone(), peer.dialling.cancel().collect());
        for dial in dials {
            self.dials.remove(dial.0);
            self.outputs.push_back(Output::CancelDial(dial));
        }
        self.mark_writable(connection);
        self.schedule(connection);
        self.event(Event::PeerUp { node, incarnation: None });
    }

    /// Whether a base peer is connected.
    pub(in crate::kernel) fn is_with_base(&self, key: Key) -> bool {
        self.peers.get(key).is_some_and(|peer| peer.is_base() && peer.connection.is_some())
    }

    /// What waited for a base peer is lost: each destination is told of once.
    pub(in crate::kernel) fn tell_lost(&mut self, key: Key, ledger: &Ledger, reason: &Reason) {
        let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return };
        let mut lost: Vec<PortName> = ledger.lost.iter().map(|unsent| unsent.to.clone()).collect();
        lost.sort_unstable();
        lost.dedup();
        for name in lost {
            self.event(Event::MessageDropped { to: PortId::new(node.clone(), name), reason: reason.clone() });
        }
    }
}
