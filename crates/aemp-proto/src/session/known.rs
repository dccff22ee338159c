//! Names that the peer has interned: how it names ports of this node, and how many messages they took.

use std::collections::BTreeMap;

use crate::{id::PortName, kernel::LocalPort};

/// A name that the peer has interned.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) name: PortName,
    /// The port of this node that it names for sure, if any.
    pub(crate) port: Option<LocalPort>,
    /// How many messages for it were delivered, if all of them were counted.
    delivered: Option<u64>,
    /// The peer was told that nothing more is delivered.
    told_dead: bool,
}

/// What the peer has interned in a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownNames {
    entries: Vec<Known>,
    by_name: BTreeMap<PortName, u32>,
    /// A number was given to another name, or a name came without a number: names that come later may have come before.
    forgetful: bool,
    /// The number under which the last message was counted.
    last: Option<u32>,
}

#[cfg(any(test, feature = "simulation"))]
impl crate::kernel::fingerprint::Feed for KnownNames {
    fn feed<H: std::hash::Hasher>(&self, view: &mut crate::kernel::fingerprint::View<'_, H>) {
        let Self { entries, by_name: _, forgetful, last } = self; // Numbers follow from the entries.
        view.put(&(entries.len(), forgetful, last));
        for Known { name, port, delivered, told_dead } in entries {
            view.put(&(name, port, delivered, told_dead));
        }
    }
}

impl KnownNames {
    /// Remembers what the peer means by a number. False if it skips numbers or has too many.
    #[must_use]
    pub(crate) fn learn(&mut self, number: u32, name: PortName, port: Option<LocalPort>, limit: usize) -> bool {
        let at = index(number);
        let replaces = at < self.entries.len();
        if !replaces && (at > self.entries.len() || at >= limit) {
            return false;
        }
        self.forgetful |= replaces;
        let known = Known { name: name.clone(), port, delivered: (!self.forgetful).then_some(0), told_dead: false };
        match self.entries.get_mut(at) {
            Some(place) => {
                let old = std::mem::replace(place, known);
                self.by_name.remove(&old.name);
            }
            None => self.entries.push(known),
        }
        self.by_name.insert(name, number);
        true
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Known> {
        self.entries.get(index(number))
    }

    /// A message to the port with this number is being delivered.
    pub(crate) fn count(&mut self, number: u32) {
        self.last = Some(number);
        if let Some(Known { delivered: Some(delivered), .. }) = self.entries.get_mut(index(number)) {
            *delivered = delivered.saturating_add(1);
        }
    }

    /// A message to the port with this name is being delivered.
    pub(crate) fn count_name(&mut self, name: &PortName) {
        match self.by_name.get(name) {
            Some(number) => self.count(*number),
            None => (self.forgetful, self.last) = (true, None),
        }
    }

    /// The last message was not taken after all. The name that it was for, if that is interned.
    pub(crate) fn take_back_last(&mut self) -> Option<PortName> {
        let last = self.last.take().and_then(|number| self.entries.get_mut(index(number)))?;
        last.delivered = last.delivered.map(|delivered| delivered.saturating_sub(1));
        Some(last.name.clone())
    }

    /// How many messages for a name were delivered, if they were counted.
    pub(crate) fn delivered(&self, name: &PortName) -> Option<u64> {
        match self.by_name.get(name) {
            Some(number) => self.get(*number)?.delivered,
            None => (!self.forgetful).then_some(0),
        }
    }

    /// The peer is told that nothing more is delivered under a name. False if it was before, or has not interned it.
    pub(crate) fn tell_dead(&mut self, name: &PortName) -> bool {
        let known = self.by_name.get(name).and_then(|number| self.entries.get_mut(index(*number)));
        known.is_some_and(|known| !std::mem::replace(&mut known.told_dead, true))
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PortName {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_delivered_is_counted_by_name() {
        let mut known = KnownNames::default();
        assert!(known.learn(0, name("a"), None, 2));
        known.count(0);
        known.count_name(&name("a"));
        assert_eq!((known.delivered(&name("a")), known.delivered(&name("b"))), (Some(2), Some(0)));
        assert_eq!((known.take_back_last(), known.take_back_last()), (Some(name("a")), None));
        assert_eq!(known.delivered(&name("a")), Some(1));
    }

    #[test]
    fn names_that_may_have_come_before_are_not_counted() {
        let mut known = KnownNames::default();
        assert!(known.learn(0, name("a"), None, 1) && known.learn(0, name("b"), None, 1));
        known.count(0);
        assert_eq!((known.delivered(&name("a")), known.delivered(&name("b"))), (None, None));
        let mut known = KnownNames::default();
        assert!(known.learn(0, name("a"), None, 2));
        known.count(0);
        known.count_name(&name("b"));
        assert_eq!(known.take_back_last(), None);
        assert!(known.learn(1, name("b"), None, 2));
        assert_eq!((known.delivered(&name("a")), known.delivered(&name("b"))), (Some(1), None));
    }

    #[test]
    fn a_message_that_was_not_counted_cannot_be_taken_back() {
        let mut known = KnownNames::default();
        assert!(known.learn(0, name("a"), None, 1));
        known.count(0);
        known.count_name(&name("b"));
        known.take_back_last();
        assert_eq!(known.delivered(&name("a")), Some(1));
    }

    #[test]
    fn numbers_come_in_order_and_have_a_limit() {
        let mut known = KnownNames::default();
        assert!(!known.learn(1, name("a"), None, 2));
        assert!(known.learn(0, name("a"), None, 2) && known.learn(1, name("b"), None, 2));
        assert!(!known.learn(2, name("c"), None, 2));
    }

    #[test]
    fn a_death_is_told_once() {
        let mut known = KnownNames::default();
        assert!(known.learn(0, name("a"), None, 2));
        assert!(known.tell_dead(&name("a")) && !known.tell_dead(&name("a")) && !known.tell_dead(&name("b")));
    }
}
