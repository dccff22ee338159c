//! What stands under a key.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{clock::Stamp, name::Name};
use crate::{
    limits::Limits,
    message::{DecodeError, EncodeError, cbor},
    value::{Bytes, Value},
};

/// The largest encoded value, in octets: every global node keeps all of them, and one has to fit into a message.
pub const MAX_VALUE: usize = 64 << 10;

/// Levels of a message that a value stands in, at most: with so many less it can be told in any of them.
pub(super) const AROUND: usize = 3;

/// A value as it stands on the wire: one CBOR item that can be decoded. Cheap to clone, and ordered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
pub(crate) struct Encoded(Arc<[u8]>);

/// Why something is no value for the database.
#[derive(Debug, Error)]
pub(crate) enum ValueError {
    #[error("a value in the database has at most {MAX_VALUE} octets when it is encoded, not {0}")]
    TooLarge(usize),
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    #[error(transparent)]
    Unencodable(#[from] EncodeError),
}

impl Encoded {
    pub(crate) fn of(value: &Value) -> Result<Self, ValueError> {
        let mut octets = Vec::new();
        // As the one field of a tuple: on its own, nothing would be no element at all.
        cbor::encode(&(value,), &mut octets)?;
        Self::parse(&octets)
    }

    fn parse(octets: &[u8]) -> Result<Self, ValueError> {
        if octets.len() > MAX_VALUE {
            return Err(ValueError::TooLarge(octets.len()));
        }
        let limits = Limits::default();
        let max_depth = limits.max_depth.saturating_sub(AROUND);
        cbor::item(octets, &Limits { max_depth, ..limits })?;
        Ok(Self(octets.into()))
    }

    pub(crate) fn value(&self) -> Value {
        cbor::item(&self.0, &Limits::default()).unwrap_or(Value::Null)
    }

    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }
}

impl TryFrom<Bytes> for Encoded {
    type Error = ValueError;

    fn try_from(octets: Bytes) -> Result<Self, ValueError> {
        Self::parse(&octets)
    }
}

impl From<Encoded> for Bytes {
    fn from(encoded: Encoded) -> Self {
        Self::copy_from_slice(&encoded.0)
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

/// A value, and when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    pub(crate) value: Encoded,
}

/// Changes of one family in the part of one owner, as they are told to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changes {
    pub(crate) family: Name,
    /// Keys with what they have from now on.
    pub(crate) set: Vec<(Name, Stamp, Encoded)>,
    /// Keys that the owner does not have any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) removed: Vec<Name>,
}

impl Changes {
    pub(crate) const fn none(family: Name) -> Self {
        Self { family, set: Vec::new(), removed: Vec::new() }
    }

    pub(crate) fn set(family: Name, key: Name, entry: Entry) -> Self {
        Self { set: vec![(key, entry.stamp, entry.value)], ..Self::none(family) }
    }

    pub(crate) fn remove(family: Name, key: Name) -> Self {
        Self { removed: vec![key], ..Self::none(family) }
    }
}
