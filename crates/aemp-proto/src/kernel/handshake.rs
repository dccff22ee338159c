//! First frames, and what follows from them: a session begins, is resumed, fails, or passes to another
//! incarnation. The rules R2 to R5 of `docs/protocol.md`.

use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::{
    id::{Address, Incarnation, PortName, PortNumber},
    link::Authenticated,
    planted::{Bug, planted},
    reason::Reason,
    session::{Agreement, Envelope, Hello, Kept, Naming, Sender, Unsent, agree},
    time::Time,
    wire::{frame::kind, write},
};

use super::{Contract, Event, Kernel, Output, arena::Key, connection::Phase, sending::no_fields};

/// A peer that says it is silent for longer is believed no more than this.
const MAX_HEARTBEAT: Duration = Duration::from_secs(60);

/// The pair of first frames of a connection, and what follows from it.
struct Meeting {
    connection: Key,
    incarnation: Incarnation,
    its: Hello,
    agreed: Agreement,
}

impl Kernel {
    /// What this side states about its session with a peer, now.
    fn hello(&self, key: Key) -> Option<Hello> {
        let session = &self.peers.get(key)?.session;
        Some(Hello {
            peer: session.peer,
            epoch: session.epoch,
            received: session.received,
            count: session.count.saturating_add(1),
            features: 0,
            max_message: u64::try_from(self.settings.limits.max_message).unwrap_or(u64::MAX),
            heartbeat: u64::try_from(self.settings.timing.heartbeat.as_millis()).unwrap_or(u64::MAX),
            addresses: self.settings.addresses.clone(),
        })
    }

    /// Sends the first frame on a connection, and keeps what it said.
    pub(super) fn say_hello(&mut self, connection: Key) -> Option<Hello> {
        let hello = self.hello(self.connections.get(connection)?.peer)?;
        let state = self.connections.get_mut(connection)?;
        state.urgent(kind::HELLO, |out| hello.write(out));
        state.phase = Phase::Handshake { mine: Some(hello.clone()) };
        self.mark_writable(connection);
        Some(hello)
    }

    /// The first frame of the other side was read.
    pub(super) fn handle_hello(&mut self, connection: Key, its: Hello, now: Time) {
        let Some(state) = self.connections.get(connection) else { return };
        let (key, Some(incarnation)) = (state.peer, state.native.as_ref().map(Authenticated::incarnation)) else {
            return;
        };
        let mine = match &state.phase {
            Phase::Handshake { mine: Some(_) } if self.is_with_base(key) => return self.close_connection(connection),
            Phase::Handshake { mine: Some(mine) } => mine.clone(),
            Phase::Handshake { mine: None } if self.has_living_rival(key, incarnation) => {
                return self.challenge(key, connection, its, now);
            }
            Phase::Handshake { mine: None } => match self.say_hello(connection) {
                Some(mine) => mine,
                None => return,
            },
            Phase::Challenger { .. }
            | Phase::Adopted { .. }
            | Phase::Closing
            | Phase::Base(_)
            | Phase::BaseChallenger(_) => {
                return self.misbehaved(connection, "a second first frame", now);
            }
        };
        let agreed = agree((&mine, self.settings.incarnation), (&its, incarnation));
        self.meet(key, Meeting { connection, incarnation, its, agreed }, now);
        self.schedule_peer(key);
    }

    /// Whether a connection with another incarnation of the peer carries its session.
    fn has_living_rival(&self, key: Key, incarnation: Incarnation) -> bool {
        let peer = self.peers.get(key);
        peer.is_some_and(|peer| peer.connection.is_some() && peer.session.peer != Some(incarnation))
    }

    /// R2: the same choice at both ends.
    fn meet(&mut self, key: Key, meeting: Meeting, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let epoch = meeting.agreed.epoch;
        if epoch < peer.session.epoch {
            self.close_connection(meeting.connection);
            return self.handshake_ended(key, now);
        }
        match peer.session.peer {
            None => {
                peer.session.peer = Some(meeting.incarnation);
                peer.session.learned_at = now;
                peer.session.epoch = epoch;
            }
            Some(held) if held != meeting.incarnation => return self.succeed(key, meeting, now),
            Some(_) if epoch > peer.session.epoch => {
                if peer.session.used {
                    let reason = Reason::new("unreachable", "the other node gave the session up");
                    self.fail_but(key, epoch, &reason, Some(meeting.connection), now);
                    if self.refuse_if_retired(key, meeting.connection, meeting.incarnation, now) {
                        return;
                    }
                } else {
                    peer.session.epoch = epoch;
                }
            }
            Some(_) => {}
        }
        self.adopt(key, meeting, now);
    }

