//! When something is due for whom.

use std::collections::BTreeSet;

use crate::time::Time;

use super::arena::Key;

/// Who waits for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Peer(Key),
    Connection(Key),
    Directory,
}

/// One moment for each owner that waits; the owner keeps it, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Time, Owner)>);

impl Timers {
    /// Replaces the moment that `owner` waits for.
    pub(crate) fn set(&mut self, owner: Owner, place: &mut Option<Time>, due: Option<Time>) {
        if *place == due {
            return;
        }
        if let Some(old) = place.take() {
            self.0.remove(&(old, owner));
        }
        if let Some(new) = due {
            self.0.insert((new, owner));
        }
        *place = due;
    }

    pub(crate) fn first(&self) -> Option<Time> {
        self.0.first().map(|(due, _)| *due)
    }

    /// The next owner whose moment has come; it waits for nothing until it is set again.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<Owner> {
        let first = self.0.first().copied().filter(|(due, _)| *due <= now)?;
        self.0.remove(&first);
        Some(first.1)
    }
}
