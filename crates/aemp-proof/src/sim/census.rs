//! How often what happened.

use std::ops::AddAssign;

macro_rules! counted {
    ($($(#[doc = $doc:literal])* $variant:ident => $text:literal,)*) => {
        /// Something that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Counted {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Counted {
            /// All of them, in the order of the table.
            pub(crate) const ALL: &[(Self, &str)] = &[$((Self::$variant, $text),)*];
        }
    };
}

counted! {
    CutBoth => "fault: connection cut, both ends at once",
    CutOne => "fault: connection cut, one end first",
    CutInFrame => "fault: connection cut inside a frame",
    Hole => "fault: connection swallows everything",
    WireStall => "fault: connection stalls one way",
    LinkDown => "fault: link down both ways",
    LinkOneWay => "fault: link down one way",
    Slow => "fault: slow link",
    Partition => "fault: node cut off from all",
    Crash => "fault: process crashed",
    HostCrash => "fault: host crashed, nobody told",
    Paused => "fault: process stopped",
    PausedLong => "fault: process stopped beyond its time-out",
    ClockStep => "fault: clock stepped",
    Absence => "absence of a process told to its kernel",
    Twin => "fault: second process under a node ID",
    Connect => "fault: connection nobody wanted",
    Falter => "fault: connection broke at one end as soon as it was made",
    Restart => "restart under the same node ID",
    Goodbye => "orderly end",
    Stale => "dead process's first words read late",
    DialRefused => "dial refused",
    DialSilent => "dial not answered",
    Crossing => "connections crossed",
    SessionBegun => "session begun",
    Resumed => "session resumed",
    SessionFailed => "session failed",
    Superseded => "incarnation superseded",
    ChallengerRefused => "challenger refused",
    Fenced => "port fenced",
    Certificate => "certificate",
    KillByCertificate => "kill by certificate",
    Renaming => "renaming",
    Refusal => "message refused",
    Overload => "overload",
    Retired => "incarnation dead as a whole",
    Congested => "congestion told",
    Message => "message sent",
    Delivered => "message delivered",
    LossySent => "lossy message sent",
    LossyArrived => "lossy message delivered",
    LossyLost => "lossy message lost",
    Large => "large message sent",
    LargeArrived => "large message delivered",
    Piece => "piece of a large message",
    Call => "call",
    CallAnswered => "call answered",
    CallFailed => "call ended without an answer",
    Monitor => "monitor",
    Demonitor => "monitor ended",
    Link => "link",
    NodeMonitor => "monitor of a node",
    Fired => "monitor fired",
    Kill => "kill",
    Spawn => "remote spawn",
    SpawnFailed => "remote spawn failed",
    LookUp => "look-up",
    LookUpFound => "look-up that found a port",
    HandedOn => "port ID handed on",
    Absent => "seed: node away until all others have come to rest",
    SeedResolved => "seed: host name resolved",
    MasterFound => "seed: master found",
    MasterLost => "seed: master lost",
    BecameGlobal => "seed: node became global",
    EntrySet => "database: entry set",
    EntryContested => "database: entry set that another process has, too",
    EntryRemoved => "database: entry removed",
    FamilyWatched => "database: watch",
    FamilyUnwatched => "database: watch ended",
    FamilyChanged => "database: change told",
    EntriesMerged => "database: entries of several other nodes came at once",
    EntryFaded => "database: entry of a dead process was there for long",
    KeptByGrace => "database: entry known for the grace alone, of a lost global node",
    FamilyRead => "database: read",
    FamilyAnswered => "database: read answered",
    Converged => "database: watch told the same as others, at rest",
    ContestedAtRest => "database: key of several processes, at rest",
}

/// How often each happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Census([u64; Counted::ALL.len()]);

impl Default for Census {
    fn default() -> Self {
        Self([0; Counted::ALL.len()])
    }
}

impl Census {
    pub(super) const fn count(&mut self, what: Counted) {
        self.0[what as usize] += 1;
    }

    pub(super) const fn add(&mut self, what: Counted, times: u64) {
        self.0[what as usize] += times;
    }

    /// Counts what did not happen to things, `of` of which it happened to some.
    pub(super) const fn count_rest(&mut self, what: Counted, of: Counted, some: Counted) {
        self.0[what as usize] += self.of(of) - self.of(some);
    }

    /// How often `what` happened.
    pub(crate) const fn of(&self, what: Counted) -> u64 {
        self.0[what as usize]
    }
}

impl AddAssign<&Self> for Census {
    fn add_assign(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, count)| *sum += count);
    }
}
