//! What watchers are told.

use super::{entry::Encoded, name::Name, union::Content};
use crate::value::Value;

/// A change in a family. The first one of a watch is all that the family has, as `added`; it comes even if that is nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Keys that are new, and their values.
    pub added: Vec<(String, Value)>,
    /// Keys that have other values than before.
    pub changed: Vec<(String, Value)>,
    /// Keys that are gone.
    pub removed: Vec<String>,
}

impl Change {
    /// Whether nothing is different.
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    pub(super) fn initial(content: &Content) -> Self {
        let added = content.iter().map(|(key, value)| (key.as_str().to_owned(), value.value()));
        Self { added: added.collect(), ..Self::default() }
    }

    /// What is different, if anything is.
    pub(super) fn between(old: &Content, new: &Content) -> Option<Self> {
        let mut change = Self::default();
        for (key, value) in new {
            change.note(key, old.get(key), Some(value));
        }
        for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            change.note(key, Some(value), None);
        }
        (!change.is_empty()).then_some(change)
    }

    /// Notes that a key had something before, and has something now.
    pub(super) fn note(&mut self, key: &Name, before: Option<&Encoded>, after: Option<&Encoded>) {
        let name = || key.as_str().to_owned();
        match (before, after) {
            (None, Some(value)) => self.added.push((name(), value.value())),
            (Some(before), Some(after)) if before != after => self.changed.push((name(), after.value())),
            (Some(_), None) => self.removed.push(name()),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}
