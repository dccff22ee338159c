//! Which elements a type becomes.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use serde::Deserialize;

use super::*;
use crate::{
    id::PortId,
    reason::{Reason, ReasonCode},
};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Count {
    Reset,
    Add(u64),
    Move(i32, i32),
    Set { value: u64, why: Option<String> },
    Nested(Box<Self>),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Wrapped(Count);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Nothing;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Pair(u8, String);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Point {
    x: f64,
    #[serde(flatten)]
    more: BTreeMap<String, u8>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Untagged {
    Nothing,
    Number(u64),
    Text(String),
    Two(u64, String),
    Fields { a: u8 },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "type")]
enum Internal {
    A { x: u8 },
    B,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(u8, u8),
    B,
    C { x: Vec<u8> },
}

/// `text` shows the elements as JSON; CBOR has the same elements.
#[track_caller]
fn is<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: M, text: &str) {
    assert_eq!(to_json(&message), text);
    assert_eq!(Value::Array(from_cbor::<Message>(&to_cbor(&message)).unwrap().0).to_string(), text);
    survives(&message);
}

#[test]
fn an_enum_is_its_tag_and_its_fields() {
    is(Count::Reset, r#"["reset"]"#);
    is(Count::Add(5), r#"["add",5]"#);
    is(Count::Move(1, -2), r#"["move",1,-2]"#);
    is(Count::Set { value: 1, why: None }, r#"["set",{"value":1,"why":null}]"#);
}

#[test]
fn an_enum_within_an_element_has_the_form_of_serde() {
    is(Count::Nested(Box::new(Count::Reset)), r#"["nested","reset"]"#);
    is(Count::Nested(Box::new(Count::Move(1, 2))), r#"["nested",{"move":[1,2]}]"#);
    is((Count::Add(1), Count::Set { value: 1, why: None }), r#"[{"add":1},{"set":{"value":1,"why":null}}]"#);
}

#[test]
fn a_tuple_is_its_fields() {
    is((1, "two".to_owned(), (3, 4)), r#"[1,"two",[3,4]]"#);
    is(Pair(1, "b".into()), r#"[1,"b"]"#);
}

#[test]
fn unit_is_no_element() {
    is((), "[]");
    is(Nothing, "[]");
    is(((), Nothing), "[null,null]");
}

#[test]
fn a_newtype_is_what_is_in_it() {
    is(Wrapped(Count::Add(5)), r#"["add",5]"#);
}

#[test]
fn anything_else_is_one_element() {
    is(vec![1, 2], "[[1,2]]");
    is(Some(1), "[1]");
    is(None::<u8>, "[null]");
    is('x', r#"["x"]"#);
    is(u64::MAX, "[18446744073709551615]");
    is(1.5f32, "[1.5]");
    is(true, "[true]");
    survives(&(i64::MIN, i128::from(u64::MAX), u128::from(u64::MAX), i8::MIN, u16::MAX, f64::MIN_POSITIVE));
    assert_eq!(from_cbor(&to_cbor(&-(1i128 << 64))), Ok(-(1i128 << 64)));
    survives(&BTreeMap::from([(1, 2)]));
}

#[test]
fn types_that_look_first_work_as_messages_and_within() {
    is(Untagged::Nothing, "[]");
    is(Untagged::Number(1), "[1]");
    is(Untagged::Text("a".into()), r#"["a"]"#);
    is(Untagged::Two(1, "a".into()), r#"[1,"a"]"#);
    is(Untagged::Fields { a: 1 }, r#"[{"a":1}]"#);
    is((Untagged::Two(1, "a".into()), 1), r#"[[1,"a"],1]"#);
}

#[test]
fn tagged_enums_and_flattened_structs_are_one_map() {
    is(Internal::A { x: 1 }, r#"[{"type":"A","x":1}]"#);
    is((Internal::B, 1), r#"[{"type":"B"},1]"#);
    is(Adjacent::A(1, 2), r#"[{"t":"A","c":[1,2]}]"#);
    is(Adjacent::B, r#"[{"t":"B"}]"#);
    is(Adjacent::C { x: vec![1] }, r#"[{"t":"C","c":{"x":[1]}}]"#);
    is(Point { x: 1.5, more: BTreeMap::from([("y".into(), 1)]) }, r#"[{"x":1.5,"y":1}]"#);
}

#[test]
fn names_and_addresses_are_texts_in_both_formats() {
    is(IpAddr::from(Ipv4Addr::LOCALHOST), r#"["127.0.0.1"]"#);
    is("a@h:1#b".parse::<PortId>().unwrap(), r#"["a@h:1#b"]"#);
}

#[test]
fn the_dynamic_message_spreads_on_top_and_is_an_array_within() {
    is(Message(vec![1.into(), "a".into()]), r#"[1,"a"]"#);
    is(("t".to_owned(), Message(vec![1.into()])), r#"["t",[1]]"#);
}

#[test]
fn a_reason_is_a_list_that_is_empty_for_a_normal_end() {
    is(Reason::normal(), "[]");
    is(Reason::new(ReasonCode::Panic, "boom").with_details(vec![7.into()]), r#"["panic","boom",7]"#);
    is(("gone".to_owned(), Reason::normal()), r#"["gone",[]]"#);
}

#[test]
fn cbor_is_as_short_as_the_types_allow() {
    assert_eq!(to_cbor(&("add", 5u64)), b"\x63add\x05");
    assert_eq!(to_cbor(&(500u64, -1i64, 1.5f32, 1.5f64)), b"\x19\x01\xf4\x20\xfa\x3f\xc0\0\0\xfb\x3f\xf8\0\0\0\0\0\0");
    assert_eq!(to_cbor(&Bytes::from(b"\xff\0")), b"\x42\xff\0");
}

#[test]
fn what_a_format_cannot_express_is_refused_and_leaves_no_trace() {
    let mut out = b"before".to_vec();
    assert_eq!(cbor::encode(&("a", u128::MAX), &mut out), Err(EncodeError::IntegerTooLarge));
    assert_eq!(cbor::encode(&("a", i128::from(u64::MAX) + 1), &mut out), Err(EncodeError::IntegerTooLarge));
    assert_eq!(json::encode(&("a", f64::NAN), &mut out), Err(EncodeError::NotFinite));
    assert_eq!(json::encode(&("a", -(1i128 << 64)), &mut out), Err(EncodeError::IntegerTooLarge));
    assert_eq!(json::encode(&BTreeMap::from([(vec![1], 1)]), &mut out), Err(EncodeError::Key));
    assert_eq!(out, b"before");
}

#[test]
fn a_type_that_announces_a_wrong_length_is_refused() {
    struct Liar(usize);
    impl Serialize for Liar {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut seq = serializer.serialize_seq(Some(self.0))?;
            seq.serialize_element(&1)?;
            seq.end()
        }
    }
    assert_eq!(cbor::encode(&Liar(0), &mut Vec::new()), Err(EncodeError::WrongLength));
    assert_eq!(cbor::encode(&Liar(2), &mut Vec::new()), Err(EncodeError::WrongLength));
    assert_eq!(cbor::encode(&Liar(1), &mut Vec::new()), Ok(()));
}
