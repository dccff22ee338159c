//! Octets that no honest node sends.

use serde::Deserialize;

use super::*;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Endless(Option<Box<Self>>);

fn small() -> Limits {
    Limits { max_depth: 4, max_elements: 8, ..Limits::default() }
}

fn fault_of<M: DeserializeOwned>(octets: &[u8], limits: &Limits) -> Option<DecodeFault> {
    cbor::decode::<M>(&Body::Borrowed(octets), limits).err().map(|error| error.fault().clone())
}

#[test]
fn of_what_an_error_quotes_only_the_beginning_is_kept() {
    let mut octets = Vec::new();
    cbor::encode(&("x".repeat(1 << 20),), &mut octets).unwrap();
    let error = cbor::decode::<(u32,)>(&Body::Borrowed(&octets), &Limits::default()).unwrap_err();
    assert!(error.to_string().len() < 1000);
}

#[test]
fn levels_are_limited() {
    assert_eq!(fault_of::<Value>(b"\x81\x81\x81\x81\x01", &small()), None);
    assert_eq!(fault_of::<Value>(b"\x81\x81\x81\x81\x81\x01", &small()), Some(DecodeFault::TooDeep));
    for bomb in [b"\x81", b"\x9f", b"\xa1", b"\xbf"] {
        let bomb = bomb.repeat(1_000_000);
        assert_eq!(fault_of::<Value>(&bomb, &Limits::default()), Some(DecodeFault::TooDeep));
        assert_eq!(fault_of::<()>(&bomb, &Limits::default()), Some(DecodeFault::TooDeep), "unwanted");
    }
    let json = |text: &str| json::decode::<Message>(text.as_bytes(), &small()).err().map(|error| error.fault().clone());
    assert_eq!(json("[[[[[1]]]]]"), None);
    assert_eq!(json("[[[[[[1]]]]]]"), Some(DecodeFault::TooDeep));
    assert!(from_json::<Message>(&"[".repeat(1_000_000)).is_err());
}

#[test]
fn levels_that_take_no_octets_are_limited() {
    assert_eq!(fault_of::<Endless>(b"\x01", &Limits::default()), Some(DecodeFault::TooDeep));
    assert_eq!(from_json::<Endless>("[1]").unwrap_err().fault().clone(), DecodeFault::TooDeep);
    survives(&Endless(None));
}

#[test]
fn a_million_tags_take_no_stack() {
    assert_eq!(fault_of::<Value>(&b"\xc1".repeat(1_000_000), &Limits::default()), Some(DecodeFault::Truncated));
}

#[test]
fn elements_are_limited() {
    assert_eq!(fault_of::<Message>(&[1; 8], &small()), None);
    assert_eq!(fault_of::<Message>(&[1; 9], &small()), Some(DecodeFault::TooManyElements));
    assert_eq!(fault_of::<()>(&[1; 9], &small()), Some(DecodeFault::TooManyElements));
    assert_eq!(
        fault_of::<Value>(b"\x88\x01\x01\x01\x01\x01\x01\x01\x01", &small()),
        Some(DecodeFault::TooManyElements)
    );
    let json = |text: &str| json::decode::<Message>(text.as_bytes(), &small()).err();
    assert_eq!(json("[1,2,3,4,5,6,7,8]"), None);
    let error = DecodeError::new(1, DecodeFault::TooManyElements);
    assert_eq!(json("[1,[2,3,4,5,6,7,8]]"), Some(error));
}

#[test]
fn an_announced_length_reserves_nothing() {
    for head in [b"\x9b", b"\xbb", b"\x5b", b"\x7b"] {
        let octets = [&head[..], &[0xff; 8], b"\x01"].concat();
        assert!(fault_of::<Value>(&octets, &Limits::default()).is_some());
        assert!(fault_of::<Vec<u64>>(&octets, &Limits::default()).is_some());
        assert!(fault_of::<Bytes>(&octets, &Limits::default()).is_some());
    }
}

#[test]
fn malformed_octets_are_refused_wherever_they_stand() {
    for octets in
        [&b"\xff"[..], b"\x1c", b"\x61\xff", b"\x7f\x41a\xff", b"\xf8\x20", b"\xa1\x01", b"\x82\x01", b"\xf9\x3e"]
    {
        assert!(fault_of::<Value>(octets, &Limits::default()).is_some(), "{octets:02x?}");
        let behind = [&b"\x01"[..], octets].concat();
        let error = from_cbor::<u8>(&behind).unwrap_err();
        assert_eq!(error.element(), 1, "{octets:02x?}");
    }
    for text in ["", "1", "{}", "[1", "[1]]", "[1] 2", "[nul]", "[\"\\ud800\"]", "[\u{0}]"] {
        assert!(from_json::<Message>(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_message_that_is_cut_off_is_refused() {
    let message = ("tag".to_owned(), 70_000u64, vec![Some(1.5f32), None], Bytes::from(b"abc"));
    let octets = to_cbor(&message);
    for length in 0..octets.len() {
        let cut = from_cbor::<(String, u64, Vec<Option<f32>>, Bytes)>(&octets[..length]);
        assert!(cut.is_err(), "{length}");
    }
    let text = to_json(&message);
    for length in 0..text.len() {
        assert_eq!(
            from_json::<Message>(&text[..length]).unwrap_err().fault().clone(),
            DecodeFault::Truncated,
            "{length}"
        );
    }
}
