//! What one node owns.

use std::collections::{BTreeMap, btree_map};

use super::{
    entry::{Changes, Entry},
    name::Name,
};

/// The entries of one owner, by family and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part(BTreeMap<(Name, Name), Entry>);

impl Part {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, family: &Name, key: &Name) -> Option<&Entry> {
        self.0.get(&(family.clone(), key.clone()))
    }

    /// How many entries it would have after these changes, at most.
    pub(crate) fn len_with(&self, changes: &[Changes]) -> usize {
        let set: usize = changes.iter().map(|changes| changes.set.len()).sum();
        self.len().saturating_add(set)
    }

    pub(crate) fn apply(&mut self, changes: &[Changes]) {
        for Changes { family, set, removed } in changes {
            for (key, stamp, value) in set {
                let entry = Entry { stamp: *stamp, value: value.clone() };
                self.0.insert((family.clone(), key.clone()), entry);
            }
            for key in removed {
                self.0.remove(&(family.clone(), key.clone()));
            }
        }
    }

    /// What makes `old` into this part; from nothing, all of it.
    pub(crate) fn since(&self, old: Option<&Self>) -> Vec<Changes> {
        let mut changes = Grouped::default();
        for ((family, key), entry) in &self.0 {
            if old.and_then(|old| old.get(family, key)) != Some(entry) {
                changes.of(family).set.push((key.clone(), entry.stamp, entry.value.clone()));
            }
        }
        for (family, key) in old.into_iter().flat_map(|old| old.0.keys()) {
            if self.get(family, key).is_none() {
                changes.of(family).removed.push(key.clone());
            }
        }
        changes.0.into_values().collect()
    }
}

#[derive(Default)]
struct Grouped(BTreeMap<Name, Changes>);

impl Grouped {
    fn of(&mut self, family: &Name) -> &mut Changes {
        match self.0.entry(family.clone()) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(new) => new.insert(Changes::none(family.clone())),
        }
    }
}
