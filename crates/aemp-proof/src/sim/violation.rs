//! What the oracle finds.

use std::fmt;

/// What was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Guarantee {
    /// G1: a prefix, in order, once.
    Order,
    /// G2: every loss is told.
    Loss,
    /// G3: dead stays dead.
    Dead,
    /// G4: a name belongs to one port.
    Names,
    /// G5: every death is told in time.
    Deaths,
    /// G6: no false alarms.
    Alarms,
    /// G7: last words come first.
    LastWords,
    /// Every call ends exactly once.
    Calls,
    /// The database tells exactly what changes, and at rest all nodes of a network see the same.
    Database,
    /// What waits for a peer is bounded.
    Memory,
    /// Everything comes to rest when the faults are over, and nothing is left behind.
    Rest,
    /// A kernel panicked.
    Panic,
    /// The same seed gave two traces.
    Determinism,
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Which.
    pub(crate) guarantee: Guarantee,
    /// How, in one line, with the virtual time.
    pub(crate) text: String,
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "G1 order",
            Self::Loss => "G2 no silent loss",
            Self::Dead => "G3 dead stays dead",
            Self::Names => "G4 no reuse",
            Self::Deaths => "G5 every death is told",
            Self::Alarms => "G6 no false alarms",
            Self::LastWords => "G7 last words first",
            Self::Calls => "calls end once",
            Self::Database => "one database",
            Self::Memory => "bounded memory",
            Self::Rest => "comes to rest",
            Self::Panic => "no panic",
            Self::Determinism => "same seed, same trace",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.guarantee, self.text)
    }
}
