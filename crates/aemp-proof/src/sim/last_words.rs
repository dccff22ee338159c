//! What a process says just before it dies, and what is read late.

use super::{census::Counted, queue::Happening, story::Clock, swarm::MILLI, world::World};

impl World {
    /// A process connects anew. As soon as it has said its first words on that connection, it crashes.
    pub(super) fn doom(&mut self, node: usize, other: usize) {
        let Some(process) = self.running(node) else { return };
        let present: Vec<usize> = (0..self.wires.len())
            .filter(|wire| self.wires[*wire].is_open() && self.wires[*wire].is_between(node, other))
            .collect();
        for wire in present {
            self.cut_both(wire);
        }
        let wire = self.connect(process, other, None);
        self.wires[wire].is_doomed = true;
    }

    /// The process that dialled has said its first words: it crashes, and they are on their way until its successor is known
    /// and cut off for a moment.
    pub(super) fn speak_and_crash(&mut self, wire: usize) {
        let [node, other] = self.wires[wire].nodes;
        if self.listening[node] != self.wires[wire].ends[0].process || self.now >= self.calm_from {
            return;
        }
        let patience = self.swarm.handshake();
        let read_at = self.now + self.random.between(patience / 3, patience * 9 / 10);
        let (now, restart_at) = (self.now, self.now + self.random.spread(10 * MILLI, 200 * MILLI));
        self.story.tell(now, || format!("connection {wire} holds its last words up until {}", Clock(read_at)));
        self.wires[wire].flows[0].blocked_until = read_at;
        self.crash(node, restart_at, false);
        self.queue.plan(restart_at + 1, Happening::Introduce { node, other });
        self.queue.plan(read_at, Happening::Cut { a: node, b: other });
    }

    /// A process shows itself to a node.
    pub(super) fn introduce(&mut self, node: usize, other: usize) {
        if let Some(process) = self.running(node) {
            self.connect(process, other, None);
        }
    }

    /// What connects two nodes breaks, but for words that are late.
    pub(super) fn cut_between(&mut self, a: usize, b: usize) {
        let present = (0..self.wires.len()).filter(|wire| {
            let wire = &self.wires[*wire];
            wire.is_open() && wire.is_between(a, b) && !wire.is_doomed
        });
        for wire in present.collect::<Vec<_>>() {
            self.cut_both(wire);
        }
    }

    /// Something is read at an end of a connection that was never read from.
    pub(super) fn first_words(&mut self, wire: usize, end: usize) {
        let speaker = self.wires[wire].ends[1 - end].process;
        if speaker.is_some_and(|process| !self.oracle.facts.is_running(process)) {
            self.census.count(Counted::Stale);
        }
    }
}
