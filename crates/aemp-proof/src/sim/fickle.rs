//! Connections that break as soon as they are made, and programs that talk as soon as they are.

use super::{census::Counted, facts::Process, queue::Happening, swarm::SECOND, world::World};

impl World {
    /// One end of a connection is to read its first words. In some runs it soon sees the connection break, while what it
    /// has written meanwhile is still on its way for long.
    pub(super) fn trip(&mut self, wire: usize, end: usize) {
        if self.now >= self.calm_from || !self.random.chance(self.swarm.fickle) {
            return;
        }
        let (now, slowest) = (self.now, self.swarm.slowest());
        let flow = &mut self.wires[wire].flows[end];
        flow.blocked_until = now + self.random.between(4, 16) * slowest;
        let break_at = now + self.random.below(4 * slowest);
        self.queue.plan(break_at, Happening::Falter { wire, end });
    }

    /// An end of a young connection sees it break.
    pub(super) fn falter(&mut self, wire: usize, end: usize) {
        if !self.wires[wire].is_open() {
            return;
        }
        let ([a, b], late) = (self.wires[wire].nodes, self.wires[wire].flows[end].blocked_until);
        let now = self.now;
        self.story.tell(now, || format!("connection {wire} breaks at end {end}, which is young"));
        self.break_end(wire, end, now);
        self.disturb(a, b, late.max(now) + SECOND);
        self.census.count(Counted::Falter);
    }

    /// A session goes on, or begins: a talkative program tells its peer at once what may be lost.
    pub(super) fn connected(&mut self, process: Process, node: usize) {
        if !self.swarm.is_talkative {
            return;
        }
        let known = self.runtimes[process.0].known.iter().copied();
        let there = known.filter(|name| self.oracle.facts.port_of(*name).node == node).min();
        if let Some(name) = there {
            self.send_lossy_to(process, name);
        }
    }
}
