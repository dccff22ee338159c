//! Families as typed content.

use std::{collections::BTreeMap, fmt::Display};

use aemp_proto::{
    directory::{self, check_name},
    message::DecodeError,
    value::{Value, from_value_loosely},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use super::Change;

/// Nothing can be in a family whose name is too long.
#[track_caller]
pub(crate) fn check_family(name: &str) {
    if let Err(error) = check_name(name) {
        panic!("{error}");
    }
}

/// All of a family.
pub(super) struct Family<T>(pub(super) BTreeMap<String, T>);

/// The values of a family.
pub(super) struct Values<T>(pub(super) Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Family<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let content = BTreeMap::<String, Value>::deserialize(deserializer)?;
        let typed = content.into_iter().map(|(key, value)| match from_value_loosely(value) {
            Ok(value) => Ok((key, value)),
            Err(error) => Err(D::Error::custom(format!("the value of {key:?}: {}", fault(&error)))),
        });
        typed.collect::<Result<_, _>>().map(Self)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<Value>::deserialize(deserializer)?;
        let typed =
            values.into_iter().map(|value| from_value_loosely(value).map_err(|error| D::Error::custom(fault(&error))));
        typed.collect::<Result<_, _>>().map(Self)
    }
}

fn fault(error: &DecodeError) -> impl Display {
    error.fault().clone()
}

/// The first change of a watch is all that its family has. What is unreadable follows it.
pub(super) fn read_family<T: DeserializeOwned>(content: impl IntoIterator<Item = (String, Value)>) -> Vec<Change<T>> {
    let mut readable = BTreeMap::new();
    let mut unreadable = Vec::new();
    for (key, value) in content {
        match read_entry(key, value, |key, value| (key, value)) {
            Ok((key, value)) => drop(readable.insert(key, value)),
            Err(change) => unreadable.push(change),
        }
    }
    let mut changes = vec![Change::Initial(readable)];
    changes.append(&mut unreadable);
    changes
}

/// What a watch is told, typed.
pub(crate) fn read<T: DeserializeOwned>(is_initial: bool, change: directory::Change) -> Vec<Change<T>> {
    if is_initial {
        return read_family(change.added);
    }
    let added = change.added.into_iter().map(|(key, value)| Change::added(key, value));
    let changed = change.changed.into_iter().map(|(key, value)| Change::changed(key, value));
    let removed = change.removed.into_iter().map(|key| Change::Removed { key });
    added.chain(changed).chain(removed).collect()
}

/// An entry as the type, or the change that tells that it is not.
pub(super) fn read_entry<T: DeserializeOwned, R>(
    key: String,
    value: Value,
    make: impl FnOnce(String, T) -> R,
) -> Result<R, Change<T>> {
    match from_value_loosely(value.clone()) {
        Ok(typed) => Ok(make(key, typed)),
        Err(error) => Err(Change::Unreadable { key, value, error: fault(&error).to_string() }),
    }
}
