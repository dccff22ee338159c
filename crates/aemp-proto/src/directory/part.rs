//! What one node owns.

use std::collections::{BTreeMap, btree_map};

use super::{
    Refusal,
    entry::{Changes, Entry},
    name::Name,
};
use crate::{id::NodeId, limits::Limits};

/// How much a part holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) entries: usize,
    /// Octets of names and values.
    pub(crate) octets: usize,
}

/// The entries of one owner, by family and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    entries: BTreeMap<(Name, Name), Entry>,
    octets: usize,
}

impl Part {
    pub(crate) fn size(&self) -> Size {
        Size { entries: self.entries.len(), octets: self.octets }
    }

    pub(crate) fn get(&self, family: &Name, key: &Name) -> Option<&Entry> {
        self.entries.get(&(family.clone(), key.clone()))
    }

    /// Its size after these changes. A key may be named more than once: what it has at last counts.
    pub(crate) fn size_with(&self, changes: &[Changes]) -> Size {
        let mut last = BTreeMap::new();
        for Changes { family, set, removed } in changes {
            last.extend(set.iter().map(|(key, _, value)| ((family, key), Some(value.size()))));
            last.extend(removed.iter().map(|key| ((family, key), None)));
        }
        let mut size = self.size();
        for ((family, key), value) in last {
            let gone = self.get(family, key).map(|entry| entry.value.size());
            let octets = |value: Option<usize>| value.map_or(0, |value| weight(family, key, value));
            let entries = |value: Option<usize>| usize::from(value.is_some());
            size.entries = size.entries.saturating_add(entries(value)).saturating_sub(entries(gone));
            size.octets = size.octets.saturating_add(octets(value)).saturating_sub(octets(gone));
        }
        size
    }

    /// Whether its owner may have what these changes make of it.
    pub(super) fn check(&self, owner: &NodeId, changes: &[Changes], limits: &Limits) -> Result<(), Refusal> {
        let (size, owner) = (self.size_with(changes), owner.clone());
        if size.entries > limits.max_entries {
            Err(Refusal::TooManyEntries { owner, limit: limits.max_entries })
        } else if size.octets > limits.max_owned {
            Err(Refusal::TooLarge { owner, limit: limits.max_owned })
        } else {
            Ok(())
        }
    }

    pub(crate) fn apply(&mut self, changes: &[Changes]) {
        for Changes { family, set, removed } in changes {
            for (key, stamp, value) in set {
                self.put(family, key, Some(Entry { stamp: *stamp, value: value.clone() }));
            }
            for key in removed {
                self.put(family, key, None);
            }
        }
    }

    fn put(&mut self, family: &Name, key: &Name, entry: Option<Entry>) {
        let place = (family.clone(), key.clone());
        let added = entry.as_ref().map_or(0, |entry| weight(family, key, entry.value.size()));
        let before = match entry {
            Some(entry) => self.entries.insert(place, entry),
            None => self.entries.remove(&place),
        };
        let gone = before.map_or(0, |before| weight(family, key, before.value.size()));
        self.octets = self.octets.saturating_add(added).saturating_sub(gone);
    }

    /// What makes `old` into this part; from nothing, all of it.
    pub(crate) fn since(&self, old: Option<&Self>) -> Vec<Changes> {
        let mut changes = Grouped::default();
        for ((family, key), entry) in &self.entries {
            if old.and_then(|old| old.get(family, key)) != Some(entry) {
                changes.of(family).set.push((key.clone(), entry.stamp, entry.value.clone()));
            }
        }
        for (family, key) in old.into_iter().flat_map(|old| old.entries.keys()) {
            if self.get(family, key).is_none() {
                changes.of(family).removed.push(key.clone());
            }
        }
        changes.0.into_values().collect()
    }
}

fn weight(family: &Name, key: &Name, value: usize) -> usize {
    family.as_str().len().saturating_add(key.as_str().len()).saturating_add(value)
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
