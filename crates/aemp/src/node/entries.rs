//! The entries of the database that a node owns, known to all its threads: one too many is refused where it is made.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Mutex,
};

use aemp_proto::directory::DatabaseError;

use super::shared::lock;

/// What a node itself says about itself in the database.
const OF_THE_NODE: usize = 2;

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryName {
    pub(crate) family: String,
    pub(crate) key: String,
}

impl EntryName {
    pub(crate) fn new(family: &str, key: impl Into<String>) -> Self {
        Self { family: family.to_owned(), key: key.into() }
    }
}

/// The entries of a node, those included that the loop is yet to set.
#[derive(Debug)]
pub(crate) struct Entries {
    limit: usize,
    all: Mutex<BTreeMap<EntryName, Place>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    is_set: bool,
    /// Values that the loop is yet to set.
    awaited: u32,
}

impl Entries {
    pub(crate) const fn new(max_entries: usize) -> Self {
        Self { limit: max_entries.saturating_sub(OF_THE_NODE), all: Mutex::new(BTreeMap::new()) }
    }

    /// Keeps room for an entry that will be set.
    pub(crate) fn expect(&self, name: &EntryName) -> Result<(), DatabaseError> {
        let mut all = lock(&self.all);
        let is_full = all.len() >= self.limit;
        match all.entry(name.clone()) {
            Entry::Vacant(_) if is_full => Err(DatabaseError::TooManyEntries { limit: self.limit }),
            place => {
                place.or_default().awaited += 1;
                Ok(())
            }
        }
    }

    /// An entry was set, for which room was kept.
    pub(super) fn is_set(&self, name: &EntryName) {
        let mut all = lock(&self.all);
        let place = all.entry(name.clone()).or_default();
        *place = Place { is_set: true, awaited: place.awaited.saturating_sub(1) };
    }

    /// An entry was removed.
    pub(super) fn is_removed(&self, name: &EntryName) {
        let mut all = lock(&self.all);
        if let Some(place) = all.get_mut(name) {
            place.is_set = false;
            if place.awaited == 0 {
                all.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(key: &str) -> EntryName {
        EntryName::new("f", key)
    }

    #[test]
    fn what_is_awaited_takes_room_and_what_is_there_may_change() {
        let entries = Entries::new(OF_THE_NODE + 2);
        assert_eq!(entries.expect(&name("a")), Ok(()));
        assert_eq!(entries.expect(&name("b")), Ok(()));
        assert_eq!(entries.expect(&name("c")), Err(DatabaseError::TooManyEntries { limit: 2 }));
        entries.is_set(&name("a"));
        assert_eq!(entries.expect(&name("a")), Ok(()));
    }

    #[test]
    fn a_removal_makes_room_unless_the_entry_is_to_be_set_again() {
        let entries = Entries::new(OF_THE_NODE + 1);
        entries.expect(&name("a")).unwrap();
        entries.is_set(&name("a"));
        entries.expect(&name("a")).unwrap();
        entries.is_removed(&name("a"));
        assert!(entries.expect(&name("b")).is_err());
        entries.is_set(&name("a"));
        entries.is_removed(&name("a"));
        assert_eq!(entries.expect(&name("b")), Ok(()));
    }
}
