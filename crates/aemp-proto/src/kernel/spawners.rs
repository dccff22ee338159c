//! Which spawned ports have been made here, so that a name whose spawn is still on its way is not taken for dead.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::id::{Origin, PortKind, PortName, PortNumber};

use super::{Kernel, arena::Key};

/// How many spawners are remembered.
const MAX_SPAWNERS: usize = 4_096;

/// For each incarnation that spawned ports here, the last of them: it counts its spawns, and they arrive in order.
#[derive(Debug, Default)]
pub(crate) struct Spawners {
    last: FxHashMap<Origin, PortNumber>,
    oldest_first: VecDeque<Origin>,
}

impl Spawners {
    /// A port is spawned under this name, or could not be.
    pub(crate) fn note(&mut self, name: &PortName) {
        let PortName::Native { origin, number } = *name else { return };
        if let Some(last) = self.last.get_mut(&origin) {
            *last = number.max(*last);
            return;
        }
        if self.oldest_first.len() >= MAX_SPAWNERS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.last.remove(&oldest);
        }
        self.last.insert(origin, number);
        self.oldest_first.push_back(origin);
    }

    fn has_passed(&self, origin: Origin, number: PortNumber) -> bool {
        self.last.get(&origin).is_some_and(|last| number <= *last)
    }
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

    fn name(origin: u8, number: u64) -> PortName {
        let number = PortNumber::counted(number, PortKind::Spawned).unwrap();
        PortName::Native { origin: Origin([origin; 12]), number }
    }

    #[test]
    fn the_spawners_that_are_remembered_have_a_limit() {
        let mut spawners = Spawners::default();
        for n in 0..MAX_SPAWNERS + 10 {
            let mut origin = [0; 12];
            origin[..8].copy_from_slice(&(n as u64).to_le_bytes());
            let number = PortNumber::counted(1, PortKind::Spawned).unwrap();
            spawners.note(&PortName::Native { origin: Origin(origin), number });
        }
        assert_eq!((spawners.last.len(), spawners.oldest_first.len()), (MAX_SPAWNERS, MAX_SPAWNERS));
    }

    #[test]
    fn the_last_spawn_counts() {
        let mut spawners = Spawners::default();
        spawners.note(&name(1, 7));
        spawners.note(&name(1, 5));
        let number = |number| PortNumber::counted(number, PortKind::Spawned).unwrap();
        assert!(spawners.has_passed(Origin([1; 12]), number(7)));
        assert!(!spawners.has_passed(Origin([1; 12]), number(8)));
        assert!(!spawners.has_passed(Origin([2; 12]), number(1)));
    }
}