    /// Another incarnation than the one that is held connected: it takes over, unless that one answers a probe.
    fn challenge(&mut self, key: Key, challenger: Key, its: Hello, now: Time) {
        let until = now.after(self.settings.timing.probe);
        let Some(living) = self.peers.get(key).and_then(|peer| peer.connection) else { return };
        if let Some(state) = self.connections.get_mut(challenger) {
            state.phase = Phase::Challenger { its };
        }
        self.probe(living, until);
        self.schedule(challenger);
    }

    /// Asks the other side of the session's connection whether it lives, unless it is asked already.
    pub(super) fn probe(&mut self, living: Key, until: Time) {
        let Some(state) = self.connections.get_mut(living).filter(|state| state.probe_until.is_none()) else { return };
        state.probe_until = Some(until);
        match &mut state.phase {
            Phase::Base(channel) => channel.ask(&self.settings.node, self.now),
            _ => state.urgent(kind::PROBE, |_| {}),
        }
        self.mark_writable(living);
        self.schedule(living);
    }

    /// Another incarnation than the one that is held, and no connection with that one.
    fn succeed(&mut self, key: Key, meeting: Meeting, now: Time) {
        let Some(peer) = self.peers.get(key) else { return };
        let learned_at = peer.session.learned_at;
        let fresh = self.connections.get(meeting.connection).is_some_and(|state| state.greeted_at > learned_at);
        if !fresh && !planted(Bug::NoFreshness) || peer.connection.is_some() {
            // R4: what a dead process said before it died must not supersede the living one.
            self.close_connection(meeting.connection);
            return self.handshake_ended(key, now);
        }
        self.supersede(key, meeting.incarnation, meeting.agreed.epoch, now);
        self.adopt(key, meeting, now);
    }

    /// The session's connection answered its probe: the challengers are refused.
    pub(super) fn refuse_challengers(&mut self, key: Key) {
        let Some(peer) = self.peers.get(key) else { return };
        let (node, waiting) = (peer.node.clone(), peer.handshakes.clone());
        for connection in waiting {
            match self.connections.get(connection).map(|state| &state.phase) {
                Some(Phase::Challenger { .. }) => {
                    self.refuse_connection(connection, "node_id_in_use", "another living process has this node ID");
                    self.event(Event::NodeIdInUse { node: node.clone() });
                }
                // It may well be the same process: base peers make two connections if both ends connect at once.
                Some(Phase::BaseChallenger(_)) => self.close_connection(connection),
                _ => {}
            }
        }
    }

    /// The session's connection is gone: the challengers are heard again.
    pub(super) fn hear_challengers(&mut self, key: Key, now: Time) {
        let waiting = self.peers.get(key).map(|peer| peer.handshakes.clone()).unwrap_or_default();
        for connection in waiting {
            let Some(state) = self.connections.get_mut(connection) else { continue };
            if matches!(state.phase, Phase::BaseChallenger(_)) {
                self.admit_base(key, connection, now);
            } else if matches!(state.phase, Phase::Challenger { .. })
                && let Phase::Challenger { its } = std::mem::replace(&mut state.phase, Phase::Handshake { mine: None })
            {
                self.handle_hello(connection, its, now);
            }
        }
    }

    /// The connection carries the session from now on, unless a later one does, or did: what that one has brought is not to
    /// be followed by what was sent before.
    fn adopt(&mut self, key: Key, meeting: Meeting, now: Time) {
        let (Some(peer), Some(state)) = (self.peers.get_mut(key), self.connections.get(meeting.connection)) else {
            return;
        };
        let Some(rank) = state.rank(meeting.agreed.count, &self.settings.node, &peer.node) else { return };
        let is_older = peer.session.rank.as_ref().is_some_and(|latest| *latest > rank);
        if is_older && !(planted(Bug::RankForgotten) && peer.connection.is_none()) {
            self.close_connection(meeting.connection);
            return self.handshake_ended(key, now);
        }
        peer.session.rank = Some(rank);
        if let Some(present) = peer.connection {
            self.close_connection(present);
        }
        if !self.begin_connection(key, &meeting, now) {
            self.misbehaved(meeting.connection, "it claims to have received what was never sent", now);
        }
    }

