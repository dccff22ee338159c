//! Whatever comes: no panic, no memory beyond the limit, nothing given away.

use proptest::{collection::vec, prelude::*};

use super::{
    end::{End, dialler, member, secret},
    messages::read,
};
use crate::{
    base::{Credentials, Framing, MessageReader, Tolerated, encode},
    limits::Limits,
    link::Side,
    message::Message,
    value::{Bytes, Value},
};

/// Elements that Perl nodes can read.
pub(super) fn elements() -> impl Strategy<Value = Vec<Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300..1e300_f64).prop_map(Value::from),
        vec(any::<u8>(), 0..30).prop_map(|octets| Bytes::from(octets).into()),
        ".{0,9}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            vec((".{0,5}".prop_map(Value::from), inner), 0..5).prop_map(Value::Map),
        ]
    });
    vec(value, 0..5)
}

/// What a message is after it was carried in a framing: JSON has no octets.
pub(super) fn canonical(framing: Framing, elements: &[Value]) -> Vec<Value> {
    let value = |value: &Value| match (framing, value) {
        (Framing::Json, Value::Bytes(octets)) => {
            octets.iter().map(|octet| char::from(*octet)).collect::<String>().into()
        }
        (_, Value::Array(items)) => Value::Array(canonical(framing, items)),
        (_, Value::Map(entries)) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), canonical(framing, std::slice::from_ref(value)).remove(0)));
            Value::Map(entries.collect())
        }
        (_, value) => value.clone(),
    };
    elements.iter().map(value).collect()
}

/// What a peer called `s` says that holds the secret, to an acceptor called `b` with the nonce 2.
fn good() -> Vec<u8> {
    let mut peer = End::new(&member("s", Credentials::Secret(secret()), Tolerated::default()), dialler(), 3);
    peer.feed(&acceptor().sent, 4096);
    peer.sent
}

fn acceptor() -> End {
    End::new(&member("b", Credentials::Secret(secret()), Tolerated::default()), Side::Acceptor, 2)
}

/// Octets of a handshake, with some of them exchanged for others.
fn nearly_a_handshake() -> impl Strategy<Value = Vec<u8>> {
    let good = good();
    let length = good.len();
    vec((0..length, any::<u8>()), 0..4).prop_map(move |changes| {
        let mut octets = good.clone();
        changes.into_iter().for_each(|(index, octet)| octets[index] = octet);
        octets
    })
}

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![Just(Framing::Cbor), Just(Framing::Json)]
}

proptest! {
    #[test]
    fn arbitrary_octets_in_arbitrary_chunks_do_no_harm(octets: Vec<u8>, chunk in 1_usize..64, dials: bool) {
        let side = if dials { dialler() } else { Side::Acceptor };
        let mut end = End::new(&member("b", Credentials::Secret(secret()), Tolerated::default()), side, 2);
        end.feed(&octets, chunk);
        prop_assert!(end.established().is_none());
    }

    #[test]
    fn a_damaged_handshake_does_no_harm(octets in nearly_a_handshake(), chunk in 1_usize..400) {
        let mut end = acceptor();
        end.feed(&octets, chunk);
        prop_assert_eq!(end.established().is_some(), octets == good());
    }

    #[test]
    fn arbitrary_octets_are_messages_or_an_error_whatever_the_chunks(
        octets in vec(any::<u8>(), 0..200),
        head in prop_oneof![Just(b"[".to_vec()), Just(b"\x83".to_vec()), Just(b"\x9f".to_vec()), Just(Vec::new())],
        framing in framing(),
        chunk in 1_usize..50,
    ) {
        let octets = [head, octets].concat();
        let whole = read(framing, &octets, 4096);
        prop_assert_eq!(format!("{whole:?}"), format!("{:?}", read(framing, &octets, chunk)));
    }

    #[test]
    fn a_reader_never_holds_more_than_a_message(chunks: Vec<Vec<u8>>, framing in framing()) {
        let limits = Limits { max_message: 64, ..Limits::default() };
        let mut reader = MessageReader::new(framing, &limits);
        // A message that ends when chance will have it.
        let head = if framing == Framing::Json { b"[\"".to_vec() } else { b"\x9f".to_vec() };
        for chunk in std::iter::once(&head).chain(&chunks) {
            let mut input = &chunk[..];
            while !input.is_empty() {
                if reader.read(&mut input).is_err() {
                    return Ok(());
                }
                prop_assert!(reader.held() <= limits.max_message);
            }
        }
    }

    #[test]
    fn a_damaged_message_does_no_harm(elements in elements(), place: prop::sample::Index, octet: u8, framing in framing()) {
        let mut octets = Vec::new();
        let message = Message(elements);
        encode(framing, &"b".parse().unwrap(), &message, &Limits::default(), &mut octets).unwrap();
        let place = place.index(octets.len());
        octets[place] = octet;
        let whole = read(framing, &octets, 4096);
        prop_assert_eq!(format!("{whole:?}"), format!("{:?}", read(framing, &octets, 1)));
    }
}
