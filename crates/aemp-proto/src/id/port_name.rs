//! Names of ports, each given to one port for ever.

use std::{fmt, str::FromStr, sync::Arc};

use thiserror::Error;

/// The longest name that another kind of node may give a port, in octets.
const MAX_TEXT: usize = 64;
/// The digits of a native name, in the order of their values.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The octets that the random part takes in text.
const ORIGIN_DIGITS: usize = 16;
/// Digits of the longest number.
const MAX_NUMBER_DIGITS: usize = 11;

/// The 96 random bits of an incarnation that stand in every name that it makes.
// Aligned, so that names are copied by words and not by octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(align(4))]
pub struct Origin(pub [u8; 12]);

/// What a number was made for; numbers of different kinds never meet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PortKind {
    /// A port of the incarnation that made the name.
    Port,
    /// A port that the incarnation spawned at another node.
    Spawned,
    /// The place where the answer to a call is expected.
    Reply,
    /// A further name of a port that was declared dead under an older one.
    Renamed,
}

/// The part of a native name that its incarnation counts: a slot, how often it was used, and a kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PortNumber(u64);

impl PortNumber {
    /// Uses of one slot after which it is given up, so that no number comes twice.
    pub const MAX_GENERATION: u32 = (1 << 30) - 1;

    /// The number for the `generation`th use of `slot`; `None` beyond [`Self::MAX_GENERATION`].
    pub fn new(slot: u32, generation: u32, kind: PortKind) -> Option<Self> {
        if generation > Self::MAX_GENERATION {
            return None;
        }
        Some(Self((u64::from(generation) << 34) | (u64::from(slot) << 2) | kind as u64))
    }

    /// The number of the `n`th name of a kind that is counted, not kept in slots; `None` beyond 2^62.
    pub fn counted(n: u64, kind: PortKind) -> Option<Self> {
        (n < 1 << 62).then_some(Self((n << 2) | kind as u64))
    }

    /// The slot.
    #[expect(clippy::cast_possible_truncation, reason = "the slot is the low 32 bits")]
    pub const fn slot(self) -> u32 {
        (self.0 >> 2) as u32
    }

    /// How often the slot had been used before.
    pub const fn generation(self) -> u32 {
        (self.0 >> 34) as u32
    }

    /// What the number was made for.
    pub const fn kind(self) -> PortKind {
        match self.0 & 3 {
            0 => PortKind::Port,
            1 => PortKind::Spawned,
            2 => PortKind::Reply,
            _ => PortKind::Renamed,
        }
    }

    /// The number as it stands on the wire.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The number that stood on the wire.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// The name of a port within its node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortName {
    /// The node port, to which requests between nodes go. Its text is empty.
    Node,
    /// A name made by a native node.
    Native {
        /// Who made it.
        origin: Origin,
        /// Which of its names it is.
        number: PortNumber,
    },
    /// A name made by another kind of node. Made by [`str::parse`], which keeps native names apart.
    Text(Arc<str>),
}

/// Why a text is not a port name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PortNameError {
    /// The name has a control character.
    #[error("a port name has no control characters")]
    Control,
    /// The name is longer than 64 octets.
    #[error("a port name has at most {MAX_TEXT} octets")]
    TooLong,
}

impl FromStr for PortName {
    type Err = PortNameError;

    fn from_str(text: &str) -> Result<Self, PortNameError> {
        if text.is_empty() {
            return Ok(Self::Node);
        }
        if let Some(native) = parse_native(text.as_bytes()) {
            return Ok(native);
        }
        if text.len() > MAX_TEXT {
            return Err(PortNameError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PortNameError::Control);
        }
        Ok(Self::Text(text.into()))
    }
}

/// Reads exactly what [`write_native`] writes, so that each name has one text.
fn parse_native(text: &[u8]) -> Option<PortName> {
    let (head, tail) = text.split_at_checked(ORIGIN_DIGITS)?;
    if tail.is_empty() || tail.len() > MAX_NUMBER_DIGITS || (tail.len() > 1 && tail.first() == DIGITS.first()) {
        return None;
    }
    let mut origin = [0; 12];
    for (octets, digits) in origin.chunks_exact_mut(3).zip(head.chunks_exact(4)) {
        let group = parse_digits(digits)?.to_be_bytes();
        octets.copy_from_slice(group.get(5..)?);
    }
    let number = PortNumber(parse_digits(tail)?);
    Some(PortName::Native { origin: Origin(origin), number })
}

fn parse_digits(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |sum, digit| sum.checked_mul(64)?.checked_add(digit_value(*digit)?))
}

const fn digit_value(digit: u8) -> Option<u64> {
    let value = match digit {
        b'A'..=b'Z' => digit.wrapping_sub(b'A'),
        b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(value as u64)
}

/// The text of a native name: an origin, and up to eleven digits.
fn write_native(f: &mut fmt::Formatter<'_>, origin: Origin, number: PortNumber) -> fmt::Result {
    let mut text = [0; ORIGIN_DIGITS + MAX_NUMBER_DIGITS];
    for (digits, octets) in text.chunks_exact_mut(4).zip(origin.0.chunks_exact(3)) {
        write_digits(digits, octets.iter().fold(0, |sum, octet| (sum << 8) | u64::from(*octet)));
    }
    let bits = u64::BITS.saturating_sub(number.0.leading_zeros()) as usize;
    let end = ORIGIN_DIGITS.saturating_add(bits.div_ceil(6).max(1));
    write_digits(text.get_mut(ORIGIN_DIGITS..end).unwrap_or_default(), number.0);
    f.write_str(std::str::from_utf8(text.get(..end).unwrap_or_default()).map_err(|_| fmt::Error)?)
}

/// Writes the last digits of a number, as many as there is room for.
fn write_digits(room: &mut [u8], number: u64) {
    let mut left = number;
    for place in room.iter_mut().rev() {
        *place = DIGITS.get((left & 63) as usize).copied().unwrap_or_default();
        left >>= 6;
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node => Ok(()),
            Self::Native { origin, number } => write_native(f, *origin, *number),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{self}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_keep_slot_generation_and_kind() {
        for (slot, generation) in [(0, 0), (u32::MAX, PortNumber::MAX_GENERATION), (7, 1)] {
            for kind in [PortKind::Port, PortKind::Spawned, PortKind::Reply, PortKind::Renamed] {
                let number = PortNumber::new(slot, generation, kind).unwrap();
                assert_eq!((number.slot(), number.generation(), number.kind()), (slot, generation, kind));
            }
        }
        assert_eq!(PortNumber::new(0, PortNumber::MAX_GENERATION + 1, PortKind::Port), None);
    }

    #[test]
    fn names_of_other_nodes_are_kept_as_text() {
        for text in ["b", "5tGv.x", "a#b;c", "\u{1f600}", &"x".repeat(64)] {
            let name: PortName = text.parse().unwrap();
            assert_eq!((name.to_string().as_str(), matches!(name, PortName::Text(_))), (text, true));
        }
        assert_eq!("".parse(), Ok(PortName::Node));
        assert_eq!("a\0".parse::<PortName>(), Err(PortNameError::Control));
        assert_eq!("x".repeat(65).parse::<PortName>(), Err(PortNameError::TooLong));
    }

    proptest! {
        #[test]
        fn a_native_name_survives_its_text(origin: [u8; 12], bits: u64) {
            let name = PortName::Native { origin: Origin(origin), number: PortNumber::from_bits(bits) };
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }

        #[test]
        fn any_text_that_parses_prints_back(text in "\\PC{0,70}|[A-Za-z0-9_-]{16,30}") {
            if let Ok(name) = text.parse::<PortName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
