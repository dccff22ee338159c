//! Reasons on the wire.
//!
//! A reason is a list of values: none for a normal end, else the code, the text and the details. Other kinds of
//! nodes put any values there, so every list is a reason.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Reason, ReasonCode};
use crate::{
    kernel::Body,
    limits::Limits,
    message::{DecodeError, EncodeError, Message, cbor},
    value::Value,
};

impl Reason {
    /// Appends the reason's values to `out`, in CBOR.
    ///
    /// # Errors
    ///
    /// The details hold an integer that CBOR does not have; `out` is as it was.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        cbor::encode(self, out)
    }

    /// Reads a reason from values in CBOR.
    ///
    /// # Errors
    ///
    /// The octets are not CBOR, or exceed the limits.
    pub fn decode(octets: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        if octets.is_empty() {
            return Ok(Self::normal());
        }
        cbor::decode(&Body::Borrowed(octets), limits)
    }

    /// The reason that a list of values stands for.
    pub fn from_values(values: Vec<Value>) -> Self {
        let mut values = values.into_iter();
        let Some(code) = values.next() else {
            return Self::normal();
        };
        let text = values.next().map(|text| text_of(&text).into()).unwrap_or_default();
        Self::of(ReasonCode::from(text_of(&code).as_str()), text, values.collect())
    }

    /// The list of values that stands for the reason.
    pub fn to_values(&self) -> Vec<Value> {
        if self.is_normal() {
            return Vec::new();
        }
        let mut values = vec![self.code().as_str().into(), self.text().into()];
        values.extend_from_slice(self.details());
        values
    }
}

/// What is no text is printed, so that nothing of a foreign reason is lost to people.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Message(self.to_values()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Message::deserialize(deserializer).map(|message| Self::from_values(message.0))
    }
}
