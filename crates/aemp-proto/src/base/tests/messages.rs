//! Messages that nobody recorded.

use proptest::prelude::*;

use super::properties::{canonical, elements};
use crate::{
    base::{Destination, Framing, MessageReader, Received, StreamError, encode},
    id::PortName,
    limits::Limits,
    message::{EncodeError, Message, cbor},
    value::{Bytes, Value},
};

fn limits() -> Limits {
    Limits { max_message: 1000, max_depth: 5, max_elements: 50, ..Limits::default() }
}

fn read_within(limits: &Limits, framing: Framing, octets: &[u8], chunk: usize) -> Result<Vec<Received>, StreamError> {
    let mut reader = MessageReader::new(framing, limits);
    let mut all = Vec::new();
    for mut chunk in octets.chunks(chunk) {
        while !chunk.is_empty() {
            all.extend(reader.read(&mut chunk)?);
        }
    }
    Ok(all)
}

pub(super) fn read(framing: Framing, octets: &[u8], chunk: usize) -> Result<Vec<Received>, StreamError> {
    read_within(&limits(), framing, octets, chunk)
}

fn written(framing: Framing, elements: &[Value]) -> Result<Vec<u8>, EncodeError> {
    let mut out = b"before".to_vec();
    let result = encode(framing, &PortName::Node, &Message(elements.to_vec()), &limits(), &mut out);
    assert!(out.starts_with(b"before") && (result.is_ok() || out.len() == 6), "after an error nothing is written");
    result.map(|()| out[6..].to_vec())
}

#[track_caller]
fn destination(framing: Framing, octets: &[u8], expected: &Destination) {
    let all = read(framing, octets, 1).unwrap();
    assert_eq!((all.len(), &all[0].destination), (1, expected), "{}", String::from_utf8_lossy(octets));
}

