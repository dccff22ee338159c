//! Messages in CBOR (RFC 8949): the elements one after another, without a head around them.
//!
//! Encoding is deterministic for types that know their lengths: shortest heads, definite lengths, floating-point
//! numbers in the width of their type. Decoding takes all well-formed CBOR; tags are skipped, undefined is null.
//! The other simple values have no meaning here and are refused.
//!
//! Heads are read and written here, not by a crate, because every message passes here and it halves the instructions of
//! decoding a small one. A test compares both with `minicbor`. The serde layer is our own, because spreading over elements,
//! counting them and taking octets for texts are rules of this protocol.

mod compound;
mod half;
mod input;
mod items;
mod major;
mod reader;
mod writer;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use self::{
    input::{Head, Input},
    reader::Reader,
    writer::Writer,
};
use super::{DecodeError, DecodeFault, EncodeError, gather::Gather, spread::Spread};
use crate::{
    kernel::Body,
    limits::Limits,
    value::{Value, share_frame},
};

/// Appends the elements of `message` to `out`; after an error `out` is as it was.
///
/// # Errors
///
/// What the type itself refuses, and integers of more than 64 bits and a sign.
pub fn encode<M: Serialize + ?Sized>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let before = out.len();
    message.serialize(Spread(&mut Writer::new(out))).inspect_err(|_| out.truncate(before))
}

/// Reads a message. All of `body` is checked, also the elements that the type does not want.
///
/// # Errors
///
/// `body` is malformed or cut off, exceeds [`Limits::max_depth`] or [`Limits::max_elements`], or does not have the
/// form of the type.
pub fn decode<M: DeserializeOwned>(body: &Body<'_>, limits: &Limits) -> Result<M, DecodeError> {
    let (octets, _shared) = match body {
        Body::Borrowed(octets) => (*octets, None),
        Body::Shared(frame) => (&**frame, Some(share_frame(frame))),
        Body::Values(message) => return message.clone().into_typed_loosely(),
    };
    Gather::new(Reader::new(octets, limits)).message()
}

/// The value of `octets`, which are one item and no more.
pub(crate) fn item(octets: &[u8], limits: &Limits) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(octets, limits);
    let value = Value::deserialize(&mut reader)?;
    if reader.octets_left() == 0 {
        return Ok(value);
    }
    Err(DecodeFault::Malformed("there is more than one item".into()).into())
}

/// The first element, if it is a text or octets that are UTF-8.
pub fn tag(octets: &[u8]) -> Option<&str> {
    split_tag(octets).map(|(tag, _)| tag)
}

/// The first element, if it is a text or octets that are UTF-8, and the octets of the other elements.
pub fn split_tag(octets: &[u8]) -> Option<(&str, &[u8])> {
    let mut input = Input::new(octets);
    let tag = match input.head().ok()? {
        Head::Text(Some(length)) | Head::Octets(Some(length)) => std::str::from_utf8(input.take(length).ok()?).ok()?,
        _ => return None,
    };
    Some((tag, input.octets()))
}
