//! Our CBOR beside another implementation of the format.

use minicbor::{Decoder, Encoder};
use proptest::{collection::vec, prelude::*};

use super::*;

/// What the other implementation writes.
fn other(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Encoder::new(&mut out));
    out
}

/// What is well-formed for the other implementation, to its end.
fn is_well_formed(octets: &[u8]) -> bool {
    let mut input = Decoder::new(octets);
    while input.position() < octets.len() {
        if input.skip().is_err() {
            return false;
        }
    }
    true
}

proptest! {
    #[test]
    fn heads_are_written_as_the_other_writes_them(unsigned: u64, signed: i64, shift in 0u32..64) {
        let (unsigned, signed) = (unsigned >> shift, signed >> shift);
        prop_assert_eq!(to_cbor(&unsigned), other(|out| drop(out.u64(unsigned))));
        prop_assert_eq!(to_cbor(&signed), other(|out| drop(out.i64(signed))));
    }

    #[test]
    fn texts_octets_and_arrays_are_written_as_the_other_writes_them(
        text in ".{0,300}",
        octets in vec(any::<u8>(), 0..300),
        number: f64,
        flag: Option<bool>,
    ) {
        let message = (text.clone(), Bytes::from(octets.clone()), number, flag, vec![number as f32; octets.len()]);
        let expected = other(|out| {
            let _ = out.str(&text).and_then(|out| out.bytes(&octets)?.f64(number));
            let _ = out.encode(flag);
            let _ = out.array(octets.len() as u64);
            octets.iter().for_each(|_| drop(out.f32(number as f32)));
        });
        prop_assert_eq!(to_cbor(&message), expected);
    }

    #[test]
    fn what_is_taken_is_well_formed_for_the_other(octets in vec(any::<u8>(), 0..40)) {
        if from_cbor::<Message>(&octets).is_ok() {
            prop_assert!(is_well_formed(&octets));
        }
    }
}

/// A type that is written as it is displayed, as names are.
struct Displayed(String);

impl Serialize for Displayed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[test]
fn a_text_that_is_displayed_is_written_as_one_that_is_kept() {
    for length in (0..300).chain([65_535, 65_536]) {
        let text = "x".repeat(length);
        assert_eq!(to_cbor(&(1, Displayed(text.clone()), 2)), to_cbor(&(1, text, 2)), "{length}");
    }
}
