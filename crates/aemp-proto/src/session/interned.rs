//! Destinations that are named by a small number, per session and direction.

use rustc_hash::FxHashMap;

use crate::id::PortName;

/// The numbers that this side has given to destinations.
#[derive(Debug, Default)]
pub(crate) struct Interned {
    numbers: FxHashMap<PortName, u32>,
    entries: Vec<Entry>,
    /// Where the next replacement is tried, once all numbers are in use.
    hand: usize,
}

#[derive(Debug)]
struct Entry {
    name: PortName,
    /// The number of the last frame that uses it.
    last_use: u64,
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
        if let Some(number) = self.numbers.get(name).copied() {
            if let Some(entry) = self.entry(number) {
                entry.last_use = use_in;
            }
            return Interning::Known(number);
        }
        let Some(number) = self.free_number(acknowledged, limit) else { return Interning::Full };
        self.numbers.insert(name.clone(), number);
        let entry = Entry { name: name.clone(), last_use: use_in };
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
        let number = u32::try_from(self.hand).ok()?;
        self.hand = self.hand.saturating_add(1);
        Some(number)
    }

    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(number).ok()?)
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
}
