mod differential;
mod hostile;
mod mapping;
mod properties;
mod tolerance;

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use super::{DecodeError, DecodeFault, EncodeError, Message, cbor, json};
use crate::{
    kernel::Body,
    limits::Limits,
    value::{Bytes, Value},
};

fn to_cbor<M: Serialize>(message: &M) -> Vec<u8> {
    let mut out = Vec::new();
    cbor::encode(message, &mut out).unwrap();
    out
}

fn to_json<M: Serialize>(message: &M) -> String {
    let mut out = Vec::new();
    json::encode(message, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn from_cbor<M: DeserializeOwned>(octets: &[u8]) -> Result<M, DecodeError> {
    cbor::decode(&Body::Borrowed(octets), &Limits::default())
}

fn from_json<M: DeserializeOwned>(text: &str) -> Result<M, DecodeError> {
    json::decode(text.as_bytes(), &Limits::default())
}

/// The message survives both formats and the dynamic form, on every way between them.
#[track_caller]
fn survives<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: &M) {
    let (octets, text) = (to_cbor(message), to_json(message));
    assert_eq!(from_cbor::<M>(&octets).as_ref(), Ok(message), "CBOR {octets:02x?}");
    assert_eq!(from_json::<M>(&text).as_ref(), Ok(message), "JSON {text}");
    let dynamic: Message = from_cbor(&octets).unwrap();
    assert_eq!(dynamic, Message::from_typed(message).unwrap());
    assert_eq!(from_cbor::<M>(&to_cbor(&dynamic)).as_ref(), Ok(message));
    assert_eq!(dynamic.into_typed::<M>().as_ref(), Ok(message));
}
