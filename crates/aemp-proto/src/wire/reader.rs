//! Reads the fields of a frame, in order. Every read can fail; none can panic or allocate beyond its input.

use thiserror::Error;

use crate::id::{Origin, PortName, PortNumber};

use super::write::{NAME_NATIVE, NAME_NODE, NAME_TEXT};

/// Why octets are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A field goes beyond the end of its frame.
    #[error("a frame ends in the middle of a field")]
    Truncated,
    /// A frame is longer than the limit, or empty.
    #[error("a frame has {0} octets, which is not allowed")]
    Length(usize),
    /// A number has more than 64 bits, or is out of its range.
    #[error("a number in a frame is out of range")]
    Number,
    /// A text is not UTF-8.
    #[error("a text in a frame is not UTF-8")]
    Text,
    /// A port name or an address does not parse.
    #[error("a name in a frame is not valid")]
    Name,
    /// The type is unknown, and a frame of it may not be ignored.
    #[error("the type of a frame, {0:#04x}, is unknown to this version")]
    Type(u8),
}

/// The rest of a frame that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(crate) const fn new(octets: &'b [u8]) -> Self {
        Self { rest: octets }
    }

    pub(crate) const fn rest(self) -> &'b [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn octets(&mut self, count: usize) -> Result<&'b [u8], FrameError> {
        let (head, tail) = self.rest.split_at_checked(count).ok_or(FrameError::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (head, tail) = self.rest.split_first_chunk().ok_or(FrameError::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }

    pub(crate) fn octet(&mut self) -> Result<u8, FrameError> {
        self.array::<1>().map(|[octet]| octet)
    }

    /// An unsigned number, seven bits an octet, low bits first, the high bit set on all but the last.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, FrameError> {
        match self.rest {
            [octet, rest @ ..] if *octet < 0x80 => {
                self.rest = rest;
                Ok((*octet).into())
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, FrameError> {
        let mut value = 0u64;
        for shift in (0..u64::BITS).step_by(7) {
            let octet = self.octet()?;
            let bits = u64::from(octet & 0x7f);
            let shifted = bits.wrapping_shl(shift);
            if shifted.wrapping_shr(shift) != bits {
                return Err(FrameError::Number);
            }
            value |= shifted;
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(FrameError::Number)
    }

    /// A count that may not be known.
    pub(crate) fn count(&mut self) -> Result<Option<u64>, FrameError> {
        Ok(self.number()?.checked_sub(1))
    }

    pub(crate) fn size(&mut self) -> Result<usize, FrameError> {
        usize::try_from(self.number()?).map_err(|_| FrameError::Number)
    }

    #[inline]
    pub(crate) fn index(&mut self) -> Result<u32, FrameError> {
        u32::try_from(self.number()?).map_err(|_| FrameError::Number)
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, FrameError> {
        let length = self.size()?;
        std::str::from_utf8(self.octets(length)?).map_err(|_| FrameError::Text)
    }

    pub(crate) fn name(&mut self) -> Result<PortName, FrameError> {
        match self.octet()? {
            NAME_NODE => Ok(PortName::Node),
            NAME_NATIVE => {
                Ok(PortName::Native { origin: Origin(self.array()?), number: PortNumber::from_bits(self.number()?) })
            }
            NAME_TEXT => self.text()?.parse().map_err(|_| FrameError::Name),
            _ => Err(FrameError::Name),
        }
    }
}
