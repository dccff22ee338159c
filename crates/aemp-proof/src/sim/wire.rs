//! Connections of the simulated network, and what is on its way in them.

use std::collections::VecDeque;

use aemp_proto::kernel::{ConnectionId, DialId};
use bytes::Bytes;

use super::facts::Process;

/// Something on its way.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// Somebody wants to connect.
    Connect,
    /// A part of the handshake, which ends with the fifth.
    Handshake(u8),
    Octets(Bytes),
    /// The other side closed.
    End,
    /// Nothing listens there.
    Refused,
    /// The connection broke, or nobody knows it.
    Reset,
}

/// What is on its way in one direction.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) segments: VecDeque<(u64, Segment)>,
    /// When the last segment arrives.
    pub(super) last: u64,
    pub(super) blocked_until: u64,
    /// Nothing arrives any more, and nobody is told.
    pub(super) is_hole: bool,
    /// Octets that were written and not read.
    pub(super) octets: usize,
}

/// One end of a connection.
#[derive(Debug, Default)]
pub(super) struct End {
    pub(super) process: Option<Process>,
    pub(super) connection: Option<ConnectionId>,
    /// When it sent its greeting, by the clock of its process.
    pub(super) greeted_at: u64,
    pub(super) is_closed: bool,
    pub(super) has_read: bool,
    /// What arrived and was not read yet.
    pub(super) inbox: VecDeque<Segment>,
    /// The beginning of a frame.
    pub(super) unread: Vec<u8>,
    /// It has more to write than there is room for.
    pub(super) is_full: bool,
}

/// A connection: end 0 dialled, end 1 accepts.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) nodes: [usize; 2],
    pub(super) dial: Option<DialId>,
    pub(super) nonce: [u8; 32],
    /// Whoever dialled crashes after its first words.
    pub(super) is_doomed: bool,
    pub(super) ends: [End; 2],
    /// From each end to the other.
    pub(super) flows: [Flow; 2],
}

impl Wire {
    pub(super) fn new(nodes: [usize; 2], dialler: Process, dial: Option<DialId>, nonce: [u8; 32]) -> Self {
        let ends = [End { process: Some(dialler), ..End::default() }, End::default()];
        Self { nodes, dial, nonce, is_doomed: false, ends, flows: Default::default() }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.ends[0].is_closed && !self.ends[1].is_closed
    }

    /// Both ends have finished their handshake.
    pub(super) fn is_complete(&self) -> bool {
        self.is_open() && self.ends.iter().all(|end| end.connection.is_some())
    }

    /// Octets are on their way.
    pub(super) fn is_busy(&self) -> bool {
        self.flows.iter().any(|flow| flow.in_flight() > 1)
    }

    pub(super) fn is_between(&self, a: usize, b: usize) -> bool {
        self.nodes == [a, b] || self.nodes == [b, a]
    }
}

impl Flow {
    /// Loses everything on its way but the first octets, and all that is behind what is no octets.
    pub(super) fn cut_after(&mut self, mut left: usize) {
        let mut kept = VecDeque::new();
        for (at, segment) in self.segments.drain(..) {
            let Segment::Octets(octets) = segment else { break };
            if left == 0 {
                break;
            }
            let part = octets.slice(..left.min(octets.len()));
            left -= part.len();
            kept.push_back((at, Segment::Octets(part)));
        }
        self.segments = kept;
    }

    /// Octets on their way, up to what is no octets.
    pub(super) fn in_flight(&self) -> usize {
        self.segments
            .iter()
            .map_while(|(_, segment)| if let Segment::Octets(octets) = segment { Some(octets.len()) } else { None })
            .sum()
    }
}
