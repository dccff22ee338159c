//! What all parts have together: for each key, what counts.

use std::collections::BTreeMap;

use super::{
    entry::{Changes, Encoded, Entry},
    name::Name,
    rivals::Rivals,
};
use crate::{
    id::NodeId,
    planted::{Bug, planted},
};

/// Keys and what they have.
pub(crate) type Content = BTreeMap<Name, Encoded>;

/// The entries of all owners, one for each owner of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Union {
    families: BTreeMap<Name, BTreeMap<Name, Rivals>>,
    /// What keys had before they changed, since somebody asked.
    changed: Changed,
}

/// Families, and for their keys that changed what they had before.
pub(crate) type Changed = BTreeMap<Name, BTreeMap<Name, Option<Encoded>>>;

impl Union {
    /// Which value a key has.
    pub(crate) fn get(&self, family: &Name, key: &Name) -> Option<&Encoded> {
        self.families.get(family)?.get(key)?.winner()
    }

    /// All that a family has.
    pub(crate) fn content(&self, family: &Name) -> Content {
        let keys = self.families.get(family).into_iter().flatten();
        keys.filter_map(|(key, rivals)| Some((key.clone(), rivals.winner()?.clone()))).collect()
    }

    pub(crate) fn families(&self) -> impl Iterator<Item = &Name> {
        self.families.keys()
    }

    /// The keys of a family.
    pub(crate) fn keys(&self, family: &str) -> impl Iterator<Item = &Name> {
        self.families.get(family).into_iter().flat_map(BTreeMap::keys)
    }

    /// Applies changes of an owner's part.
    pub(crate) fn apply(&mut self, owner: &NodeId, changes: &[Changes]) {
        for Changes { family, set, removed } in changes {
            for (key, stamp, value) in set {
                self.put(owner, family, key, Some(Entry { stamp: *stamp, value: value.clone() }));
            }
            for key in removed {
                self.put(owner, family, key, None);
            }
        }
    }

    fn put(&mut self, owner: &NodeId, family: &Name, key: &Name, entry: Option<Entry>) {
        let before = self.get(family, key).cloned();
        let keys = self.families.entry(family.clone()).or_default();
        let rivals = keys.entry(key.clone()).or_default();
        if planted(Bug::LastArrivalCounts) {
            *rivals = Rivals::None;
        }
        match entry {
            Some(entry) => rivals.set(owner, entry),
            None => rivals.remove(owner),
        }
        let after = rivals.winner();
        if before.as_ref() != after {
            let changed = self.changed.entry(family.clone()).or_default();
            changed.entry(key.clone()).or_insert(before);
        }
        if rivals.is_empty() {
            keys.remove(key);
        }
        if keys.is_empty() {
            self.families.remove(family);
        }
    }

    /// What changed since this was asked last. A key may have again what it had.
    pub(crate) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    pub(crate) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }
}
