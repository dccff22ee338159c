//! How the messages of one direction stand on the wire.

use std::fmt;

/// A framing. There is no variant for Storable, Perl's own serialisation: who can write it can make a Perl program
/// run code, and nobody else can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// CBOR items, one behind the other.
    Cbor,
    /// JSON texts, one behind the other.
    Json,
}

impl Framing {
    /// What this node can receive, as the list for the greeting, best first.
    pub const OFFERED: &'static str = "cbor,json";

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cbor => "cbor",
            Self::Json => "json",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Cbor, Self::Json].into_iter().find(|framing| framing.name() == name)
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
