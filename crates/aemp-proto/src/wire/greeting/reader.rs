//! Takes a greeting out of a stream that comes in chunks of any size.

use super::{Greeting, GreetingError, MAX_LINE, parse_first};

/// Collects the two lines of a greeting; holds at most two lines.
#[derive(Debug, Default)]
pub struct GreetingReader {
    pub(super) first: Option<Vec<u8>>,
    pub(super) line: Vec<u8>,
}

impl GreetingReader {
    /// Takes octets from the front of `input`; what it leaves there stands behind the greeting.
    ///
    /// # Errors
    ///
    /// As soon as a line is too long or a complete first line is wrong. The reader must not be used again.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Greeting>, GreetingError> {
        while let Some(line) = self.read_line(input)? {
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

    /// One line without its end, LF or CR LF.
    fn read_line(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, GreetingError> {
        let end = input.iter().position(|octet| *octet == b'\n');
        let (part, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((*input, &[]));
        // Without its end a line has one octet less.
        if self.line.len().saturating_add(part.len()) >= MAX_LINE {
            return Err(GreetingError::LineTooLong);
        }
        self.line.extend_from_slice(part);
        *input = rest;
        let Some((_, behind)) = rest.split_first() else {
            return Ok(None);
        };
        *input = behind;
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(Some(std::mem::take(&mut self.line)))
    }
}
