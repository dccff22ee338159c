//! What has arrived, as the receiver counts it field by field.

use serde::{Deserialize, Serialize};

use crate::Result;

/// The octets of a small message, behind its tag and its number.
pub const SMALL: usize = 32;
/// Each of the octets that are sent.
pub const OCTET: u8 = 7;

/// The octets of a message of any size.
#[must_use]
pub fn payload(size: usize) -> Vec<u8> {
    vec![OCTET; size]
}

/// What has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many messages.
    pub messages: u64,
    /// The sum over their fields.
    pub sum: u64,
    /// How many had another number than the next one.
    pub out_of_order: u64,
}

impl Tally {
    /// Counts a message.
    #[inline]
    pub fn count(&mut self, number: u64, octets: &[u8]) {
        self.out_of_order += u64::from(number != self.messages);
        self.messages += 1;
        self.sum = self.sum.wrapping_add(number).wrapping_add(checksum(octets));
    }

    /// Whether all messages have arrived once, in order, with what was in them.
    pub fn check(&self, messages: u64, size: usize) -> Result<()> {
        let mut expected = Self::default();
        let octets = payload(size);
        (0..messages).for_each(|number| expected.count(number, &octets));
        if *self == expected { Ok(()) } else { Err(format!("{self:?} arrived, and not {expected:?}").into()) }
    }

    /// The same in any order.
    pub fn check_unordered(&self, messages: u64, size: usize) -> Result<()> {
        Self { out_of_order: 0, ..*self }.check(messages, size)
    }

    /// As octets.
    #[must_use]
    pub fn to_octets(self) -> Vec<u8> {
        [self.messages, self.sum, self.out_of_order].iter().flat_map(|field| field.to_le_bytes()).collect()
    }

    /// From octets.
    pub fn from_octets(octets: &[u8]) -> Result<Self> {
        let mut fields = octets.chunks_exact(8).map(|field| u64::from_le_bytes(field.try_into().unwrap_or_default()));
        let mut field = || fields.next().ok_or("too short for a tally");
        Ok(Self { messages: field()?, sum: field()?, out_of_order: field()? })
    }
}

/// All octets of a small message; the ends and the length of a large one, whose receiver does with it what it likes.
#[inline]
fn checksum(octets: &[u8]) -> u64 {
    match octets {
        [] => 0,
        small if small.len() <= SMALL => small.iter().map(|octet| u64::from(*octet)).sum(),
        [first, .., last] => octets.len() as u64 + u64::from(*first) + u64::from(*last),
        [one] => u64::from(*one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(messages: &[(u64, &[u8])]) -> Tally {
        let mut tally = Tally::default();
        messages.iter().for_each(|(number, octets)| tally.count(*number, octets));
        tally
    }

    #[test]
    fn messages_that_arrive_as_they_were_sent_pass() {
        for size in [0, 1, 2, SMALL, SMALL + 1, 5_000] {
            let octets = payload(size);
            tally(&[(0, &octets), (1, &octets)]).check(2, size).unwrap();
        }
    }

    #[test]
    fn a_message_that_is_lost_repeated_changed_or_out_of_order_does_not_pass() {
        let octets = payload(SMALL);
        let changed = [&[OCTET; SMALL - 1][..], &[OCTET + 1]].concat();
        assert!(tally(&[(0, &octets)]).check(2, SMALL).is_err());
        assert!(tally(&[(0, &octets), (0, &octets)]).check(2, SMALL).is_err());
        assert!(tally(&[(0, &octets), (1, &changed)]).check(2, SMALL).is_err());
        assert!(tally(&[(1, &octets), (0, &octets)]).check(2, SMALL).is_err());
        tally(&[(1, &octets), (0, &octets)]).check_unordered(2, SMALL).unwrap();
    }

    #[test]
    fn a_tally_can_be_sent_as_octets() {
        let sent = tally(&[(5, &[1, 2])]);
        assert_eq!(Tally::from_octets(&sent.to_octets()).unwrap(), sent);
        assert!(Tally::from_octets(&sent.to_octets()[1..]).is_err());
    }
}
