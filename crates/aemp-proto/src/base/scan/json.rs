//! The end of a JSON array.

use super::Step;
use crate::base::StreamError;

/// Counts brackets outside of texts. Which bracket closes which is left to the decoder.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonScanner {
    depth: usize,
    text: Text,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    /// Behind a backslash.
    Escaped,
}

impl JsonScanner {
    /// Looks at the next octet. A message begins with its bracket: blanks in front of it are not handed in.
    pub(super) fn advance(&mut self, rest: &[u8], max_depth: usize) -> Result<(usize, Step), StreamError> {
        let Some(octet) = rest.first() else { return Ok((0, Step::Inside)) };
        self.step(*octet, max_depth).map(|step| (1, step))
    }

    fn step(&mut self, octet: u8, max_depth: usize) -> Result<Step, StreamError> {
        if self.depth == 0 && octet != b'[' {
            return Err(StreamError::NoMessage);
        }
        self.text = match (self.text, octet) {
            (Text::Inside, b'\\') => Text::Escaped,
            (Text::Outside, b'"') | (Text::Escaped, _) => Text::Inside,
            (Text::Inside, b'"') => Text::Outside,
            (Text::Outside, _) => return self.structure(octet, max_depth),
            (text, _) => text,
        };
        Ok(Step::Inside)
    }

    fn structure(&mut self, octet: u8, max_depth: usize) -> Result<Step, StreamError> {
        match octet {
            b'[' | b'{' => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > max_depth {
                    return Err(StreamError::TooDeep);
                }
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Ok(Step::End);
                }
            }
            _ => {}
        }
        Ok(Step::Inside)
    }
}
