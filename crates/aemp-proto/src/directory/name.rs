//! Names of families and keys.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{NodeId, PortNumber};

/// The longest name, in octets: any node ID is a key.
pub const MAX_NAME: usize = 512;

/// The name of a family or of a key: any text of at most [`MAX_NAME`] octets. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Name(Arc<str>);

/// A text is too long for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a name in the database has at most {MAX_NAME} octets")]
pub(crate) struct NameTooLong;

impl Name {
    pub(crate) fn new(text: &str) -> Result<Self, NameTooLong> {
        if text.len() > MAX_NAME { Err(NameTooLong) } else { Ok(Self(text.into())) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a node: no node ID is longer than a name may be.
    pub(super) fn of(node: &NodeId) -> Self {
        Self(node.as_str().into())
    }

    /// How a query is called.
    pub(super) fn of_number(number: PortNumber) -> Self {
        Self(number.to_bits().to_string().into())
    }

    /// A name that this crate spells out.
    pub(super) fn fixed(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl TryFrom<String> for Name {
    type Error = NameTooLong;

    fn try_from(text: String) -> Result<Self, NameTooLong> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
