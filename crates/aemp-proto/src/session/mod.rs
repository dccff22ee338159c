//! The channel between two incarnations, carried by one connection after another.

mod elements;
mod envelope;
#[cfg(any(test, feature = "simulation"))]
mod fingerprint;
mod handing_over;
mod hello;
mod interned;
mod known;
mod lanes;
mod last_words;
mod ledger;
mod lossy;
mod outbox;
mod reassembly;
mod spare;
mod taking_back;
mod unsent;
mod waiting;
mod writing;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    id::{Incarnation, PortName},
    limits::Limits,
    planted::{Bug, planted},
    time::Time,
    wire::frame::{Piece, kind},
};

use elements::Elements;
pub(crate) use envelope::{Envelope, Naming};
pub(crate) use handing_over::frames_of;
pub(crate) use hello::{Agreement, Hello, Rank, agree};
use interned::Interned;
pub(crate) use known::Known;
use known::KnownNames;
use lanes::{Lanes, Turn};
pub(crate) use last_words::Sender;
pub(crate) use ledger::Ledger;
use ledger::Proved;
use outbox::Outbox;
pub(crate) use reassembly::PieceError;
use reassembly::Reassembly;
pub(crate) use taking_back::TooLarge;
pub(crate) use unsent::{Kept, Unsent};
use waiting::Waiting;

/// The session with one node: its identity, and what is on its way in both directions.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The incarnation that is held, and when it was learned.
    pub(crate) peer: Option<Incarnation>,
    pub(crate) learned_at: Time,
    pub(crate) epoch: u64,
    /// Whether a connection was adopted in this epoch.
    pub(crate) used: bool,
    /// Connections so far.
    pub(crate) count: u64,
    /// The greatest rank of a connection so far.
    pub(crate) rank: Option<Rank>,
    /// Numbered frames received and handled.
    pub(crate) received: u64,
    pub(crate) known: KnownNames,
    /// The largest message that the peer takes, as far as it has told.
    pub(crate) peer_max_message: usize,
    outbox: Outbox,
    interned: Interned,
    lanes: Lanes,
    /// The number of the last notice of a death.
    last_notice: u64,
    proved: Proved,
    /// Large frames whose last piece has this number: the peer has them only when it has that one.
    completed: VecDeque<(u64, PortName, Waiting)>,
    completed_octets: usize,
    reassembly: Reassembly,
    /// The number of the last frame as long as all frames are certificates.
    certificates: u64,
}

impl Session {
    pub(crate) fn new(epoch: u64) -> Self {
        Self {
            peer: None,
            learned_at: Time::ZERO,
            epoch,
            used: false,
            count: 0,
            rank: None,
            received: 0,
            known: KnownNames::default(),
            peer_max_message: usize::MAX,
            outbox: Outbox::default(),
            interned: Interned::default(),
            lanes: Lanes::default(),
            last_notice: 0,
            proved: Proved::default(),
            completed: VecDeque::new(),
            completed_octets: 0,
            certificates: 0,
            reassembly: Reassembly::default(),
        }
    }

    /// The next session with the same node; gives what this one had not got across.
    pub(crate) fn restart(&mut self, epoch: u64) -> Self {
        let next = Self {
            peer: self.peer,
            learned_at: self.learned_at,
            peer_max_message: self.peer_max_message,
            ..Self::new(if planted(Bug::IdentityWithoutEpoch) { self.epoch } else { epoch })
        };
        std::mem::replace(self, next)
    }

    /// Octets that are queued or not acknowledged.
    pub(crate) fn octets(&self) -> usize {
        self.outbox.octets().saturating_add(self.lanes.octets()).saturating_add(self.completed_octets)
    }

    /// Whether the peer has everything.
    pub(crate) fn is_idle(&self) -> bool {
        self.outbox.is_empty() && self.lanes.is_empty()
    }

    /// What is queued so far is what an earlier session left to tell.
    pub(crate) fn only_certificates_so_far(&mut self) {
        self.certificates = self.outbox.next_number().saturating_sub(1);
    }

