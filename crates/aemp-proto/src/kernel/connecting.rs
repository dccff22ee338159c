//! Connections come and go.

use crate::{
    directory::Reached,
    link::{Authenticated, Role},
    planted::{Bug, planted},
    reason::Reason,
    time::Time,
    wire::frame::kind,
};

use super::{
    ConnectionId, DialFailure, DialId, Dialler, Event, Kernel, Output,
    arena::Key,
    connection::{Connection, Phase},
    dialling::Verdict,
    settings::RefusedIsDeath,
    timers::Owner,
};

impl Kernel {
    /// Takes an authenticated connection over.
    ///
    /// `dial` is the attempt it came from, if this side connected; `greeted_at` is when this side sent its
    /// greeting. The kernel may close it at once; either way [`Self::closed`] is to be called at its end.
    pub fn attach(&mut self, link: &Authenticated, dial: Option<DialId>, greeted_at: Time, now: Time) -> ConnectionId {
        self.now = now;
        let key = self.peer_key(link.node());
        let connection = self.connections.insert(Connection::new(link, key, greeted_at, now));
        if let Some(peer) = self.peers.get_mut(key) {
            peer.handshakes.push(connection);
        }
        let asked = dial.and_then(|dial| self.end_dial(key, dial));
        if self.refuse_if_retired(key, connection, link.incarnation(), now) {
            // Nothing goes over it.
        } else if self.leaving || self.is_superfluous(key, link) {
            self.close_connection(connection);
        } else if link.role() == Role::Dialler {
            self.say_hello(connection);
        }
        if let Some((number, name)) = asked {
            self.ask_for(key, number, name, now);
        }
        self.schedule(connection);
        self.schedule_peer(key);
        ConnectionId(connection)
    }

