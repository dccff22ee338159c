//! One message: an array of the destination's name and the elements.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeSeq};

use super::{Framing, StreamError, outgoing};
use crate::{
    id::PortName,
    limits::Limits,
    message::{DecodeFault, EncodeError, Message, cbor, json},
    value::Value,
};

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The name is none that a port of this node can have, so there is no such port.
    Nowhere,
    /// A port of this name.
    Port(PortName),
}

/// A message of a base peer.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// Where it goes.
    pub destination: Destination,
    /// What it says.
    pub message: Message,
}

impl Received {
    pub(super) fn decode(framing: Framing, octets: &[u8], limits: &Limits) -> Result<Self, StreamError> {
        let value = match framing {
            Framing::Cbor => cbor::item(octets, limits)?,
            Framing::Json => json::parse(utf8(octets)?, limits)?,
        };
        let Value::Array(items) = value else { return Err(StreamError::NoMessage) };
        let mut items = items.into_iter();
        // An empty array is what some nodes send to show that they live: an empty message to the node port.
        let destination = items.next().map_or(Destination::Port(PortName::Node), |name| Destination::named(&name));
        Ok(Self { destination, message: Message(items.collect()) })
    }
}

impl Destination {
    /// Perl does not distinguish a number from its text, nor nothing from an empty text.
    pub(super) fn named(name: &Value) -> Self {
        let name = match name {
            Value::Null => Some(Cow::Borrowed("")),
            Value::Integer(number) => Some(number.to_string().into()),
            name => name.as_str().map(Cow::Borrowed),
        };
        name.and_then(|name| name.parse().ok()).map_or(Self::Nowhere, Self::Port)
    }
}

fn utf8(octets: &[u8]) -> Result<&str, StreamError> {
    std::str::from_utf8(octets)
        .map_err(|_| StreamError::Malformed(DecodeFault::Malformed("JSON has to be UTF-8".into())))
}

/// Appends a message for a base peer to `out`; after an error `out` is as it was.
///
/// # Errors
///
/// What Perl nodes cannot read: one message of that kind would block the connection for all that come behind it. That are
/// numbers that are not finite or do not fit into 64 bits, keys that are no text and no number, and too many levels.
pub fn encode(
    framing: Framing,
    destination: &PortName,
    message: &Message,
    limits: &Limits,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    outgoing::check(&message.0, limits.max_depth)?;
    let name = outgoing::name(destination);
    match framing {
        Framing::Cbor => cbor::encode(&Whole { name, message }, out),
        Framing::Json => {
            let items = std::iter::once(&name).chain(&message.0).map(outgoing::without_octets);
            json::encode(&Message(items.collect()), out)
        }
    }
}

/// A message as one array.
struct Whole<'m> {
    name: Value,
    message: &'m Message,
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.message.0.len().saturating_add(1)))?;
        items.serialize_element(&self.name)?;
        self.message.0.iter().try_for_each(|element| items.serialize_element(element))?;
        items.end()
    }
}