    /// Whether nothing but that is queued.
    pub(crate) fn has_only_certificates(&self) -> bool {
        self.lanes.is_empty() && self.outbox.next_number().saturating_sub(1) == self.certificates
    }

    /// Whether there is something to give out on the present connection.
    pub(crate) fn has_more(&self) -> bool {
        self.outbox.unsent() > 0 || !self.lanes.is_empty()
    }

    pub(crate) const fn acknowledged(&self) -> u64 {
        self.outbox.acknowledged()
    }

    // ---- the connection

    /// A connection begins: the peer has `received` frames. False if it claims what it never got.
    #[must_use]
    pub(crate) fn resume(&mut self, received: u64) -> bool {
        let believable = self.acknowledge(received);
        self.outbox.rewind();
        if planted(Bug::AcknowledgeBeforeDelivery) {
            self.reassembly = Reassembly::default();
        }
        believable
    }

    /// The peer has everything up to `number`. False if it cannot.
    #[must_use]
    pub(crate) fn acknowledge(&mut self, number: u64) -> bool {
        let believable = self.outbox.acknowledge(number);
        while self.completed.front().is_some_and(|(last, ..)| *last <= self.outbox.acknowledged()) {
            let octets = self.completed.pop_front().map_or(0, |(_, _, frame)| frame.octets());
            self.completed_octets = self.completed_octets.saturating_sub(octets);
        }
        believable
    }

    /// The peer says so, after it made the notice with this number of its own frames.
    #[must_use]
    pub(crate) fn acknowledge_after(&mut self, number: u64, notice: u64) -> bool {
        self.proved.acknowledged(number, notice, self.received);
        self.acknowledge(number)
    }

    /// The next frames to write; pieces of large frames only as long as the network takes them.
    pub(crate) fn give_out(&mut self, room: usize, limits: &Limits) -> Option<Bytes> {
        let room = room.min(limits.max_unsent);
        let promised = limits.max_message.min(self.peer_max_message);
        while self.outbox.unsent() < room && self.outbox.octets() < limits.max_in_flight_of_large {
            match self.lanes.turn(limits.max_piece, promised) {
                None => break,
                Some(Turn::Whole(frame)) => self.push_frame(&frame),
                Some(Turn::Notice(frame)) => self.push_notice(&frame),
                Some(Turn::Piece(piece, complete)) => self.push_piece(&piece, complete),
            }
        }
        self.outbox.give_out()
    }

    fn push_piece(&mut self, piece: &[u8], complete: Option<(PortName, Waiting)>) {
        if let Some((to, frame)) = complete {
            self.completed_octets = self.completed_octets.saturating_add(frame.octets());
            self.completed.push_back((self.outbox.next_number(), to, frame));
        }
        self.push_whole(&[kind::PIECE], piece);
    }

    /// Takes a piece of a large frame; gives the frame if it is complete.
    pub(crate) fn take_piece(&mut self, piece: &Piece<'_>, limits: &Limits) -> Result<Option<Bytes>, PieceError> {
        self.reassembly.take(piece, limits)
    }

    /// Octets of memory that is kept for large frames.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.reassembly.kept()
    }

    /// Nothing comes for now: memory for large frames is given back.
    pub(crate) fn rest(&self) {
        self.reassembly.rest();
    }

    /// The session is over: its accounts, and what is on its way to ports of the peer, in order.
    pub(crate) fn close(mut self) -> Ledger {
        let (mut unsent, unproved) = (Vec::new(), self.unproved());
        let given = self.outbox.given();
        for (number, frame) in self.outbox.unacknowledged() {
            let whole = match self.completed.front() {
                Some((last, ..)) if *last == number => self.completed.pop_front(),
                _ => None,
            };
            unsent.extend(match whole {
                Some((_, to, frame)) => Unsent::whole(to, &frame, number <= given),
                None => Unsent::parse(frame, &self.interned, number <= given),
            });
        }
        unsent.extend(self.lanes.drain().filter_map(|(to, frame)| Unsent::whole(to, &frame, false)));
        Ledger::new(self.interned, unproved, unsent)
    }
}
