//! Machines that sleep.

use super::{queue::Happening, world::World};

impl World {
    /// The machine of a node sleeps: its clock goes on, its processes do not. Where drivers tell how long they were away it
    /// may sleep for any time, also while its processes miss a connection, and nothing is lost by that.
    pub(super) fn suspend(&mut self, node: usize, length: u64) {
        if !self.swarm.tells_absence || self.random.chance(500) {
            return self.step_clock(node, length);
        }
        let Some(process) = self.running(node) else { return };
        let wires = &self.runtimes[process.0].wires;
        if !wires.is_empty() {
            let (_, wire, _) = wires[self.random.index(wires.len())];
            self.cut_both(wire);
        }
        let at = self.now + self.random.below(6 * self.swarm.slowest());
        let step = self.random.between(length, 3 * self.swarm.session_timeout());
        self.queue.plan(at, Happening::Suspended { node, step });
    }
}
