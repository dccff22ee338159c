//! An authenticated connection.

use std::time::Duration;

use crate::{
    id::NodeId,
    link::{Authenticated, Role},
    planted::{Bug, planted},
    session::{Hello, Rank},
    time::Time,
    wire::frame::LENGTH,
};

use super::{Timing, arena::Key, base::Channel};

/// How far a connection has come.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// The first frame of the other side is awaited; mine is sent already if I dialled.
    Handshake { mine: Option<Hello> },
    /// Another incarnation connected and wants to take over; the session's connection is being probed, and
    /// mine is not sent before that is decided.
    Challenger { its: Hello },
    /// It carries the session.
    Adopted { expected: Option<u64>, proved_useful: bool },
    /// It carries the messages of a base peer.
    Base(Box<Channel>),
    /// It would, but another connection of the node does; that one is being probed.
    BaseChallenger(Box<Channel>),
    /// It is being closed: what `urgent` holds is still written.
    Closing,
}

/// An authenticated connection with a peer.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: Key,
    /// What a native peer proved; base peers prove that they are members, and nothing of their run.
    pub(crate) native: Option<Authenticated>,
    pub(crate) phase: Phase,
    /// When this side sent its greeting: what it proves is not older (R4).
    pub(crate) greeted_at: Time,
    pub(crate) attached_at: Time,
    /// Frames without a number, to be written before all others.
    pub(crate) urgent: Vec<u8>,
    pub(crate) heard_at: Time,
    pub(crate) written_at: Time,
    /// How often the other side writes, as it says.
    pub(crate) peer_heartbeat: Duration,
    /// Since when an acknowledgement is owed, and for how many octets.
    pub(crate) owed_since: Option<Time>,
    pub(crate) owed_octets: usize,
    /// The acknowledgement that is due does not wait for something to ride on.
    pub(crate) acknowledge_now: bool,
    /// When a probe must have been answered.
    pub(crate) probe_until: Option<Time>,
    /// It stands in the queue of connections that have something to write.
    pub(crate) queued: bool,
    pub(crate) due: Option<Time>,
}

/// Whether an acknowledgement is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// It was owed before: its time is set.
    Already,
    /// Soon.
    Soon,
    /// Without waiting for something to ride on.
    Now,
}

impl Connection {
    pub(crate) fn new(link: &Authenticated, peer: Key, greeted_at: Time, now: Time) -> Self {
        Self { greeted_at, ..Self::of(Some(link.clone()), peer, Phase::Handshake { mine: None }, now) }
    }

    /// A connection with a base peer, which carries nothing yet.
    pub(crate) fn of_base(channel: Channel, peer: Key, now: Time) -> Self {
        Self::of(None, peer, Phase::BaseChallenger(Box::new(channel)), now)
    }

    fn of(native: Option<Authenticated>, peer: Key, phase: Phase, now: Time) -> Self {
        Self {
            peer,
            native,
            phase,
            greeted_at: now,
            attached_at: now,
            urgent: Vec::new(),
            heard_at: now,
            written_at: now,
            peer_heartbeat: Duration::ZERO,
            owed_since: None,
            owed_octets: 0,
            acknowledge_now: false,
            probe_until: None,
            queued: false,
            due: None,
        }
    }

    pub(crate) const fn is_adopted(&self) -> bool {
        matches!(self.phase, Phase::Adopted { .. })
    }

    pub(crate) const fn is_base(&self) -> bool {
        matches!(self.phase, Phase::Base(_) | Phase::BaseChallenger(_))
    }

    pub(crate) const fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing)
    }

    /// So many octets have arrived that are to be acknowledged; `much` of them at once.
    #[inline]
    pub(crate) fn owe(&mut self, octets: usize, much: usize, now: Time) -> Owed {
        self.owed_octets = self.owed_octets.saturating_add(octets);
        let is_first = self.owed_since.is_none();
        if is_first {
            self.owed_since = Some(now);
        }
        if self.owed_octets >= much && !self.acknowledge_now {
            self.acknowledge_now = true;
            Owed::Now
        } else if is_first {
            Owed::Soon
        } else {
            Owed::Already
        }
    }

    /// Its place among the connections of a session: `me` and `peer` are the nodes at its ends.
    pub(crate) fn rank(&self, count: u64, me: &NodeId, peer: &NodeId) -> Option<Rank> {
        let Authenticated { role, nonce, .. } = *self.native.as_ref()?;
        let initiator = if role == Role::Dialler { me } else { peer };
        let nonce =
            if planted(Bug::RankByOwnNonce) && role == Role::Acceptor { nonce.map(|octet| !octet) } else { nonce };
        let count = if planted(Bug::RankByNonceAlone) { 0 } else { count };
        Some(Rank { count, nonce, initiator: initiator.clone() })
    }

    /// Whether this side opened it, to a native peer.
    pub(crate) fn is_dialler(&self) -> bool {
        self.native.as_ref().is_some_and(|link| link.role() == Role::Dialler)
    }

    /// Appends a frame without a number.
    pub(crate) fn urgent(&mut self, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.urgent.len();
        self.urgent.extend_from_slice(&[0; LENGTH]);
        self.urgent.push(kind);
        body(&mut self.urgent);
        let length = self.urgent.len().saturating_sub(start).saturating_sub(LENGTH);
        let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.urgent.get_mut(start..).and_then(|frame| frame.first_chunk_mut::<LENGTH>()) {
            *place = length;
        }
    }

    /// How long the other side may be silent: three heartbeats of the slower one.
    pub(crate) fn patience(&self, timing: &Timing) -> Duration {
        if planted(Bug::OneSidedHeartbeats) && !self.is_dialler() {
            return Duration::MAX;
        }
        self.peer_heartbeat.max(timing.heartbeat).saturating_mul(3)
    }

    /// When something has to be done for it.
    pub(crate) fn next_due(&self, timing: &Timing) -> Option<Time> {
        match &self.phase {
            Phase::Closing => None,
            Phase::Handshake { .. } | Phase::Challenger { .. } | Phase::BaseChallenger(_) => {
                Some(self.attached_at.after(timing.handshake))
            }
            Phase::Base(channel) => {
                let ask = channel.asked_at.max(self.heard_at).after(timing.heartbeat);
                let broken = self.heard_at.after(self.patience(timing));
                [Some(ask), Some(broken), self.probe_until].into_iter().flatten().min()
            }
            Phase::Adopted { .. } => {
                let broken = self.heard_at.after(self.patience(timing));
                let heartbeat = self.written_at.after(timing.heartbeat);
                let owed = self.owed_since.filter(|_| !self.acknowledge_now).map(|since| since.after(timing.ack_delay));
                [Some(broken), Some(heartbeat), owed, self.probe_until].into_iter().flatten().min()
            }
        }
    }
}