    /// Makes the connection the session's own. False if the other side's first frame cannot be true.
    fn begin_connection(&mut self, key: Key, meeting: &Meeting, now: Time) -> bool {
        let (Some(peer), Some(state)) = (self.peers.get_mut(key), self.connections.get_mut(meeting.connection)) else {
            return true;
        };
        peer.handshakes.retain(|other| *other != meeting.connection);
        peer.connection = Some(meeting.connection);
        peer.contract = Some(Contract::Native);
        peer.missed_since = None;
        peer.hung_up = false;
        // Addresses that mean this host mean another one where the peer is.
        let same_host = state.native.as_ref().is_some_and(|link| link.same_host);
        let is_of_use = |address: &&Address| same_host || !address.is_same_host();
        peer.told = meeting.its.addresses.iter().filter(is_of_use).cloned().collect();
        let begins = !peer.session.used;
        peer.session.used = true;
        peer.session.count = meeting.agreed.count;
        if begins {
            peer.mistreat_fences();
        }
        let too_large = peer.session.take_larger(usize::try_from(meeting.its.max_message).unwrap_or(usize::MAX));
        let acknowledged = peer.session.acknowledged();
        let believable = peer.session.resume(meeting.agreed.peer_received);
        // It tells that the connection before was of use.
        let proved_useful = peer.session.acknowledged() > acknowledged;
        if peer.session.acknowledged() > 0 {
            peer.fences.bind(peer.session.epoch);
        }
        let first = peer.session.acknowledged().saturating_add(1);
        state.phase = Phase::Adopted { expected: None, proved_useful };
        state.heard_at = now;
        state.peer_heartbeat = Duration::from_millis(meeting.its.heartbeat).min(MAX_HEARTBEAT);
        state.urgent(kind::START, |out| write::number(out, first));
        // What the first frame says proves nothing about deaths that were not told.
        state.owed_since = (peer.session.received > 0).then_some(now);
        let cancelled: Vec<_> = peer.dialling.cancel().collect();
        let (node, connections) = (peer.node.clone(), peer.session.count);
        for dial in cancelled {
            self.dials.remove(dial.0);
            self.outputs.push_back(Output::CancelDial(dial));
        }
        self.drop_too_large(key, too_large, now);
        self.mark_writable(meeting.connection);
        self.schedule(meeting.connection);
        self.event(if begins {
            Event::PeerUp { node, incarnation: Some(meeting.incarnation) }
        } else {
            Event::SessionResumed { node, connections }
        });
        believable
    }

    /// R5: another incarnation took over; the old one is proved dead. What is addressed to ports, and watches
    /// on them, go to the new one: it may have made those ports, and answers for those that it did not make.
    fn supersede(&mut self, key: Key, incarnation: Incarnation, epoch: u64, now: Time) {
        let own = self.settings.incarnation.into();
        let Some(peer) = self.peers.get_mut(key) else { return };
        let was_used = peer.session.used;
        let mut ledger = peer.session.restart(epoch).close();
        if planted(Bug::SuccessorLosesMail) {
            ledger.lost.clear();
        }
        peer.session.peer = Some(incarnation);
        peer.session.learned_at = now;
        peer.session.peer_max_message = usize::MAX;
        peer.fences.supersede(own);
        peer.closed_here.clear();
        peer.queue_certificates();
        peer.congested = false;
        let mut monitors = peer.monitored();
        monitors.retain(|name| *name != PortName::Node);
        let names = monitors.iter().chain(ledger.lost.iter().map(|unsent| &unsent.to));
        peer.earlier = names.filter_map(|name| Some((name.clone(), ledger.delivered(name)?))).collect();
        for to in &monitors {
            let watch =
                Envelope { kind: kind::MONITOR, to, naming: Naming::Full, from: Sender::Nobody, fields: no_fields };
            peer.session.control(&watch);
        }
        for unsent in &ledger.lost {
            self.send_again(key, unsent);
        }
        if was_used {
            self.fire(key, &PortName::Node, &Reason::new("restarted", "another process took the node's place"));
        }
        let number = |unsent: &Unsent| if let Kept::Call(number) = unsent.what { Some(number) } else { None };
        let kept: FxHashSet<PortNumber> = ledger.lost.iter().filter_map(number).collect();
        self.fail_calls(key, &Reason::new("restarted", "the node was restarted"), |number| kept.contains(&number));
        self.remove_all_watchers(key);
    }

    fn send_again(&mut self, key: Key, unsent: &Unsent) {
        let limits = self.settings.limits;
        let Some(peer) = self.peers.get_mut(key) else { return };
        let (kind, number) = match unsent.what {
            Kept::Message => (kind::MESSAGE, None),
            Kept::Call(number) => (kind::CALL, Some(number)),
            Kept::Kill => (kind::KILL, None),
        };
        let fields = |out: &mut Vec<u8>| {
            if let Some(number) = number {
                write::number(out, number.to_bits());
            }
        };
        let naming = if unsent.what == Kept::Kill { Naming::Full } else { Naming::Interned };
        let envelope = Envelope { kind, to: &unsent.to, naming, from: Sender::Forgotten, fields };
        let copy = |out: &mut Vec<u8>| -> Result<(), std::convert::Infallible> {
            unsent.body.append_to(out);
            Ok(())
        };
        // It was small enough for the other incarnation, and nothing is known of this one's limit yet.
        let _: Result<(), _> = peer.session.write(&envelope, &limits, copy);
    }
}
