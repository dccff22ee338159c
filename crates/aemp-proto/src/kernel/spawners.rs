//! Which spawned ports have been made here, so that a name whose spawn is still on its way is not taken for dead.

use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::id::{Origin, PortKind, PortName, PortNumber};

use super::{Kernel, arena::Key};

/// How many spawners are remembered.
const MAX_SPAWNERS: usize = 4_096;
/// How many numbers before the last may still come: those of threads that were faster than others.
const MAX_MISSED: u64 = 256;

/// The incarnations that spawned ports here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spawners {
    by_origin: FxHashMap<Origin, Spawner>,
    oldest_first: VecDeque<Origin>,
}

/// An incarnation counts its spawns, and its sessions keep their order.
#[derive(Clone, Debug, Default)]
struct Spawner {
    /// The greatest number so far.
    last: u64,
    /// Recent numbers before it that did not come: most are of ports elsewhere.
    missed: BTreeSet<u64>,
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Spawners {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { by_origin, oldest_first } = self;
        view.put(oldest_first);
        view.sorted(by_origin, |view, Spawner { last, missed }| view.put(&(last, missed)));
    }
}

impl Spawner {
    fn note(&mut self, number: u64) {
        if number <= self.last {
            self.missed.remove(&number);
            return;
        }
        let since = self.last.saturating_add(1).max(number.saturating_sub(MAX_MISSED));
        self.missed.extend(since..number);
        while self.missed.len() > usize::try_from(MAX_MISSED).unwrap_or(usize::MAX) {
            self.missed.pop_first();
        }
        self.last = number;
    }

    fn has_passed(&self, number: u64) -> bool {
        number <= self.last && !self.missed.contains(&number)
    }
}

impl Spawners {
    /// A port is spawned under this name, or could not be.
    pub(crate) fn note(&mut self, name: &PortName) {
        let PortName::Native { origin, number } = *name else { return };
        if number.kind() != PortKind::Spawned {
            return;
        }
        if !self.by_origin.contains_key(&origin) {
            if self.oldest_first.len() >= MAX_SPAWNERS
                && let Some(oldest) = self.oldest_first.pop_front()
            {
                self.by_origin.remove(&oldest);
            }
            self.oldest_first.push_back(origin);
        }
        self.by_origin.entry(origin).or_default().note(count(number));
    }

    fn has_passed(&self, origin: Origin, number: PortNumber) -> bool {
        self.by_origin.get(&origin).is_some_and(|spawner| spawner.has_passed(count(number)))
    }
}

/// The n of the nth name, from 1.
fn count(number: PortNumber) -> u64 {
    (number.to_bits() >> 2).saturating_add(1)
}

impl Kernel {
    /// Whether a name that no port has may yet be given to one: the peer was faster than the spawn.
    ///
    /// What the peer has sent to it is lost and told; so nothing that it sends later may arrive.
    pub(crate) fn may_yet_live(&self, key: Key, name: &PortName) -> bool {
        let PortName::Native { origin, number } = *name else { return false };
        match number.kind() {
            PortKind::Port => self.ports.is_ahead(name),
            PortKind::Spawned => {
                let peer = self.peers.get(key).and_then(|peer| peer.session.peer).map(Origin::from);
                // A spawner's own frames do not overtake its spawn.
                peer != Some(origin) && !self.spawners.has_passed(origin, number)
            }
            PortKind::Reply | PortKind::Renamed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u64) -> PortNumber {
        PortNumber::counted(number, PortKind::Spawned).unwrap()
    }

    fn note(spawners: &mut Spawners, origin: u64, n: u64) {
        spawners.note(&PortName::Native { origin: at(origin), number: number(n) });
    }

    fn at(n: u64) -> Origin {
        let mut origin = [0; 12];
        origin[..8].copy_from_slice(&n.to_le_bytes());
        Origin(origin)
    }

    #[test]
    fn the_spawners_that_are_remembered_have_a_limit() {
        let mut spawners = Spawners::default();
        (0..MAX_SPAWNERS as u64 + 10).for_each(|n| note(&mut spawners, n, 0));
        assert_eq!((spawners.by_origin.len(), spawners.oldest_first.len()), (MAX_SPAWNERS, MAX_SPAWNERS));
    }

    #[test]
    fn what_was_spawned_has_passed_and_nothing_else_that_is_recent() {
        let mut spawners = Spawners::default();
        note(&mut spawners, 1, 7);
        note(&mut spawners, 1, 5);
        for (n, passed) in [(4, false), (5, true), (6, false), (7, true), (8, false)] {
            assert_eq!(spawners.has_passed(at(1), number(n)), passed, "{n}");
        }
        assert!(!spawners.has_passed(at(2), number(0)));
    }

    #[test]
    fn the_names_of_other_ports_do_not_count() {
        let mut spawners = Spawners::default();
        let number = PortNumber::counted(7, PortKind::Renamed).unwrap();
        spawners.note(&PortName::Native { origin: at(1), number });
        assert!(spawners.by_origin.is_empty());
    }

    #[test]
    fn the_numbers_that_may_still_come_have_a_limit() {
        let mut spawners = Spawners::default();
        for n in [0, 1_000, u64::MAX >> 3] {
            note(&mut spawners, 1, n);
        }
        assert_eq!(spawners.by_origin[&at(1)].missed.len() as u64, MAX_MISSED);
        assert!(spawners.has_passed(at(1), number(999)));
        assert!(!spawners.has_passed(at(1), number((u64::MAX >> 3) - 1)));
    }
}
