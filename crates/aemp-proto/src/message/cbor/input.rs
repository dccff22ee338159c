//! The heads of CBOR items (RFC 8949, section 3), and the octets behind them.

use super::major;
use crate::message::{DecodeError, DecodeFault};

/// What is wrong with an item. Small, because every head that is read may have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Truncated,
    TooMany,
    NoSuchLength,
    EndOfNothing,
    NoMeaning,
    OtherPart,
    NotText,
}

impl From<Flaw> for DecodeError {
    #[cold]
    fn from(flaw: Flaw) -> Self {
        let text = match flaw {
            Flaw::Truncated => return DecodeFault::Truncated.into(),
            Flaw::TooMany => return DecodeFault::TooManyElements.into(),
            Flaw::NoSuchLength => "a head with a length that does not exist",
            Flaw::EndOfNothing => "an end of nothing",
            Flaw::NoMeaning => "a simple value that has no meaning here",
            Flaw::OtherPart => "a part of another kind",
            Flaw::NotText => "a text that is not UTF-8",
        };
        DecodeFault::Malformed(text.into()).into()
    }
}

/// How many octets, items or entries follow; `None` if only their end says so.
pub(super) type Length = Option<u64>;

/// What an item begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head {
    Unsigned(u64),
    /// -1 minus this.
    Negative(u64),
    Octets(Length),
    Text(Length),
    Array(Length),
    Map(Length),
    Bool(bool),
    /// Null or undefined.
    Null,
    Half(u16),
    Single(f32),
    Double(f64),
}

/// Octets that are being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'de>(&'de [u8]);

/// The end of an array or map whose length was not announced.
const BREAK: u8 = 0xff;

impl<'de> Input<'de> {
    pub(super) const fn new(octets: &'de [u8]) -> Self {
        Self(octets)
    }

    /// What is left.
    #[inline]
    pub(super) const fn octets(&self) -> &'de [u8] {
        self.0
    }

    /// Whether an indefinite array or map ends here; if so, its end is taken.
    pub(super) fn take_break(&mut self) -> Result<bool, Flaw> {
        match self.0 {
            [] => Err(Flaw::Truncated),
            [BREAK, rest @ ..] => {
                self.0 = rest;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The head that comes next, behind its tags.
    #[inline(always)]
    pub(super) fn head(&mut self) -> Result<Head, Flaw> {
        loop {
            let [initial, rest @ ..] = self.0 else { return Err(Flaw::Truncated) };
            self.0 = rest;
            let (major, info) = (initial & 0xe0, initial & 0x1f);
            return Ok(match major {
                major::UNSIGNED => Head::Unsigned(self.argument(info)?),
                major::NEGATIVE => Head::Negative(self.argument(info)?),
                major::OCTETS => Head::Octets(self.length(info)?),
                major::TEXT => Head::Text(self.length(info)?),
                major::ARRAY => Head::Array(self.length(info)?),
                major::MAP => Head::Map(self.length(info)?),
                major::TAG => {
                    self.argument(info)?;
                    continue;
                }
                _ => self.simple(info)?,
            });
        }
    }

    #[inline(always)]
    fn argument(&mut self, info: u8) -> Result<u64, Flaw> {
        Ok(match info {
            0..24 => info.into(),
            24 => u8::from_be_bytes(self.array()?).into(),
            25 => u16::from_be_bytes(self.array()?).into(),
            26 => u32::from_be_bytes(self.array()?).into(),
            27 => u64::from_be_bytes(self.array()?),
            _ => return Err(Flaw::NoSuchLength),
        })
    }

    #[inline]
    fn length(&mut self, info: u8) -> Result<Length, Flaw> {
        if info == 31 { Ok(None) } else { self.argument(info).map(Some) }
    }

    fn simple(&mut self, info: u8) -> Result<Head, Flaw> {
        Ok(match info {
            20 => Head::Bool(false),
            21 => Head::Bool(true),
            22 | 23 => Head::Null,
            25 => Head::Half(u16::from_be_bytes(self.array()?)),
            26 => Head::Single(f32::from_be_bytes(self.array()?)),
            27 => Head::Double(f64::from_be_bytes(self.array()?)),
            31 => return Err(Flaw::EndOfNothing),
            _ => return Err(Flaw::NoMeaning),
        })
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (octets, rest) = self.0.split_first_chunk().ok_or(Flaw::Truncated)?;
        self.0 = rest;
        Ok(*octets)
    }

    /// The next octets.
    #[inline]
    pub(super) fn take(&mut self, length: u64) -> Result<&'de [u8], Flaw> {
        let length = usize::try_from(length).map_err(|_| Flaw::Truncated)?;
        let (octets, rest) = self.0.split_at_checked(length).ok_or(Flaw::Truncated)?;
        self.0 = rest;
        Ok(octets)
    }

    /// One part of octets or of a text of unknown length; `None` at its end. The parts have to be of known length.
    pub(super) fn part(&mut self, kind: u8) -> Result<Option<&'de [u8]>, Flaw> {
        if self.take_break()? {
            return Ok(None);
        }
        let [initial, rest @ ..] = self.0 else { return Err(Flaw::Truncated) };
        if initial & 0xe0 != kind {
            return Err(Flaw::OtherPart);
        }
        self.0 = rest;
        let length = self.argument(initial & 0x1f)?;
        self.take(length).map(Some)
    }
}