#[test]
fn destinations_are_read_as_perl_reads_names() {
    let port = |name: &str| Destination::Port(name.parse().unwrap());
    for (text, expected) in [
        ("[]", port("")),
        (r#"[""]"#, port("")),
        ("[null]", port("")),
        (r#"["b",1]"#, port("b")),
        ("[5,1]", port("5")),
        ("[-5]", port("-5")),
        ("[{}]", Destination::Nowhere),
        ("[[1]]", Destination::Nowhere),
        ("[true]", Destination::Nowhere),
        (r#"["a\nb"]"#, Destination::Nowhere),
        (&format!(r#"["{}"]"#, "x".repeat(65)), Destination::Nowhere),
    ] {
        destination(Framing::Json, text.as_bytes(), &expected);
    }
    for (octets, expected) in [
        (&b"\x81\x41b"[..], port("b")),
        (b"\x81\x61b", port("b")),
        (b"\x81\xf7", port("")),
        (b"\x81\x05", port("5")),
        (b"\x81\x41\xff", Destination::Nowhere),
        (b"\x81\xf4", Destination::Nowhere),
    ] {
        destination(Framing::Cbor, octets, &expected);
    }
}

#[test]
fn all_well_formed_cbor_has_its_end() {
    for octets in [
        &b"\x80"[..],
        b"\x9f\xff",
        b"\x9f\x41a\x01\xff",
        b"\xd9\xd9\xf7\x81\x41a",
        b"\x82\x41a\xbf\x61k\x01\xff",
        b"\x82\x41a\x5f\x41b\x41c\xff",
        b"\x82\x41a\x7f\x61b\xff",
        b"\x82\x41a\xd9\x56\x52\x01",
        b"\x83\x41a\x80\xa0",
        b"\x82\x41a\x58\x03abc",
        b"\x82\x41a\x9b\0\0\0\0\0\0\0\x01\x40",
        b"\x85\x41a\xf9\x3c\0\xfa\0\0\0\0\xfb\0\0\0\0\0\0\0\0\x3b\0\0\0\0\0\0\0\0",
    ] {
        for chunk in [1, 2, 100] {
            let twice = [octets, octets].concat();
            assert_eq!(read(Framing::Cbor, &twice, chunk).map(|all| all.len()), Ok(2), "{octets:02x?}");
        }
    }
}

#[test]
fn every_fault_of_a_stream_has_its_name() {
    let json = Framing::Json;
    let cbor = Framing::Cbor;
    let long = "x".repeat(1000);
    for (framing, octets, error) in [
        (json, b"5".to_vec(), StreamError::NoMessage),
        (json, b"{\"a\":1}".to_vec(), StreamError::NoMessage),
        (json, b"null".to_vec(), StreamError::NoMessage),
        (json, b"[[[[[[".to_vec(), StreamError::TooDeep),
        (json, format!("[\"{long}").into_bytes(), StreamError::TooLarge),
        (cbor, b"\x05".to_vec(), StreamError::NoMessage),
        (cbor, b"\xa1\x01\x02".to_vec(), StreamError::NoMessage),
        (cbor, b"\xc1\x05".to_vec(), StreamError::NoMessage),
        (cbor, b"\xf6".to_vec(), StreamError::NoMessage),
        (cbor, b"\x42ab".to_vec(), StreamError::NoMessage),
        (cbor, b"\xff".to_vec(), StreamError::NoCbor),
        (cbor, b"\x81\xff".to_vec(), StreamError::NoCbor),
        (cbor, b"\x81\x1c".to_vec(), StreamError::NoCbor),
        (cbor, b"\x81\x1f".to_vec(), StreamError::NoCbor),
        (cbor, b"\x81\xdf".to_vec(), StreamError::NoCbor),
        (cbor, b"\x81\x81\x81\x81\x81\x81\x01".to_vec(), StreamError::TooDeep),
        (cbor, [0x9f; 6].to_vec(), StreamError::TooDeep),
        (cbor, b"\x81\x59\x04\x00".to_vec(), StreamError::TooLarge),
        (cbor, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), StreamError::TooLarge),
        (cbor, b"\x81\xbb\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), StreamError::TooLarge),
        (cbor, [&[0x9f][..], &[0; 1000]].concat(), StreamError::TooLarge),
        (cbor, [0xc1; 1001].to_vec(), StreamError::TooLarge),
        (cbor, b"\x82\x41a\xd8\x19\x00".to_vec(), StreamError::References),
        (cbor, b"\xd9\x01\x00\x82\x41a\x00".to_vec(), StreamError::References),
        (cbor, b"\x82\x41a\xd8\x1c\x00".to_vec(), StreamError::References),
        (cbor, b"\x82\x41a\xd8\x1d\x00".to_vec(), StreamError::References),
    ] {
        for chunk in [1, 3, 4096] {
            assert_eq!(read(framing, &octets, chunk), Err(error.clone()), "{octets:02x?}");
        }
    }
}

#[test]
fn what_has_an_end_and_no_sense_is_malformed() {
    for text in ["[}", "[nan]", "[1,]", "[\"\\x\"]", "[\"\u{1}\"]", "[1}", "[\"b\",inf]"] {
        let error = read(Framing::Json, text.as_bytes(), 1).unwrap_err();
        assert!(matches!(error, StreamError::Malformed(_)), "{text}: {error:?}");
    }
    assert!(matches!(read(Framing::Json, b"[\"\xff\"]", 9).unwrap_err(), StreamError::Malformed(_)));
    for octets in [&b"\x81\xf8\x20"[..], b"\x82\x41a\x61\xff", b"\x82\x41a\xbf\x01\xff", b"\x82\x41a\x5f\x01\xff"] {
        let error = read(Framing::Cbor, octets, 1).unwrap_err();
        assert!(matches!(error, StreamError::Malformed(_)), "{octets:02x?}: {error:?}");
    }
    let many = [&[0x98, 100][..], &[0; 100]].concat();
    assert!(matches!(read(Framing::Cbor, &many, 9).unwrap_err(), StreamError::Malformed(_)));
}

#[test]
fn an_item_is_one_item() {
    assert_eq!(cbor::item(b"\x80", &limits()), Ok(Value::Array(Vec::new())));
    assert!(cbor::item(b"\x80\x80", &limits()).is_err());
}

#[test]
fn a_message_of_the_largest_size_is_read() {
    let text = format!("[\"\",\"{}\"]", "x".repeat(993));
    assert_eq!(text.len(), 1000);
    for chunk in [1, 999, 1000, 4096] {
        assert_eq!(read(Framing::Json, text.repeat(2).as_bytes(), chunk).map(|all| all.len()), Ok(2));
    }
    assert_eq!(read(Framing::Json, text.replace("x\"", "xx\"").as_bytes(), 7), Err(StreamError::TooLarge));
}

#[test]
fn blanks_between_json_texts_take_no_memory() {
    let blanks = " \n\t\r".repeat(1000);
    let text = format!("{blanks}[\"a\"]{blanks}[\"a\" , [ ] ]{blanks}");
    assert_eq!(read(Framing::Json, text.as_bytes(), 7).map(|all| all.len()), Ok(2));
}

#[test]
fn texts_in_json_may_have_brackets_and_quotes() {
    let all = read(Framing::Json, br#"["a","]\"[\\"]["b"]"#, 1).unwrap();
    assert_eq!(all[0].message.0, [Value::from(r#"]"[\"#)]);
    assert_eq!(all.len(), 2);
}

#[test]
fn what_perl_cannot_read_is_refused_at_the_sender() {
    let key = |key: Value| Value::Map(vec![(key, 1.into())]);
    let nested = |levels| (1..levels).fold(Value::Array(Vec::new()), |inner, _| Value::Array(vec![inner]));
    for framing in [Framing::Cbor, Framing::Json] {
        for (value, error) in [
            (f64::NAN.into(), EncodeError::NotFinite),
            (f64::INFINITY.into(), EncodeError::NotFinite),
            (key(f64::NEG_INFINITY.into()), EncodeError::NotFinite),
            ((1i128 << 64).into(), EncodeError::IntegerTooLarge),
            ((i128::from(i64::MIN) - 1).into(), EncodeError::IntegerTooLarge),
            (key(Value::Null), EncodeError::Key),
            (key(Value::Array(Vec::new())), EncodeError::Key),
            (nested(5), EncodeError::TooDeep),
            (key(1.into()), EncodeError::TooDeep),
        ] {
            let value = if error == EncodeError::TooDeep {
                Value::Array(vec![Value::Array(vec![Value::Array(vec![Value::Array(vec![value])])])])
            } else {
                value
            };
            assert_eq!(written(framing, std::slice::from_ref(&value)), Err(error), "{value:?}");
        }
        for value in [i128::from(u64::MAX).into(), i128::from(i64::MIN).into(), nested(4)] {
            assert!(written(framing, &[value]).is_ok());
        }
    }
}

#[test]
fn octets_become_the_characters_of_their_numbers_in_json() {
    let key = Value::Map(vec![(Bytes::from(b"\xe9").into(), Value::Null)]);
    assert_eq!(written(Framing::Json, &[key]).unwrap(), "[\"\",{\"é\":null}]".as_bytes());
    let written = written(Framing::Json, &[Bytes::from(b"a\xe9\xff").into(), "é".into()]).unwrap();
    assert_eq!(String::from_utf8(written.clone()).unwrap(), r#"["","aéÿ","é"]"#);
    let message = read(Framing::Json, &written, 99).unwrap().remove(0).message;
    let (octets, text) = message.into_typed_loosely::<(Bytes, String)>().unwrap();
    assert_eq!((&octets[..], text.as_str()), (&b"a\xe9\xff"[..], "é"));
}

#[test]
fn names_are_octets_in_cbor_unless_they_have_other_characters() {
    let mut out = Vec::new();
    for name in ["b", "é"] {
        encode(Framing::Cbor, &name.parse().unwrap(), &Message::default(), &limits(), &mut out).unwrap();
    }
    assert_eq!(out, b"\x81\x41b\x81\x62\xc3\xa9");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(messages in proptest::collection::vec(elements(), 1..4), chunk in 1_usize..300) {
        for framing in [Framing::Cbor, Framing::Json] {
            let mut octets = Vec::new();
            for message in &messages {
                let port = "b".parse().unwrap();
                encode(framing, &port, &Message(message.clone()), &Limits::default(), &mut octets).unwrap();
            }
            let read = read_within(&Limits::default(), framing, &octets, chunk).unwrap();
            let read: Vec<_> = read.into_iter().map(|received| received.message.0).collect();
            prop_assert_eq!(&read, &messages.iter().map(|message| canonical(framing, message)).collect::<Vec<_>>());
        }
    }
}
