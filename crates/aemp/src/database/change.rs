//! What a watch on a family tells.

use std::collections::BTreeMap;

use aemp_proto::value::Value;
use serde::de::DeserializeOwned;

use super::family::read_entry;

/// What a watch on a family tells: first all of it, then what changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change<T> {
    /// All that the family has: the first change of every watch, even if that is nothing.
    Initial(BTreeMap<String, T>),
    /// A key is new.
    Added {
        /// The key.
        key: String,
        /// Its value.
        value: T,
    },
    /// A key has another value.
    Changed {
        /// The key.
        key: String,
        /// Its value from now on.
        value: T,
    },
    /// A key is gone.
    Removed {
        /// The key.
        key: String,
    },
    /// A key is new or has another value, and that is not of the type: whoever set it means another one.
    Unreadable {
        /// The key.
        key: String,
        /// Its value.
        value: Value,
        /// What is wrong with it.
        error: String,
    },
}

impl<T: DeserializeOwned> Change<T> {
    pub(super) fn added(key: String, value: Value) -> Self {
        read_entry(key, value, |key, value| Self::Added { key, value }).unwrap_or_else(|unreadable| unreadable)
    }

    pub(super) fn changed(key: String, value: Value) -> Self {
        read_entry(key, value, |key, value| Self::Changed { key, value }).unwrap_or_else(|unreadable| unreadable)
    }
}
