//! Finds where a message ends in a stream that comes in chunks of any size, looking at each octet once.
//!
//! Whether a message is right is found out when it is decoded; here only its end, its size and its depth matter.

mod cbor;
mod json;

use self::{cbor::CborScanner, json::JsonScanner};
use super::{Framing, StreamError};
use crate::limits::Limits;

/// Whether a message ends with the octets that were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Inside,
    End,
}

/// What was found in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// How many octets belong to the message.
    pub(super) taken: usize,
    /// Whether it ends with them.
    pub(super) complete: bool,
}

/// Scans messages, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    kind: Kind,
    limits: Bounds,
    /// Octets that the message may still have.
    left: usize,
}

/// What a message may have.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    octets: usize,
    depth: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    Cbor(CborScanner),
    Json(JsonScanner),
}

impl Kind {
    fn new(framing: Framing) -> Self {
        match framing {
            Framing::Cbor => Self::Cbor(CborScanner::default()),
            Framing::Json => Self::Json(JsonScanner::default()),
        }
    }
}

impl Scanner {
    pub(super) fn new(framing: Framing, limits: &Limits) -> Self {
        let limits = Bounds { octets: limits.max_message, depth: limits.max_depth };
        Self { kind: Kind::new(framing), limits, left: limits.octets }
    }

    /// Looks at `octets` up to the end of the message. Behind an end the next message begins.
    pub(super) fn scan(&mut self, octets: &[u8]) -> Result<Scan, StreamError> {
        let mut rest = octets;
        while !rest.is_empty() {
            let (taken, step) = match &mut self.kind {
                Kind::Cbor(scanner) => scanner.advance(rest, self.left, self.limits.depth)?,
                Kind::Json(scanner) => scanner.advance(rest, self.limits.depth)?,
            };
            self.left = self.left.checked_sub(taken).ok_or(StreamError::TooLarge)?;
            rest = rest.get(taken..).unwrap_or_default();
            if step == Step::End {
                self.left = self.limits.octets;
                return Ok(Scan { taken: octets.len().saturating_sub(rest.len()), complete: true });
            }
        }
        Ok(Scan { taken: octets.len(), complete: false })
    }
}
