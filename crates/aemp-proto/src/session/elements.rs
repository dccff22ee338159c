//! The elements of a large frame, of which some are shared with whoever sent them.

use bytes::Bytes;

use crate::value::{Lent, append_encoded};

/// The elements of a frame, in parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elements {
    parts: Vec<Bytes>,
    length: usize,
}

impl Elements {
    /// What was encoded, with what was lent to it.
    pub(super) fn new(encoded: Vec<u8>, lent: Vec<Lent>) -> Self {
        let (encoded, mut elements) = (Bytes::from(encoded), Self::default());
        let mut done = 0;
        for Lent { at, octets } in lent {
            elements.push(encoded.slice(done..at.clamp(done, encoded.len())));
            elements.push(octets);
            done = at.clamp(done, encoded.len());
        }
        elements.push(encoded.slice(done..));
        elements
    }

    fn push(&mut self, part: Bytes) {
        if !part.is_empty() {
            self.length = self.length.saturating_add(part.len());
            self.parts.push(part);
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Appends up to `most` octets from `from` on.
    pub(super) fn copy_part(&self, mut from: usize, mut most: usize, out: &mut Vec<u8>) {
        for part in &self.parts {
            let rest = part.get(from..).unwrap_or_default();
            let taken = rest.get(..most).unwrap_or(rest);
            out.extend_from_slice(taken);
            most = most.saturating_sub(taken.len());
            from = from.saturating_sub(part.len());
            if most == 0 {
                return;
            }
        }
    }

    /// Appends all of them; long parts are shared where that can be.
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        self.parts.iter().for_each(|part| append_encoded(part, out));
    }
}

impl From<Bytes> for Elements {
    fn from(octets: Bytes) -> Self {
        let mut elements = Self::default();
        elements.push(octets);
        elements
    }
}

impl PartialEq for Elements {
    fn eq(&self, other: &Self) -> bool {
        let octets = |elements: &Self| elements.parts.concat();
        octets(self) == octets(other)
    }
}

impl Eq for Elements {}

#[cfg(any(test, feature = "simulation"))]
impl std::hash::Hash for Elements {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts.concat().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{message::cbor, value};

    #[test]
    fn a_message_is_the_same_whether_its_octets_are_lent_or_copied() {
        let octets = |length| value::Bytes::from(vec![7; length]);
        let message = ("tag", octets(3000), vec![Some(octets(2000)), None], octets(1500));
        let (mut copied, mut encoded, mut joined) = (Vec::new(), Vec::new(), Vec::new());
        cbor::encode(&message, &mut copied).unwrap();
        let borrowing = value::Borrowing::begin(&encoded, 2000);
        cbor::encode(&message, &mut encoded).unwrap();
        let lent = borrowing.end();
        assert_eq!(lent.len(), 2);
        Elements::new(encoded, lent).append_to(&mut joined);
        assert_eq!(joined, copied);
    }

    fn elements() -> Elements {
        let lent = |at, octets: &'static [u8]| Lent { at, octets: Bytes::from_static(octets) };
        Elements::new(b"abef".to_vec(), vec![lent(2, b"cd"), lent(4, b"gh"), lent(4, b"ij")])
    }

    #[test]
    fn what_was_lent_stands_in_its_place() {
        let mut out = Vec::new();
        elements().append_to(&mut out);
        assert_eq!(out, b"abcdefghij");
        assert_eq!(elements().len(), 10);
        assert_eq!(elements(), Bytes::from_static(b"abcdefghij").into());
    }

    #[test]
    fn any_part_can_be_copied() {
        for from in 0..=10 {
            for most in 0..=10 - from {
                let mut out = Vec::new();
                elements().copy_part(from, most, &mut out);
                assert_eq!(out, b"abcdefghij"[from..from + most]);
            }
        }
    }
}
