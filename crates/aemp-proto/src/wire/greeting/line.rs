//! Takes lines out of a stream that comes in chunks of any size.

use super::{GreetingError, MAX_LINE};

/// Collects one line at a time; holds at most one.
#[derive(Debug, Default)]
pub(crate) struct LineReader(Vec<u8>);

impl LineReader {
    /// One line without its end, LF or CR LF, from the front of `input`.
    pub(crate) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, GreetingError> {
        let end = input.iter().position(|octet| *octet == b'\n');
        let (part, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((*input, &[]));
        // Without its end a line has one octet less.
        if self.0.len().saturating_add(part.len()) >= MAX_LINE {
            return Err(GreetingError::LineTooLong);
        }
        self.0.extend_from_slice(part);
        *input = rest;
        let Some((_, behind)) = rest.split_first() else {
            return Ok(None);
        };
        *input = behind;
        if self.0.last() == Some(&b'\r') {
            self.0.pop();
        }
        Ok(Some(std::mem::take(&mut self.0)))
    }

    #[cfg(test)]
    pub(crate) const fn held(&self) -> usize {
        self.0.len()
    }
}
