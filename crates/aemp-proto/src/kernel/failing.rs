//! Sessions that fail: because this side gives them up, or the other side breaks the rules or falls silent.

use crate::{
    id::{PortName, PortNumber},
    reason::Reason,
    time::Time,
};

use super::{Event, Kernel, Output, arena::Key, connecting::useful, peer::Peer};

impl Kernel {
    /// This side gives the session up.
    pub(super) fn fail(&mut self, key: Key, epoch: u64, reason: &Reason, now: Time) {
        self.fail_but(key, epoch, reason, None, now);
        self.hear_challengers(key, now);
        self.forget_if_useless(key);
    }

    /// The same, while the first frames of one connection belong to the next session already.
    pub(super) fn fail_but(&mut self, key: Key, epoch: u64, reason: &Reason, but: Option<Key>, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let node = peer.node.clone();
        // What a base peer's next connection says is not about its last one.
        let shaken = if peer.is_base() { &[][..] } else { &peer.handshakes };
        let doomed: Vec<Key> = peer.connection.iter().chain(shaken).copied().collect();
        let (made, was_used) = (peer.made(now), peer.session.used || peer.session.count > 0);
        let ledger = peer.session.restart(epoch).close();
        let monitored = peer.monitored();
        let declared_dead = peer.fence_all(&monitored, &ledger, made, reason);
        peer.history.note_failure(now, was_used, reason, declared_dead);
        peer.missed_since = None;
        peer.hung_up = false;
        peer.congested = false;
        let dials: Vec<_> = peer.dialling.cancel().collect();
        for connection in doomed.into_iter().filter(|connection| Some(*connection) != but) {
            self.close_connection(connection);
        }
        for dial in dials {
            self.dials.remove(dial.0);
            self.outputs.push_back(Output::CancelDial(dial));
        }
        for name in monitored {
            let counted = self.fenced(key, &name).unwrap_or_else(|| {
                let delivered = if name == PortName::Node { None } else { ledger.delivered(&name) };
                reason.clone().with_delivered(delivered)
            });
            self.fire(key, &name, &counted);
        }
        if self.peers.get(key).is_some_and(Peer::is_base) {
            self.tell_lost(key, &ledger, reason);
        }
        self.fail_calls(key, reason, |_| false);
        self.remove_all_watchers(key);
        self.event(Event::PeerDown { node, reason: reason.clone() });
        self.retire_if_too_many_are_dead(key);
        self.handshake_ended(key, now);
    }

    /// Calls that the peer was to answer are lost, but for those that `keep` names.
    pub(super) fn fail_calls(&mut self, key: Key, reason: &Reason, keep: impl Fn(PortNumber) -> bool) {
        let mut lost: Vec<_> = self
            .calls
            .iter()
            .filter(|(number, call)| call.peer == key && !keep(**number))
            .map(|(number, _)| *number)
            .collect();
        lost.sort_unstable();
        for number in lost {
            self.end_call(number, reason.clone());
        }
    }

    /// The other side broke the rules of the protocol: its session cannot go on.
    pub(super) fn misbehaved(&mut self, connection: Key, error: &str, now: Time) {
        let Some(key) = self.connections.get(connection).map(|state| state.peer) else { return };
        let Some(peer) = self.peers.get(key) else { return };
        let (node, epoch) = (peer.node.clone(), peer.session.epoch.saturating_add(1));
        self.event(Event::Misbehaved { node, error: error.to_owned() });
        if peer_carries(self.peers.get(key).and_then(|peer| peer.connection), connection) {
            self.fail(key, epoch, &Reason::new("misbehaved", error), now);
        } else {
            self.close_connection(connection);
            self.handshake_ended(key, now);
        }
    }

    /// A connection does not answer any more.
    pub(super) fn broken(&mut self, connection: Key, error: &str, now: Time) {
        let Some(state) = self.connections.get(connection) else { return };
        let (key, was_useful) = (state.peer, useful(&state.phase));
        let carries = peer_carries(self.peers.get(key).and_then(|peer| peer.connection), connection);
        self.close_connection(connection);
        if carries {
            self.lose(key, was_useful, error, now);
            self.hear_challengers(key, now);
        } else {
            self.handshake_ended(key, now);
        }
        self.schedule_peer(key);
    }
}

fn peer_carries(carrier: Option<Key>, connection: Key) -> bool {
    carrier == Some(connection)
}