    /// An attempt has led to a connection with a peer. Gives the look-up that it was for.
    fn end_dial(&mut self, key: Key, dial: DialId) -> Option<(crate::id::PortNumber, Box<str>)> {
        match self.dials.remove(dial.0)? {
            Dialler::LookUp { number, name, .. } => Some((number, name)),
            Dialler::Seed(address) => {
                let (reached, now) = (Reached::Node(self.peers.get(key)?.node.clone()), self.now);
                self.on_directory(now, |directory| directory.dialled(&address, &reached, now));
                None
            }
            Dialler::Peer(_) => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.dialling.succeeded(dial);
                }
                None
            }
        }
    }

    /// Whether this side connected to a process that it already has a connection with: a look-up, or a race.
    fn is_superfluous(&self, key: Key, link: &Authenticated) -> bool {
        link.role() == Role::Dialler
            && self
                .peers
                .get(key)
                .is_some_and(|peer| peer.connection.is_some() && peer.session.peer == Some(link.incarnation()))
    }

    /// A connection was closed by the other side, or broke. All that was received before must have been handed in.
    pub fn closed(&mut self, connection: ConnectionId, error: &str, now: Time) {
        self.now = now;
        let Some(state) = self.connections.remove(connection.0) else { return };
        let mut due = state.due;
        self.timers.set(Owner::Connection(connection.0), &mut due, None);
        let Some(peer) = self.peers.get_mut(state.peer) else { return };
        peer.handshakes.retain(|other| *other != connection.0);
        if peer.connection == Some(connection.0) {
            peer.hung_up = true;
            self.lose(state.peer, useful(&state.phase), error, now);
            self.hear_challengers(state.peer, now);
        } else if !state.is_closing() {
            self.handshake_ended(state.peer, now);
        }
        // The other side may have adopted it: as long as there is room, that session is not given up.
        if self.peers.len() > self.settings.limits.max_idle_peers {
            self.forget_if_useless(state.peer);
        }
    }

    /// The peer's connection is gone; the session goes on.
    pub(super) fn lose(&mut self, key: Key, was_useful: bool, error: &str, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.connection = None;
        peer.missed_since = Some(now);
        if !was_useful && planted(Bug::CountNotRaised) {
            peer.session.count = peer.session.count.saturating_sub(1);
        }
        if planted(Bug::BaseProtocol) {
            let epoch = peer.session.epoch.saturating_add(1);
            return self.fail(key, epoch, &Reason::new("unreachable", error), now);
        }
        if was_useful {
            peer.dialling.reset_pause();
            peer.dialling.next_at = Some(now);
        }
        if !self.leaving {
            let node = peer.node.clone();
            self.event(Event::ConnectionLost { node, error: error.to_owned() });
        }
        self.plan_dialling(key, now);
    }

    /// A connection ended before it carried the session.
    pub(super) fn handshake_ended(&mut self, key: Key, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.may_dial() && peer.wants_connection() && peer.missed_since.is_none() {
            peer.missed_since = Some(now);
        }
        self.plan_dialling(key, now);
    }

    /// Sees to it that a missed connection is dialled, at once or after a pause.
    fn plan_dialling(&mut self, key: Key, now: Time) {
        let jitter = self.jitter();
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.may_dial() && peer.missed_since.is_some() && peer.dialling.next_at.is_none() {
            peer.dialling.pause_before_next(now, &self.settings.timing, jitter);
        }
        self.schedule_peer(key);
        self.dial_if_due(key, now);
    }

    /// Closes a connection on this side's own account; what it has to say in urgent frames is still written.
    pub(super) fn close_connection(&mut self, connection: Key) {
        let Some(state) = self.connections.get_mut(connection) else { return };
        if state.is_closing() {
            return;
        }
        let key = state.peer;
        let carried = self.peers.get(key).is_some_and(|peer| peer.connection == Some(connection));
        if !(planted(Bug::LateOctetsAccepted) && carried) {
            state.phase = Phase::Closing;
        }
        self.schedule(connection);
        self.outputs.push_back(Output::Close(ConnectionId(connection)));
        if let Some(peer) = self.peers.get_mut(key) {
            peer.handshakes.retain(|other| *other != connection);
            if peer.connection == Some(connection) {
                peer.connection = None;
            }
        }
    }

    /// Tells the other side why, and closes.
    pub(super) fn refuse_connection(&mut self, connection: Key, code: &str, text: &str) {
        if let Some(state) = self.connections.get_mut(connection) {
            state.urgent(kind::REFUSED, |out| {
                out.push(u8::try_from(code.len()).unwrap_or(u8::MAX));
                out.extend_from_slice(code.as_bytes());
                out.extend_from_slice(text.as_bytes());
            });
        }
        self.close_connection(connection);
    }

    /// Dials the next address of a peer, if its time has come (R3).
    pub(super) fn dial_if_due(&mut self, key: Key, now: Time) {
        let timing = self.settings.timing;
        let leaving = self.leaving;
        let Some(peer) = self.peers.get_mut(key).filter(|peer| peer.may_dial() && !leaving) else { return };
        let (addresses, node) = (peer.addresses(), peer.node.clone());
        if let Some(address) = peer.dialling.next_address(now, &timing, || addresses) {
            let dial = DialId(self.dials.insert(Dialler::Peer(key)));
            if let Some(peer) = self.peers.get_mut(key) {
                peer.dialling.began(dial, address.clone());
                if planted(Bug::TimeoutFromLastDial) {
                    peer.missed_since = Some(now);
                }
            }
            self.outputs.push_back(Output::Dial { dial, expect: Some(node), address });
        }
        self.schedule_peer(key);
    }

    /// An attempt to connect failed.
    pub fn dial_failed(&mut self, dial: DialId, failure: DialFailure, now: Time) {
        self.now = now;
        match self.dials.remove(dial.0) {
            None => {}
            Some(Dialler::LookUp { address, number, .. }) => {
                let reason = match failure {
                    DialFailure::Rejected(reason) => reason,
                    failure => Reason::new("unreachable", format!("{address}: {failure}")),
                };
                self.end_call(number, reason);
            }
            Some(Dialler::Seed(address)) => self.seed_failed(address, &failure, now),
            Some(Dialler::Peer(key)) => self.peer_dial_failed(key, dial, failure, now),
        }
    }

    fn peer_dial_failed(&mut self, key: Key, dial: DialId, failure: DialFailure, now: Time) {
        let (jitter, timing) = (self.jitter(), self.settings.timing);
        let Some(peer) = self.peers.get_mut(key) else { return };
        // That a node which nobody was meant to dial cannot be dialled is no news: its session's end will be.
        let address = peer.dialling.address_of(dial).filter(|_| !peer.node.recipe().is_empty());
        let (node, error) = (Some(peer.node.clone()), failure.to_string());
        let verdict = peer.dialling.failed(dial, failure, now, &timing, jitter);
        let epoch = peer.session.epoch.saturating_add(1);
        let (known, dead) = (peer.session.peer.is_some(), self.refused_proves_death(key));
        if let Some(address) = address {
            self.event(Event::DialFailed { node, address, error });
        }
        match verdict {
            Verdict::Refused if dead => {
                let reason = Reason::new("node_down", "nothing listens at the node's address any more");
                self.fail(key, epoch, &reason, now);
            }
            Verdict::Rejected(reason) if !known => self.fail(key, epoch, &reason, now),
            Verdict::GoOn | Verdict::Refused | Verdict::Rejected(_) => {
                self.schedule_peer(key);
                self.dial_if_due(key, now);
            }
        }
    }

    /// Whether refused connections prove the death of a peer whose side closed the last connection.
    fn refused_proves_death(&self, key: Key) -> bool {
        let Some(peer) = self.peers.get(key) else { return false };
        let proof = match self.settings.refused_is_death {
            RefusedIsDeath::Always => true,
            RefusedIsDeath::Never => false,
            RefusedIsDeath::SameHost => peer.addresses().iter().all(crate::id::Address::is_same_host),
        };
        proof && peer.hung_up && peer.session.peer.is_some()
    }

    /// Waits for what is next due for a connection.
    pub(super) fn schedule(&mut self, connection: Key) {
        if let Some(state) = self.connections.get_mut(connection) {
            let due = state.next_due(&self.settings.timing);
            self.timers.set(Owner::Connection(connection), &mut state.due, due);
        }
    }

    /// Waits for what is next due for a peer.
    pub(super) fn schedule_peer(&mut self, key: Key) {
        if let Some(peer) = self.peers.get_mut(key) {
            let due = peer.next_due(self.settings.timing.session_timeout);
            self.timers.set(Owner::Peer(key), &mut peer.due, due);
        }
    }
}

/// Whether a connection carried anything new.
pub(super) const fn useful(phase: &Phase) -> bool {
    matches!(phase, Phase::Adopted { proved_useful: true, .. })
}
