//! Takes messages out of a stream that comes in chunks of any size.

use super::{
    Framing, StreamError,
    message::Received,
    scan::{Scan, Scanner},
};
use crate::limits::Limits;

/// The messages of one direction of a connection. Holds at most a part of one, of [`Limits::max_message`] octets.
#[derive(Clone, Debug)]
pub struct MessageReader {
    framing: Framing,
    limits: Limits,
    scanner: Scanner,
    /// The beginning of a message.
    partial: Vec<u8>,
}

impl MessageReader {
    /// The reader of a direction with this framing.
    pub fn new(framing: Framing, limits: &Limits) -> Self {
        Self { framing, limits: *limits, scanner: Scanner::new(framing, limits), partial: Vec::new() }
    }

    /// Takes octets from the front of `input`, at most those of one message: none is there yet if it is left empty.
    ///
    /// # Errors
    ///
    /// The connection is over: see [`StreamError`]. The reader must not be used again.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Received>, StreamError> {
        if self.framing == Framing::Json && self.partial.is_empty() {
            *input = input.trim_ascii_start();
        }
        let Scan { taken, complete } = self.scanner.scan(input)?;
        let (part, rest) = input.split_at_checked(taken).unwrap_or((*input, &[]));
        *input = rest;
        if complete && self.partial.is_empty() {
            return Received::decode(self.framing, part, &self.limits).map(Some);
        }
        self.partial.extend_from_slice(part);
        if !complete {
            return Ok(None);
        }
        let whole = std::mem::take(&mut self.partial);
        Received::decode(self.framing, &whole, &self.limits).map(Some)
    }

    #[cfg(test)]
    pub(super) const fn held(&self) -> usize {
        self.partial.len()
    }
}
