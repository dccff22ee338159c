//! The kinds of faults, and how long they last.

use std::time::Duration;

use serde::Serialize;

use crate::random::Random;

/// A kind of fault.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    BlackHole,
    Corrupt,
    Cut,
    Delay,
    DropAfter,
    /// Somebody else connects and says nothing.
    Duplicate,
    /// No octet passes in either direction, none is lost.
    Freeze,
    HalfClose,
    /// kill -9, and a new run after a while.
    Kill,
    RateLimit,
    /// The proxy of a node refuses connections.
    Refuse,
    /// Somebody else connects and says what somebody said before.
    Replay,
    Reset,
    /// An orderly end, and a new run after a while.
    Restart,
    Slice,
    /// SIGSTOP, and SIGCONT after a while.
    Stop,
    Stall,
}

/// What a fault happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Link,
    Node,
}

impl Kind {
    pub(super) const ALL: [Self; 17] = [
        Self::BlackHole,
        Self::Corrupt,
        Self::Cut,
        Self::Delay,
        Self::DropAfter,
        Self::Duplicate,
        Self::Freeze,
        Self::HalfClose,
        Self::Kill,
        Self::RateLimit,
        Self::Refuse,
        Self::Replay,
        Self::Reset,
        Self::Restart,
        Self::Slice,
        Self::Stop,
        Self::Stall,
    ];

    pub(super) const fn victim(self) -> Victim {
        match self {
            Self::Kill | Self::Refuse | Self::Restart | Self::Stop => Victim::Node,
            _ => Victim::Link,
        }
    }

    /// How often it is among so many faults.
    const fn weight(self) -> usize {
        match self {
            // Most of what is checked needs nodes that live for a while.
            Self::Kill | Self::Restart => 1,
            Self::Cut | Self::Reset => 4,
            Self::BlackHole | Self::Freeze | Self::Stall | Self::Stop => 3,
            _ => 2,
        }
    }

    /// How long it lasts. Those that block are mostly shorter than a session, at times longer.
    pub(super) fn duration(self, random: &mut Random) -> Duration {
        let millis = match self {
            Self::Cut | Self::Reset | Self::HalfClose | Self::Duplicate | Self::Replay => 0,
            Self::Corrupt | Self::DropAfter => 1_000,
            Self::Delay | Self::RateLimit | Self::Slice => random.between(500, 3_000),
            Self::Kill | Self::Restart => random.between(0, 2_000),
            Self::BlackHole | Self::Freeze | Self::Refuse | Self::Stop | Self::Stall => match random.below(10) {
                0..7 => random.between(100, 1_500),
                7 => random.between(1_500, 4_000),
                _ => random.between(4_000, 9_000),
            },
        };
        Duration::from_millis(millis)
    }
}

/// The order of the faults: each kind as often as its weight says, in a random order, and so on.
#[derive(Debug, Default)]
pub(super) struct Deck(Vec<Kind>);

impl Deck {
    pub(super) fn draw(&mut self, random: &mut Random) -> Kind {
        if self.0.is_empty() {
            self.0 = Kind::ALL.into_iter().flat_map(|kind| std::iter::repeat_n(kind, kind.weight())).collect();
            random.shuffle(&mut self.0);
        }
        self.0.pop().unwrap_or(Kind::Cut)
    }
}
