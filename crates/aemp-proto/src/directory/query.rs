//! Reading a family once.

use super::{entry::Encoded, name::Name, union::Union};
use crate::{
    message::cbor,
    value::{Bytes, Value},
};

/// What is to be read of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Keys and values: a map.
    Family(String),
    /// The keys: an array.
    Keys(String),
    /// The values: an array.
    Values(String),
}

/// What of a family is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Facet {
    Family,
    Keys,
    Values,
}

impl Query {
    pub(super) fn parts(&self) -> (Facet, &str) {
        match self {
            Self::Family(family) => (Facet::Family, family),
            Self::Keys(family) => (Facet::Keys, family),
            Self::Values(family) => (Facet::Values, family),
        }
    }
}

impl Facet {
    /// The encoded answer; `None` if it has more than `most` octets.
    pub(crate) fn read(self, union: &Union, family: &Name, most: usize) -> Option<Bytes> {
        let content = union.content(family);
        let size = content.iter().map(|(key, value)| match self {
            Self::Family => super::wire::size_of_pair((key, value)),
            Self::Keys => key.as_str().len().saturating_add(3),
            Self::Values => value.size(),
        });
        if size.fold(5_usize, usize::saturating_add) > most {
            return None;
        }
        let key = |key: &Name| Value::from(key.as_str());
        let answer = match self {
            Self::Family => {
                Value::Map(content.iter().map(|(name, value): (&Name, &Encoded)| (key(name), value.value())).collect())
            }
            Self::Keys => Value::Array(content.keys().map(key).collect()),
            Self::Values => Value::Array(content.values().map(Encoded::value).collect()),
        };
        let mut octets = Vec::new();
        cbor::encode(&(answer,), &mut octets).ok()?;
        // Some forms of values are shorter than the one in which they are encoded here.
        (octets.len() <= most).then(|| octets.into())
    }
}
