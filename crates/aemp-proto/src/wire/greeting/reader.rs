//! Takes a greeting out of a stream that comes in chunks of any size.

use super::{Greeting, GreetingError, line::LineReader, parse_first};

/// Collects the two lines of a greeting; holds at most two lines.
#[derive(Debug, Default)]
pub struct GreetingReader {
    pub(super) first: Option<Vec<u8>>,
    pub(super) line: LineReader,
}

impl GreetingReader {
    /// Takes octets from the front of `input`; what it leaves there stands behind the greeting.
    ///
    /// # Errors
    ///
    /// As soon as a line is too long or a complete first line is wrong. The reader must not be used again.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Greeting>, GreetingError> {
        while let Some(line) = self.line.read(input)? {
            match self.first.take() {
                Some(first) => return Greeting::parse(&first, &line).map(Some),
                None => {
                    parse_first(&line)?;
                    self.first = Some(line);
                }
            }
        }
        Ok(None)
    }
}
