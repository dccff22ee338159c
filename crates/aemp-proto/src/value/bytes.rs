//! Octets in messages, which share the received frame where they can.

use std::{cell::RefCell, fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::lent::offering;

/// Shorter octets are copied: a few of them shall not keep a large frame in memory.
const SHARED_FROM: usize = 1024;
/// What is reserved for a sequence of octets before the first of them is seen.
const MAX_RESERVE: usize = 4096;

thread_local! {
    /// The frame that this thread decodes, if it can be shared.
    static FRAME: RefCell<Option<bytes::Bytes>> = const { RefCell::new(None) };
}

/// Octets: one byte string on the wire. Cheap to clone.
///
/// Octets of at least 1 KiB that are decoded from a frame which was put together from pieces share its
/// memory: the frame stays in memory as long as they do. Octets too long to be sent in one piece are shared with the
/// network until the other node has them. It decodes from a byte string, a text or a
/// sequence of numbers; JSON has texts and sequences only.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(bytes::Bytes);

impl Bytes {
    /// The octets in memory of their own.
    pub fn copy_from_slice(octets: &[u8]) -> Self {
        Self(bytes::Bytes::copy_from_slice(octets))
    }

    /// Octets that may stand in the frame that is being decoded.
    pub(super) fn received(octets: &[u8]) -> Self {
        if octets.len() < SHARED_FROM {
            return Self::copy_from_slice(octets);
        }
        FRAME.with_borrow(|frame| match frame {
            Some(frame) if stands_in(octets, frame) => Self(frame.slice_ref(octets)),
            _ => Self::copy_from_slice(octets),
        })
    }
}

fn stands_in(octets: &[u8], frame: &[u8]) -> bool {
    let (part, whole) = (octets.as_ptr_range(), frame.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// Lets octets that this thread decodes share `frame`, until the guard is dropped.
pub(crate) fn share_frame(frame: &bytes::Bytes) -> FrameGuard {
    FrameGuard(FRAME.replace(Some(frame.clone())))
}

/// Brings the frame back that was decoded before: a message can be decoded while another one is.
#[must_use]
pub(crate) struct FrameGuard(Option<bytes::Bytes>);

impl Drop for FrameGuard {
    fn drop(&mut self) {
        FRAME.set(self.0.take());
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets.into())
    }
}

impl From<&[u8]> for Bytes {
    fn from(octets: &[u8]) -> Self {
        Self::copy_from_slice(octets)
    }
}

impl<const N: usize> From<&[u8; N]> for Bytes {
    fn from(octets: &[u8; N]) -> Self {
        Self::copy_from_slice(octets)
    }
}

impl From<bytes::Bytes> for Bytes {
    fn from(octets: bytes::Bytes) -> Self {
        Self(octets)
    }
}

impl From<Bytes> for bytes::Bytes {
    fn from(octets: Bytes) -> Self {
        octets.0
    }
}

impl From<Bytes> for Vec<u8> {
    fn from(octets: Bytes) -> Self {
        octets.0.into()
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        offering(&self.0, || serializer.serialize_bytes(self))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("octets")
    }

    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes::received(octets))
    }

    fn visit_byte_buf<E: de::Error>(self, octets: Vec<u8>) -> Result<Bytes, E> {
        Ok(octets.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
        Ok(Bytes::received(text.as_bytes()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Bytes, E> {
        Ok(text.into_bytes().into())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
        let mut octets = Vec::with_capacity(seq.size_hint().unwrap_or_default().min(MAX_RESERVE));
        while let Some(octet) = seq.next_element()? {
            octets.push(octet);
        }
        Ok(octets.into())
    }
}
