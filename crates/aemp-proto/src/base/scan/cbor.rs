//! The end of a CBOR item (RFC 8949).

use super::Step;
use crate::base::StreamError;

/// Follows heads and lengths. Whether items fit together is left to the decoder.
#[derive(Clone, Debug, Default)]
pub(super) struct CborScanner {
    expected: Expected,
    /// Arrays, maps and texts in parts that are open: the items that each still has, or `None` until its break.
    open: Vec<Option<u64>>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Expected {
    #[default]
    Head,
    Argument {
        major: u8,
        octets: u8,
        value: u64,
    },
    /// What a string still has.
    Content(u64),
}

const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;
/// The end of what has no known length.
const BREAK: u8 = 0xff;
/// Tags of values that stand for others elsewhere in the message (string references, shared values). Perl nodes do
/// not send them, and read without their meaning a message would be another one.
const REFERENCES: [u64; 4] = [25, 28, 29, 256];

impl CborScanner {
    /// Looks at the next octet, or passes over the content of a string. The message may have `left` octets more.
    pub(super) fn advance(&mut self, rest: &[u8], left: usize, max_depth: usize) -> Result<(usize, Step), StreamError> {
        match (self.expected, rest.first()) {
            (Expected::Content(content), _) => Ok(self.skip(content, rest.len())),
            (_, Some(octet)) => self.step(*octet, left, max_depth).map(|step| (1, step)),
            (_, None) => Ok((0, Step::Inside)),
        }
    }

    fn skip(&mut self, content: u64, available: usize) -> (usize, Step) {
        match content.checked_sub(available as u64) {
            Some(left @ 1..) => {
                self.expected = Expected::Content(left);
                (available, Step::Inside)
            }
            _ => (usize::try_from(content).unwrap_or(available), self.item_ends()),
        }
    }

    fn step(&mut self, octet: u8, left: usize, max_depth: usize) -> Result<Step, StreamError> {
        match self.expected {
            Expected::Argument { major, octets, value } => {
                let value = (value << 8) | u64::from(octet);
                match octets.saturating_sub(1) {
                    0 => self.begin(major, value, left, max_depth),
                    octets => {
                        self.expected = Expected::Argument { major, octets, value };
                        Ok(Step::Inside)
                    }
                }
            }
            Expected::Head | Expected::Content(_) => self.head(octet, left, max_depth),
        }
    }

    fn head(&mut self, octet: u8, left: usize, max_depth: usize) -> Result<Step, StreamError> {
        if octet == BREAK {
            return match self.open.pop() {
                Some(None) => Ok(self.item_ends()),
                _ => Err(StreamError::NoCbor),
            };
        }
        let (major, info) = (octet >> 5, octet & 0x1f);
        match info {
            0..24 => self.begin(major, info.into(), left, max_depth),
            24..28 => {
                let octets = 1 << info.saturating_sub(24);
                self.expected = Expected::Argument { major, octets, value: 0 };
                Ok(Step::Inside)
            }
            31 if (2..TAG).contains(&major) => self.open(None, max_depth),
            _ => Err(StreamError::NoCbor),
        }
    }

    /// An item whose head is complete.
    fn begin(&mut self, major: u8, argument: u64, left: usize, max_depth: usize) -> Result<Step, StreamError> {
        self.expected = Expected::Head;
        let octets = match major {
            TAG if REFERENCES.contains(&argument) => return Err(StreamError::References),
            TAG => return Ok(Step::Inside),
            0 | 1 | SIMPLE => 0,
            MAP => argument.saturating_mul(2),
            _ => argument,
        };
        // An item of an array or map has an octet at least.
        if octets > left as u64 {
            return Err(StreamError::TooLarge);
        }
        match (major, octets) {
            (_, 0) => Ok(self.item_ends()),
            (ARRAY | MAP, items) => self.open(Some(items), max_depth),
            (_, octets) => {
                self.expected = Expected::Content(octets);
                Ok(Step::Inside)
            }
        }
    }

    fn open(&mut self, items: Option<u64>, max_depth: usize) -> Result<Step, StreamError> {
        if self.open.len() >= max_depth {
            return Err(StreamError::TooDeep);
        }
        self.expected = Expected::Head;
        self.open.push(items);
        Ok(Step::Inside)
    }

    /// With an item everything ends whose last item it is.
    fn item_ends(&mut self) -> Step {
        self.expected = Expected::Head;
        while let Some(innermost) = self.open.last_mut() {
            match innermost {
                Some(1) => {
                    self.open.pop();
                }
                Some(left) => {
                    *left = left.saturating_sub(1);
                    return Step::Inside;
                }
                None => return Step::Inside,
            }
        }
        Step::End
    }
}
