//! Numbers for ports, each used once.

use crate::{
    id::{PortKind, PortNumber},
    planted::{Bug, planted},
};

/// A port of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalPort {
    /// Its place in tables; used again after its death.
    pub slot: u32,
    /// How often the place had been used before.
    pub generation: u32,
}

impl LocalPort {
    /// The number in the port's name.
    pub fn number(self) -> PortNumber {
        // Only `PortNumbers` makes ports, and it stops before generations are used up.
        PortNumber::new(self.slot, self.generation & PortNumber::MAX_GENERATION, PortKind::Port)
            .unwrap_or(PortNumber::from_bits(u64::MAX))
    }

    /// The port with this number, if it is the number of a port.
    pub fn of_number(number: PortNumber) -> Option<Self> {
        (number.kind() == PortKind::Port).then_some(Self { slot: number.slot(), generation: number.generation() })
    }
}

/// Hands out places for ports. A node shares it between threads behind a lock, so that the ID of a new
/// port is known at once.
#[derive(Debug, Default)]
pub struct PortNumbers {
    free: Vec<LocalPort>,
    next: u32,
}

impl PortNumbers {
    /// A port that was never given out; `None` if 2^32 ports are open or used up.
    pub fn take(&mut self) -> Option<LocalPort> {
        if let Some(port) = self.free.pop() {
            return Some(port);
        }
        let slot = self.next;
        self.next = slot.checked_add(1)?;
        Some(LocalPort { slot, generation: 0 })
    }

    /// Gives the place of a dead port back; its next port has another generation.
    pub fn give_back(&mut self, port: LocalPort) {
        if port.generation < PortNumber::MAX_GENERATION {
            let used = if planted(Bug::PortCounterRestarts) { 0 } else { 1 };
            self.free.push(LocalPort { generation: port.generation.saturating_add(used), ..port });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_out_twice() {
        let mut numbers = PortNumbers::default();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1000 {
            let port = numbers.take().unwrap();
            assert!(seen.insert(port.number()));
            numbers.give_back(port);
        }
        assert_eq!(numbers.take().unwrap().slot, 0);
    }

    #[test]
    fn a_place_is_given_up_before_its_numbers_come_again() {
        let mut numbers = PortNumbers::default();
        let port = numbers.take().unwrap();
        numbers.give_back(LocalPort { generation: PortNumber::MAX_GENERATION, ..port });
        assert_eq!(numbers.take().unwrap().slot, 1);
    }
}
