//! How messages evolve, and what receivers forgive.

use serde::Deserialize;

use super::*;
use crate::reason::{Reason, ReasonCode};

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Request {
    Stop,
    Get(Option<u8>),
    Add(u64),
    Move(i32, #[serde(default)] i32),
    Set { value: Option<u64> },
}

#[track_caller]
fn reads<M: DeserializeOwned + PartialEq + Debug>(text: &str, message: M) {
    let dynamic: Message = from_json(text).unwrap();
    assert_eq!(from_cbor::<M>(&to_cbor(&dynamic)).as_ref(), Ok(&message), "CBOR");
    assert_eq!(from_json::<M>(text), Ok(message), "JSON");
}

#[test]
fn elements_that_nobody_wants_are_ignored() {
    reads(r#"["stop",1,[2]]"#, Request::Stop);
    reads(r#"["add",1,2]"#, Request::Add(1));
    reads("[1,2,3]", (1, 2));
    reads("[[1,2,3],4]", ((1, 2), 4));
    reads("[1]", ());
}

#[test]
fn elements_with_a_default_may_be_missing() {
    reads(r#"["move",1]"#, Request::Move(1, 0));
    reads(r#"["get"]"#, Request::Get(None));
    reads(r#"["set"]"#, Request::Set { value: None });
    reads("[]", None::<u8>);
}

#[test]
fn a_missing_element_is_named() {
    let missing = |element| Err(DecodeError::new(element, DecodeFault::Missing));
    assert_eq!(from_cbor::<Request>(b""), missing(0).map(|()| Request::Stop));
    assert_eq!(from_cbor::<Request>(b"\x63add"), missing(1).map(|()| Request::Stop));
    assert_eq!(from_json::<u8>("[]"), missing(0).map(|()| 0));
}

#[test]
fn an_element_of_another_form_is_named() {
    let error = from_cbor::<(u8, u8)>(b"\x01\x61x").unwrap_err();
    assert_eq!(error.element(), 1);
    assert!(matches!(error.fault(), DecodeFault::Mismatch(_)), "{error}");
    assert_eq!(from_json::<(u8, u8)>(r#"[1,"x"]"#).unwrap_err().element(), 1);
}

#[test]
fn octets_that_are_utf_8_are_texts() {
    assert_eq!(from_cbor::<Request>(b"\x43add\x05"), Ok(Request::Add(5)));
    assert_eq!(from_cbor::<(String, char)>(b"\x42hi\x41c"), Ok(("hi".to_owned(), 'c')));
    assert_eq!(from_cbor::<Request>(b"\x43set\xa1\x45value\x07"), Ok(Request::Set { value: Some(7) }));
    assert_eq!(from_cbor::<((), Vec<Request>)>(b"\xf6\x81\xa1\x43add\x01").unwrap().1, [Request::Add(1)]);
    assert_eq!(from_cbor::<((), Request)>(b"\xf6\x44stop").unwrap().1, Request::Stop);
    assert!(from_cbor::<String>(b"\x41\xff").is_err());
    assert_eq!(cbor::tag(b"\x43add\x05"), Some("add"));
    assert_eq!(cbor::split_tag(b"\x63add\x05"), Some(("add", &b"\x05"[..])));
    assert_eq!(cbor::tag(b"\x05"), None);
    assert_eq!(cbor::tag(b"\x63ad"), None);
}

#[test]
fn a_variant_is_a_map_of_one_entry() {
    for octets in [&b"\xf6\xa0"[..], b"\xf6\xa2\x63add\x01\x63add\x02", b"\xf6\xbf\x63add\x01\x63add\x02\xff"] {
        assert_eq!(from_cbor::<((), Request)>(octets).unwrap_err().element(), 1, "{octets:02x?}");
    }
    assert_eq!(from_cbor::<((), Request)>(b"\xf6\xbf\x63add\x01\xff").unwrap().1, Request::Add(1));
    assert!(from_json::<((), Request)>(r#"[null,{"add":1,"get":2}]"#).is_err());
}

#[test]
fn octets_are_read_from_texts_and_numbers() {
    reads(r#"["hi"]"#, Bytes::from(b"hi"));
    reads("[[1,255]]", Bytes::from(b"\x01\xff"));
    assert!(from_json::<Bytes>("[[256]]").is_err());
    survives(&Bytes::from(b"\xff\xfe"));
}

#[test]
fn whole_floating_point_numbers_are_integers() {
    reads("[1.0,-3e2]", (1u8, -300i16));
    assert!(from_cbor::<u8>(&to_cbor(&1.5f64)).is_err());
    assert!(from_cbor::<u8>(&to_cbor(&256.0f64)).is_err());
    assert!(from_cbor::<i128>(&to_cbor(&1e30f64)).is_err());
    reads("[1]", 1.0f64);
}

#[test]
fn all_well_formed_cbor_is_read() {
    let array = |items: &[i32]| Value::Array(items.iter().copied().map(Value::from).collect());
    for (octets, value) in [
        (&b"\x9f\x01\x02\xff"[..], array(&[1, 2])),
        (b"\xbf\x61a\x01\xff", Value::Map(vec![("a".into(), 1.into())])),
        (b"\x7f\x61a\x61b\xff", "ab".into()),
        (b"\x5f\x41a\x41b\xff", Bytes::from(b"ab").into()),
        (b"\xc1\xd8\x20\x01", 1.into()),
        (b"\xf7", Value::Null),
        (b"\xf9\x3e\x00", 1.5.into()),
        (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", (-(1i128 << 64)).into()),
        (b"\x18\x01", 1.into()),
    ] {
        assert_eq!(from_cbor::<Value>(octets), Ok(value), "{octets:02x?}");
    }
}

#[test]
fn large_octets_share_a_frame_that_can_be_shared() {
    let frame = bytes::Bytes::from(to_cbor(&("data", Bytes::from(vec![7; 5000]))));
    let read = |body: &Body<'_>| cbor::decode::<(String, Bytes)>(body, &Limits::default()).unwrap().1;
    let within = |octets: &[u8]| frame.as_ptr_range().contains(&octets.as_ptr());
    assert!(within(&read(&Body::Shared(frame.clone()))));
    assert!(!within(&read(&Body::Borrowed(&frame))));
    let small = bytes::Bytes::from(to_cbor(&Bytes::from(b"abc")));
    let copied: Bytes = cbor::decode(&Body::Shared(small.clone()), &Limits::default()).unwrap();
    assert!(!small.as_ptr_range().contains(&copied.as_ptr()));
}

#[test]
fn every_list_is_a_reason() {
    let read = |octets: &[u8]| Reason::decode(octets, &Limits::default()).unwrap();
    assert_eq!(read(b"\x49node_down\x44gone"), Reason::new(ReasonCode::NodeDown, "gone"));
    assert_eq!(read(b"\x07\x81\x01"), Reason::new("7", "[1]"));
    assert_eq!(read(b""), Reason::normal());
    let mut out = Vec::new();
    Reason::new("mine", "text").encode(&mut out).unwrap();
    assert_eq!(read(&out), Reason::new("mine", "text"));
}

#[test]
fn values_print_like_json() {
    let value = Value::Map(vec![("a\"\n".into(), vec![1.5, f64::NAN].into()), (1.into(), Bytes::from(b"\xff").into())]);
    assert_eq!(value.to_string(), r#"{"a\"\n":[1.5,NaN],1:b"\xff"}"#);
}
