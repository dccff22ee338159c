//! Messages and values in both codecs: what is read is written and read again as the same.

use aemp_proto::{
    kernel::Body,
    limits::Limits,
    message::{Message, cbor, json},
};

pub(crate) fn read_cbor(octets: &[u8]) {
    let limits = Limits::default();
    let _ = cbor::tag(octets);
    // A type that wants something else reads past all that it does not want.
    let _ = cbor::decode::<(String, Option<u64>, Vec<i8>)>(&Body::Borrowed(octets), &limits);
    let Ok(message) = cbor::decode::<Message>(&Body::Borrowed(octets), &limits) else { return };
    let mut written = Vec::new();
    cbor::encode(&message, &mut written).expect("what was read can be written");
    let again: Message = cbor::decode(&Body::Borrowed(&written), &limits).expect("what was written can be read");
    let mut twice = Vec::new();
    cbor::encode(&again, &mut twice).expect("what was read can be written");
    assert_eq!(written, twice, "one message has one form");
}

pub(crate) fn read_json(octets: &[u8]) {
    let limits = Limits::default();
    let _ = json::decode::<(String, Option<u64>, Vec<i8>)>(octets, &limits);
    let Ok(message) = json::decode::<Message>(octets, &limits) else { return };
    let mut written = Vec::new();
    json::encode(&message, &mut written).expect("what was read can be written");
    let again: Message = json::decode(&written, &limits).expect("what was written can be read");
    let mut twice = Vec::new();
    json::encode(&again, &mut twice).expect("what was read can be written");
    assert_eq!(written, twice, "one message has one form");
}

pub(crate) fn cbor_seeds() -> Vec<Vec<u8>> {
    vec![
        b"\x63add\x18\x2a\x39\x01\x00\xfb\x3f\xf8\0\0\0\0\0\0\xf9\x3c\x00".to_vec(),
        b"\x82\x01\x9f\x02\xff\xa2\x61k\x61v\xbf\x01\xf5\xff\xf6\xf7\x5f\x41a\x41b\xff\xc1\x1a\0\0\0\x01".to_vec(),
    ]
}

pub(crate) fn json_seeds() -> Vec<Vec<u8>> {
    [
        r#"["add",42,-257,1.5e300,null,true,[1,[2]],{"k":"v","":{}}]"#,
        r#"["h\u00e9\ud83d\ude00\n\"",18446744073709551615,0.1]"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
