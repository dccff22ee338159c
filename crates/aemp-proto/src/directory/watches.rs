//! Families that programs of this node watch.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Refusal, entry::Encoded, name::Name, union::Content};
use crate::planted::{Bug, planted};

/// A watch on a family of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseWatch(u64);

/// A family, its watches, and what they were told.
#[derive(Clone, Debug, Default)]
struct Watched {
    watches: BTreeSet<DatabaseWatch>,
    /// Nothing until the content was told once.
    told: Option<Kept>,
    /// Content that has not yet arrived in full.
    arriving: Kept,
}

/// Content, and how many octets it has.
#[derive(Clone, Debug, Default)]
struct Kept {
    content: Content,
    octets: usize,
}

impl Kept {
    /// Gives what the key had before.
    fn put(&mut self, key: &Name, value: Option<Encoded>) -> Option<Encoded> {
        let weight = |value: Option<&Encoded>| value.map_or(0, |value| key.as_str().len().saturating_add(value.size()));
        let added = weight(value.as_ref());
        let before = match value {
            Some(value) => self.content.insert(key.clone(), value),
            None => self.content.remove(key),
        };
        self.octets = self.octets.saturating_add(added).saturating_sub(weight(before.as_ref()));
        before
    }
}

impl From<Content> for Kept {
    fn from(content: Content) -> Self {
        let mut kept = Self::default();
        content.into_iter().for_each(|(key, value)| drop(kept.put(&key, Some(value))));
        kept
    }
}

/// All watches of this node, and what they are still to be told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watches {
    families: BTreeMap<Name, Watched>,
    by_watch: BTreeMap<DatabaseWatch, Name>,
    made: u64,
    notices: Vec<(DatabaseWatch, Change)>,
}

impl Watches {
    /// A new watch; true if it is the first of its family. It is told what the others know already.
    pub(crate) fn add(&mut self, family: Name) -> (DatabaseWatch, bool) {
        self.made = self.made.saturating_add(1);
        let watch = DatabaseWatch(self.made);
        self.by_watch.insert(watch, family.clone());
        let watched = self.families.entry(family).or_default();
        watched.watches.insert(watch);
        if let Some(told) = &watched.told {
            let mut change = Change::initial(&told.content);
            if planted(Bug::LaterWatchIncomplete) {
                change.added.pop();
            }
            self.notices.push((watch, change));
        }
        (watch, watched.watches.len() == 1)
    }

    /// Ends a watch: it is told nothing more. Gives its family if it was the last.
    pub(crate) fn end(&mut self, watch: DatabaseWatch) -> Option<Name> {
        let family = self.by_watch.remove(&watch)?;
        self.notices.retain(|(other, _)| *other != watch);
        let watched = self.families.get_mut(&family)?;
        if !planted(Bug::EndedWatchTold) || watched.watches.len() == 1 {
            watched.watches.remove(&watch);
        }
        if !watched.watches.is_empty() {
            return None;
        }
        self.families.remove(&family);
        Some(family)
    }

    pub(crate) fn families(&self) -> impl Iterator<Item = &Name> {
        self.families.keys()
    }

    /// What watches are still to be told.
    pub(crate) fn take_notices(&mut self) -> Vec<(DatabaseWatch, Change)> {
        std::mem::take(&mut self.notices)
    }

    /// Part of the content of a family, of which more may follow before it counts. If what came before has more than `most`
    /// octets, nothing of it counts.
    pub(crate) fn arrive(
        &mut self,
        family: &Name,
        piece: Vec<(Name, Encoded)>,
        is_last: bool,
        most: usize,
    ) -> Result<(), Refusal> {
        let Some(watched) = self.families.get_mut(family) else { return Ok(()) };
        let is_too_much = watched.arriving.octets > most;
        if !is_too_much {
            piece.into_iter().for_each(|(key, value)| drop(watched.arriving.put(&key, Some(value))));
        }
        let arrived = if is_last { std::mem::take(&mut watched.arriving) } else { Kept::default() };
        if is_too_much {
            return Err(Refusal::FamilyTooLarge { limit: most });
        }
        if is_last {
            self.tell_content(family, arrived.content);
        }
        Ok(())
    }

    /// Content that has arrived in part will not go on.
    pub(crate) fn forget_arriving(&mut self) {
        self.families.values_mut().for_each(|watched| watched.arriving = Kept::default());
    }

    /// This is all that a family has: told as the first content, or as what is new about it.
    pub(crate) fn tell_content(&mut self, family: &Name, content: Content) {
        let Some(watched) = self.families.get_mut(family) else { return };
        let change = match &watched.told {
            Some(_) if planted(Bug::ContentAlwaysNew) => Some(Change::initial(&content)),
            None => Some(Change::initial(&content)),
            Some(old) => Change::between(&old.content, &content),
        };
        watched.told = Some(content.into());
        for watch in change.iter().flat_map(|_| &watched.watches) {
            self.notices.extend(change.clone().map(|change| (*watch, change)));
        }
    }

    /// The master says that this changes in a family. If that has more than `most` octets already, nothing is set.
    pub(crate) fn hear_changes(
        &mut self,
        family: &Name,
        set: Vec<(Name, Encoded)>,
        removed: &[Name],
        most: usize,
    ) -> Result<(), Refusal> {
        let told = self.families.get(family).and_then(|watched| watched.told.as_ref());
        if !set.is_empty() && told.is_some_and(|told| told.octets > most) {
            return Err(Refusal::FamilyTooLarge { limit: most });
        }
        self.tell_changes(family, set, removed);
        Ok(())
    }

    /// This changes in a family whose content was told.
    pub(crate) fn tell_changes(&mut self, family: &Name, set: Vec<(Name, Encoded)>, removed: &[Name]) {
        let Some(watched) = self.families.get_mut(family) else { return };
        let Some(told) = &mut watched.told else { return };
        let mut change = Change::default();
        for (key, value) in set {
            let before = told.put(&key, Some(value.clone()));
            let before = before.as_ref().filter(|_| !planted(Bug::ChangedAsAdded));
            change.note(&key, before, Some(&value));
        }
        for key in removed {
            let before = told.put(key, None);
            change.note(key, before.as_ref(), None);
        }
        if !change.is_empty() {
            self.notices.extend(watched.watches.iter().map(|watch| (*watch, change.clone())));
        }
    }
}
