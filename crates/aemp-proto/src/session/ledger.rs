//! How many messages each port of the peer took, as far as this side can tell.

use std::ops::RangeInclusive;

use rustc_hash::FxHashMap;

use crate::id::PortName;

use super::{
    Session,
    interned::Interned,
    unsent::{Kept, Unsent, subject},
};

/// The accounts of a session that is over, and what it had not got across.
#[derive(Debug)]
pub(crate) struct Ledger {
    interned: Interned,
    in_doubt: FxHashMap<PortName, InDoubt>,
    /// Acknowledged frames that prove nothing.
    unproved: u64,
    pub(crate) lost: Vec<Unsent>,
}

/// Messages that are not acknowledged.
#[derive(Clone, Copy, Debug, Default)]
struct InDoubt {
    count: u64,
    /// How many of them were never given out.
    never_given: u64,
}

impl Ledger {
    pub(super) fn new(interned: Interned, unproved: u64, lost: Vec<Unsent>) -> Self {
        let mut in_doubt: FxHashMap<PortName, InDoubt> = FxHashMap::default();
        for unsent in lost.iter().filter(|unsent| unsent.what != Kept::Kill) {
            in_doubt.entry(unsent.to.clone()).or_default().add(unsent.given);
        }
        Self { interned, in_doubt, unproved, lost }
    }

    /// How many messages to a name were delivered: at least, and at most; `None` if they were not counted.
    pub(crate) fn delivered(&self, name: &PortName) -> Option<RangeInclusive<u64>> {
        let in_doubt = self.in_doubt.get(name).copied().unwrap_or_default();
        in_doubt.range(self.unproved, self.interned.counts(name))
    }
}

impl InDoubt {
    fn add(&mut self, given: bool) {
        self.count = self.count.saturating_add(1);
        self.never_given = self.never_given.saturating_add(u64::from(!given));
    }

    fn range(self, unproved: u64, (sent, told): (Option<u64>, Option<u64>)) -> Option<RangeInclusive<u64>> {
        match told {
            Some(exactly) => Some(exactly..=exactly),
            None => sent.map(|sent| {
                let least = sent.saturating_sub(self.count).saturating_sub(unproved);
                least..=sent.saturating_sub(self.never_given)
            }),
        }
    }
}

impl Session {
    /// The peer says how many messages a port took that takes no more.
    pub(crate) fn told_delivered(&mut self, name: &PortName, delivered: u64) {
        self.interned.told(name, delivered);
    }

    /// The same while the session goes on, for some names. It looks through all that is not acknowledged, once.
    pub(crate) fn delivered_so_far(&self, names: &[PortName]) -> Vec<Option<RangeInclusive<u64>>> {
        let mut in_doubt: FxHashMap<&PortName, InDoubt> = names.iter().map(|name| (name, InDoubt::default())).collect();
        // All of them may yet be delivered.
        let mut add = |to: &PortName| {
            if let Some(in_doubt) = in_doubt.get_mut(to) {
                in_doubt.add(true);
            }
        };
        for (_, frame) in self.outbox.unacknowledged() {
            if let Some((to, Kept::Message | Kept::Call(_), _)) = subject(frame, &self.interned) {
                add(&to);
            }
        }
        self.completed.iter().filter(|(.., frame)| frame.is_message()).for_each(|(_, to, _)| add(to));
        for name in names {
            self.lanes.frames(name).filter(|frame| frame.is_message()).for_each(|_| add(name));
        }
        let range =
            |name| in_doubt.get(name).copied().unwrap_or_default().range(self.unproved(), self.interned.counts(name));
        names.iter().map(range).collect()
    }

    /// How many acknowledged frames prove nothing yet.
    pub(super) fn unproved(&self) -> u64 {
        self.proved.unproved(self.acknowledged(), self.received)
    }
}

/// What acknowledgements prove: a dead port's messages are acknowledged too, so an acknowledged message was taken only if
/// no notice of its port's death is on its way.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Proved {
    /// What was acknowledged up to this number was taken, but for what notices say that have arrived.
    number: u64,
    /// The latest acknowledgement, and the number of the last notice that was made before it.
    latest: (u64, u64),
}

impl Proved {
    /// The peer acknowledges everything up to `number`, after it made the notice that has this number of its own frames;
    /// this side has received so many.
    pub(crate) fn acknowledged(&mut self, number: u64, notice: u64, received: u64) {
        self.notices_arrived(received);
        self.latest = (number, notice);
        self.notices_arrived(received);
    }

    fn notices_arrived(&mut self, received: u64) {
        if self.latest.1 <= received {
            self.number = self.number.max(self.latest.0);
        }
    }

    /// How many acknowledged frames prove nothing yet.
    fn unproved(mut self, acknowledged: u64, received: u64) -> u64 {
        self.notices_arrived(received);
        acknowledged.saturating_sub(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_proves_something_when_the_notices_before_it_have_arrived() {
        let mut proved = Proved::default();
        proved.acknowledged(5, 0, 0);
        assert_eq!(proved.unproved(5, 0), 0);
        // A port died, and dropped what came next; the notice, frame 3 of the peer, is on its way.
        proved.acknowledged(9, 3, 2);
        assert_eq!((proved.unproved(9, 2), proved.unproved(9, 3)), (4, 0));
        proved.acknowledged(12, 4, 3);
        assert_eq!((proved.unproved(12, 3), proved.unproved(12, 4)), (3, 0));
    }
}
