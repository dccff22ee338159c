//! Every value and every sequence of octets.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use serde::Deserialize;

use super::*;

#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
enum Typed {
    Unit,
    One(Vec<Option<i64>>),
    Two(String, Bytes),
    Fields { a: u32, b: BTreeMap<i16, char>, c: Box<Option<Self>> },
}

fn typed() -> impl Strategy<Value = Typed> {
    let leaf = prop_oneof![
        Just(Typed::Unit),
        vec(any::<Option<i64>>(), 0..5).prop_map(Typed::One),
        (".{0,9}", vec(any::<u8>(), 0..40)).prop_map(|(text, octets)| Typed::Two(text, octets.into())),
    ];
    leaf.prop_recursive(4, 20, 3, |inner| {
        (any::<u32>(), any::<BTreeMap<i16, char>>(), proptest::option::of(inner)).prop_map(|(a, b, c)| Typed::Fields {
            a,
            b,
            c: Box::new(c),
        })
    })
}

fn integer() -> impl Strategy<Value = i128> {
    prop_oneof![any::<i8>().prop_map(i128::from), any::<i64>().prop_map(i128::from), -(1i128 << 64)..(1i128 << 64)]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integer().prop_map(Value::from),
        (-1e300..1e300f64).prop_map(Value::from),
        vec(any::<u8>(), 0..40).prop_map(|octets| Bytes::from(octets).into()),
        ".{0,9}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 50, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((inner.clone(), inner), 0..6).prop_map(Value::Map),
        ]
    })
}

/// The levels and elements of a value.
fn size(value: &Value) -> (usize, usize) {
    let (depth, elements) = match value {
        Value::Array(items) => items.iter().map(size).fold((1, 0), add_inner),
        Value::Map(entries) => entries.iter().flat_map(|(key, value)| [size(key), size(value)]).fold((1, 0), add_inner),
        _ => (0, 0),
    };
    (depth, elements + 1)
}

fn add((depth, elements): (usize, usize), item: (usize, usize)) -> (usize, usize) {
    (depth.max(item.0), elements + item.1)
}

fn add_inner(sum: (usize, usize), item: (usize, usize)) -> (usize, usize) {
    add(sum, (item.0 + 1, item.1))
}

proptest! {
    #[test]
    fn every_value_survives_cbor(values in vec(value(), 0..5)) {
        let message = Message(values);
        prop_assert_eq!(from_cbor::<Message>(&to_cbor(&message)), Ok(message.clone()));
        prop_assert_eq!(Message::from_typed(&message).unwrap().into_typed(), Ok(message));
    }

    #[test]
    fn what_json_can_express_settles_after_one_way(value in value()) {
        if let Ok(text) = json::to_text(&value) {
            let read = json::parse(&text, &Limits::default()).unwrap();
            prop_assert_eq!(json::to_text(&read).unwrap(), text);
        }
    }

    #[test]
    fn every_typed_message_survives(message in typed()) {
        survives(&message);
    }

    #[test]
    fn any_octets_are_decoded_or_refused(octets in vec(any::<u8>(), 0..200)) {
        let body = Body::Borrowed(&octets);
        let limits = Limits::default();
        let _ = cbor::decode::<Typed>(&body, &limits);
        let _ = json::decode::<Typed>(&octets, &limits);
        let _ = cbor::tag(&octets);
        if let Ok(message) = cbor::decode::<Message>(&body, &limits) {
            prop_assert_eq!(to_cbor(&from_cbor::<Message>(&to_cbor(&message)).unwrap()), to_cbor(&message));
        }
    }

    #[test]
    fn no_message_exceeds_the_limits(octets in vec(prop_oneof![Just(0x81), Just(0x82), Just(0xa1), Just(1)], 0..40)) {
        let limits = Limits { max_depth: 3, max_elements: 6, ..Limits::default() };
        if let Ok(message) = cbor::decode::<Message>(&Body::Borrowed(&octets), &limits) {
            let (depth, elements) = message.0.iter().map(size).fold((0, 0), add);
            prop_assert!(depth <= limits.max_depth && elements <= limits.max_elements, "{:?}", message);
        }
    }

    #[test]
    fn a_damaged_message_is_decoded_or_refused(message in typed(), place: prop::sample::Index, octet: u8) {
        let mut octets = to_cbor(&message);
        let place = place.index(octets.len());
        octets[place] = octet;
        let _ = from_cbor::<Typed>(&octets);
        let _ = from_cbor::<Message>(&octets);
    }
}
