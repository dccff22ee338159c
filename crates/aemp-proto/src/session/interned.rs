//! Destinations that are named by a small number, per session and direction.

use rustc_hash::FxHashMap;

use crate::id::PortName;

/// The numbers that this side has given to destinations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interned {
    numbers: FxHashMap<PortName, u32>,
    entries: Vec<Entry>,
    /// The number that was asked for last: streams go to one name.
    last: u32,
    /// Where the next replacement is tried, once all numbers are in use.
    hand: usize,
    /// A number was given to another name, or a name got none: names that get one later may have been used before.
    forgetful: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    name: PortName,
    /// The number of the last frame that uses it.
    last_use: u64,
    /// How many messages were sent to it, if all of them were counted.
    sent: Option<u64>,
    /// How many of them were delivered, as the peer says: its port is dead.
    told: Option<u64>,
}

#[cfg(any(test, feature = "simulation"))]
impl crate::kernel::fingerprint::Feed for Interned {
    fn feed<H: std::hash::Hasher>(&self, view: &mut crate::kernel::fingerprint::View<'_, H>) {
        // Names follow from numbers, and the last one saves a look; the uses decide only when all numbers are in use, which a model must not come near.
        let Self { numbers: _, entries, hand: _, last: _, forgetful } = self;
        view.put(&(entries.len(), forgetful));
        for Entry { name, last_use: _, sent, told } in entries {
            view.put(&(name, sent, told));
        }
    }
}

/// How a destination is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interning {
    /// By this number, which the peer knows.
    Known(u32),
    /// By this number, after the peer was told.
    New(u32),
    /// By its name: every number is in use by frames that the peer may still need.
    Full,
}

impl Interned {
    /// The number for `name` in the frame `use_in`; a number changes its name only when no frame needs the old one.
    pub(crate) fn number(&mut self, name: &PortName, use_in: u64, acknowledged: u64, limit: usize) -> Interning {
        let last = self.last;
        if let Some(entry) = self.entry(last)
            && entry.name == *name
        {
            entry.last_use = use_in;
            return Interning::Known(last);
        }
        if let Some(number) = self.numbers.get(name).copied() {
            self.last = number;
            if let Some(entry) = self.entry(number) {
                entry.last_use = use_in;
            }
            return Interning::Known(number);
        }
        let Some(number) = self.free_number(acknowledged, limit) else {
            self.forgetful = true;
            return Interning::Full;
        };
        self.numbers.insert(name.clone(), number);
        let sent = (!self.forgetful).then_some(0);
        let entry = Entry { name: name.clone(), last_use: use_in, sent, told: None };
        match self.entry(number) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
        Interning::New(number)
    }

    /// The number of a name, if it has one, for a frame that needs it at once or never.
    pub(crate) fn known(&self, name: &PortName) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    fn free_number(&mut self, acknowledged: u64, limit: usize) -> Option<u32> {
        if self.entries.len() < limit {
            return u32::try_from(self.entries.len()).ok();
        }
        self.hand = if self.hand < self.entries.len() { self.hand } else { 0 };
        let entry = self.entries.get(self.hand).filter(|entry| entry.last_use <= acknowledged)?;
        self.numbers.remove(&entry.name);
        self.forgetful = true;
        let number = u32::try_from(self.hand).ok()?;
        self.hand = self.hand.saturating_add(1);
        Some(number)
    }

    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(number).ok()?)
    }

    /// A message was sent to the name with this number.
    pub(crate) fn count(&mut self, number: u32) {
        if let Some(Entry { sent: Some(sent), .. }) = self.entry(number) {
            *sent = sent.saturating_add(1);
        }
    }

    /// The same by its name.
    pub(crate) fn count_name(&mut self, name: &PortName) {
        if let Some(number) = self.numbers.get(name) {
            self.count(*number);
        }
    }

    /// So many messages to a name were taken back.
    pub(crate) fn take_back(&mut self, name: &PortName, count: u64) {
        let entry = self.numbers.get(name).copied().and_then(|number| self.entry(number));
        if let Some(Entry { sent: Some(sent), .. }) = entry {
            *sent = sent.saturating_sub(count);
        }
    }

    /// The peer says that a port is dead, and how many messages it took.
    pub(crate) fn told(&mut self, name: &PortName, delivered: u64) {
        if let Some(entry) = self.numbers.get(name).copied().and_then(|number| self.entry(number)) {
            entry.told = Some(delivered);
        }
    }

    /// What is known of a name: how many messages were sent, if they were counted, and how many of them were delivered,
    /// if the peer has said so.
    pub(crate) fn counts(&self, name: &PortName) -> (Option<u64>, Option<u64>) {
        let entry = self.numbers.get(name).and_then(|number| self.entries.get(usize::try_from(*number).ok()?));
        match entry {
            Some(entry) => (entry.sent, entry.told),
            None => ((!self.forgetful).then_some(0), None),
        }
    }

    /// The name behind a number.
    pub(crate) fn name(&self, number: u32) -> Option<&PortName> {
        self.entries.get(usize::try_from(number).ok()?).map(|entry| &entry.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PortName {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_keeps_its_number() {
        let mut interned = Interned::default();
        assert_eq!(interned.number(&name("a"), 1, 0, 2), Interning::New(0));
        assert_eq!(interned.number(&name("b"), 2, 0, 2), Interning::New(1));
        assert_eq!(interned.number(&name("a"), 3, 0, 2), Interning::Known(0));
        assert_eq!(interned.name(1), Some(&name("b")));
    }

    #[test]
    fn a_number_is_replaced_only_when_no_frame_needs_it() {
        let mut interned = Interned::default();
        interned.number(&name("a"), 5, 0, 1);
        assert_eq!(interned.number(&name("b"), 6, 4, 1), Interning::Full);
        assert_eq!(interned.number(&name("b"), 6, 5, 1), Interning::New(0));
        assert_eq!(interned.number(&name("a"), 7, 5, 1), Interning::Full);
        assert_eq!(interned.name(0), Some(&name("b")));
    }

    #[test]
    fn messages_are_counted_while_every_name_has_had_its_number_from_the_beginning() {
        let mut interned = Interned::default();
        interned.number(&name("a"), 1, 0, 1);
        interned.count(0);
        interned.count_name(&name("a"));
        interned.take_back(&name("a"), 1);
        assert_eq!((interned.counts(&name("a")), interned.counts(&name("b"))), ((Some(1), None), (Some(0), None)));
        interned.told(&name("a"), 1);
        assert_eq!(interned.counts(&name("a")), (Some(1), Some(1)));
        interned.number(&name("b"), 2, 1, 1);
        interned.count(0);
        assert_eq!((interned.counts(&name("a")), interned.counts(&name("b"))), ((None, None), (None, None)));
    }
}
