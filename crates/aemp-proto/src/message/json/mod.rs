//! Messages in JSON: one array text with the elements.
//!
//! JSON has no octets: those that are UTF-8 become a text, others an array of numbers, and [`super::Bytes`] reads
//! both. Keys of maps that are numbers or truth values become texts, and are read back where the type wants them.
//! What JSON cannot express is refused: not-a-number, infinities and integers that no 64-bit type holds.

mod write;

use std::fmt;

use serde::{
    Serialize,
    de::{DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor},
};

use super::{DecodeError, DecodeFault, EncodeError, Message};
use crate::{
    limits::Limits,
    value::{Budget, Element, Value},
};

/// Appends `message` to `out` as one array; after an error `out` is as it was.
///
/// # Errors
///
/// What the type itself refuses, and what JSON cannot express.
pub fn encode<M: Serialize + ?Sized>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let before = out.len();
    let elements = Message::from_typed(message)?.0;
    write::array(&elements, out).inspect_err(|_| out.truncate(before))
}

/// Reads a message: `text` is one array and no more.
///
/// # Errors
///
/// `text` is not a JSON array, exceeds [`Limits::max_depth`] (or 127 levels) or [`Limits::max_elements`], or does not
/// have the form of the type.
pub fn decode<M: DeserializeOwned>(text: &[u8], limits: &Limits) -> Result<M, DecodeError> {
    let mut taken = 0;
    let budget = Budget::new(limits);
    let elements = Elements { element: Element { budget: &budget, depth: limits.max_depth }, taken: &mut taken };
    match read(text, elements) {
        Ok(elements) => Message(elements).into_typed(),
        Err(error) => Err(DecodeError::new(taken, budget.fault().unwrap_or_else(|| fault(&error)))),
    }
}

/// One value as a JSON text.
///
/// # Errors
///
/// What JSON cannot express.
///
/// ```
/// use aemp_proto::{limits::Limits, message::json};
///
/// let value = json::parse(r#"{"a": [1, null]}"#, &Limits::default()).unwrap();
/// assert_eq!(json::to_text(&value).unwrap(), r#"{"a":[1,null]}"#);
/// ```
pub fn to_text(value: &Value) -> Result<String, EncodeError> {
    let mut out = Vec::new();
    write::value(value, &mut out)?;
    Ok(String::from_utf8(out).unwrap_or_default())
}

/// The value of a JSON text.
///
/// # Errors
///
/// `text` is not JSON, or exceeds [`Limits::max_depth`] (or 127 levels) or [`Limits::max_elements`].
pub fn parse(text: &str, limits: &Limits) -> Result<Value, DecodeError> {
    let budget = Budget::new(limits);
    read(text.as_bytes(), Element { budget: &budget, depth: limits.max_depth })
        .map_err(|error| budget.fault().unwrap_or_else(|| fault(&error)).into())
}

fn read<'de, S: DeserializeSeed<'de>>(text: &'de [u8], seed: S) -> serde_json::Result<S::Value> {
    let mut input = serde_json::Deserializer::from_slice(text);
    let value = seed.deserialize(&mut input)?;
    input.end()?;
    Ok(value)
}

fn fault(error: &serde_json::Error) -> DecodeFault {
    match error.classify() {
        serde_json::error::Category::Eof => DecodeFault::Truncated,
        serde_json::error::Category::Data => DecodeFault::Mismatch(error.to_string().into()),
        _ => DecodeFault::Malformed(error.to_string().into()),
    }
}

/// Reads the elements of a message and counts them.
struct Elements<'b> {
    element: Element<'b>,
    taken: &'b mut usize,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array with the elements of a message")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Value>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(self.element)? {
            elements.push(element);
            *self.taken = elements.len();
        }
        Ok(elements)
    }
}
