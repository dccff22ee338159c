//! What the nodes of a measurement tell each other.

use std::ops::Range;

use aemp::{Bytes, Port, Reply};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

/// The octets of a small message.
pub(super) const SMALL: usize = 32;

/// What a small message has behind its tag and its number.
pub(super) type Octets = ByteArray<SMALL>;

/// What a sink takes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flow {
    /// A small message.
    Small(u64, Octets),
    /// Octets of any number.
    Large(u64, Bytes),
    /// What has arrived so far.
    Tally(Reply<Tally>),
    /// The same number back.
    Echo(u64, Reply<u64>),
    /// Ports that do nothing.
    Open(usize, Reply<Vec<Port<()>>>),
    /// Ports that count small messages, together with the one that opens them, and take large ones.
    Counters(usize, Reply<Vec<Port<Self>>>),
    /// Nodes, each with a port that counts.
    Nodes(usize, Reply<Vec<Port<Self>>>),
    /// The number of the octets back, when they are there.
    Take(Bytes, Reply<u64>),
    /// How long the process took until its node had started, in nanoseconds.
    Started(Reply<u64>),
    /// The end of all idle ports.
    Close,
    /// The end of the whole process, without a goodbye.
    Die,
}

/// What has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) messages: u64,
    /// A sum over the fields; another order makes another sum.
    pub(super) sum: u64,
    /// What all threads of the process have worked so far, in nanoseconds.
    pub(super) work: u64,
}

impl Tally {
    /// Counts a message that has arrived, or that will.
    pub(super) fn count(&mut self, number: u64, octets: &[u8]) {
        self.messages += 1;
        self.sum = self.sum.rotate_left(1).wrapping_add(number).wrapping_add(checksum(octets));
    }

    /// The same when small messages with all numbers of a range have followed, in their order.
    pub(super) fn and_small(mut self, numbers: Range<u64>) -> Self {
        numbers.for_each(|number| self.count(number, &[7; SMALL]));
        self
    }
}

/// All octets of a small message; the ends and the length of a large one, whose receiver does with it what it likes.
fn checksum(octets: &[u8]) -> u64 {
    match octets {
        [] => 0,
        small if small.len() <= SMALL => sum_of_words(small),
        [first, .., last] => octets.len() as u64 + u64::from(*first) + u64::from(*last),
        [one] => u64::from(*one),
    }
}

/// The sum of the octets taken in eights, which costs the least.
fn sum_of_words(octets: &[u8]) -> u64 {
    let (words, rest) = octets.as_chunks();
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).fold(0, u64::wrapping_add);
    rest.iter().fold(words, |sum, octet| sum.wrapping_add(u64::from(*octet)))
}
