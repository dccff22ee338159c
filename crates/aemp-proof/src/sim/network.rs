//! The simulated network: what happens to connections between their ends.

use aemp_proto::{
    id::{Address, NodeId},
    kernel::{ConnectionId, DialFailure, DialId},
    link::{Authenticated, Role},
    reason::Reason,
};
use bytes::Bytes;

use super::{
    census::Counted,
    facts::Process,
    process::State,
    queue::Happening,
    swarm::{MILLI, micros},
    wire::{Segment, Wire},
    world::World,
};

/// A link in one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Link {
    pub(super) delay: u64,
    pub(super) blocked_until: u64,
    /// Attempts to connect are not answered.
    pub(super) dials_lost_until: u64,
    /// Octets a second, if it is slow.
    pub(super) rate: Option<u64>,
}

/// Octets of a handshake message, for slow links.
const HANDSHAKE_OCTETS: usize = 500;
/// Nothing listens at the address.
const REFUSED: &str = "connection refused";

impl World {
    pub(super) fn link(&self, from: usize, to: usize) -> &Link {
        &self.links[from * self.swarm.nodes + to]
    }

    pub(super) fn link_mut(&mut self, from: usize, to: usize) -> &mut Link {
        &mut self.links[from * self.swarm.nodes + to]
    }

    /// A process wants to connect.
    pub(super) fn dial(&mut self, process: Process, dial: DialId, expect: Option<&NodeId>, address: &Address) {
        let node = self.runtimes[process.0].node;
        let found = self.addresses.iter().position(|other| other == address);
        match found.filter(|to| *to != node && expect.is_none_or(|id| *id == self.ids[*to])) {
            Some(to) => {
                let wire = self.connect(process, to, Some(dial));
                self.runtimes[process.0].dials.push((dial, wire));
            }
            None => {
                let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
                let failure = match found == Some(node) {
                    true => DialFailure::OwnNode,
                    false => DialFailure::Rejected(Reason::new("wrong_node", "another node is there")),
                };
                runtime.kernel.dial_failed(dial, failure, runtime.time(now));
            }
        }
    }

    /// A connection begins.
    pub(super) fn connect(&mut self, process: Process, to: usize, dial: Option<DialId>) -> usize {
        let node = self.runtimes[process.0].node;
        let nonce = std::array::from_fn(|_| self.random.next() as u8);
        let crosses = |wire: &Wire| wire.nodes == [to, node] && wire.is_open() && !wire.is_complete();
        if self.wires.iter().rev().take(8).any(crosses) {
            self.census.count(Counted::Crossing);
        }
        self.wires.push(Wire::new([node, to], process, dial, nonce));
        let wire = self.wires.len() - 1;
        let now = self.now;
        self.story.tell(now, || format!("n{node} dials n{to}: connection {wire}"));
        let patience = micros(self.swarm.timing.handshake);
        self.queue.plan(now + patience, Happening::DialTimeout { wire });
        self.push(wire, 0, Segment::Connect);
        wire
    }

    /// An end writes something.
    pub(super) fn push(&mut self, wire: usize, end: usize, segment: Segment) {
        let [from, to] = [self.wires[wire].nodes[end], self.wires[wire].nodes[1 - end]];
        let jitter = self.random.below(self.swarm.jitter);
        let (delay, rate) = (self.link(from, to).delay, self.link(from, to).rate);
        let octets = if let Segment::Octets(octets) = &segment { octets.len() } else { HANDSHAKE_OCTETS };
        let taken = rate.map_or(0, |rate| octets as u64 * 1_000_000 / rate);
        let flow = &mut self.wires[wire].flows[end];
        // Behind what was written before; on a slow link each segment takes its time after the one before.
        let at = (self.now + delay + jitter).max(flow.last) + taken;
        flow.last = at;
        if let Segment::Octets(octets) = &segment {
            flow.octets += octets.len();
        }
        flow.segments.push_back((at, segment));
        self.queue.plan(at, Happening::Arrive { wire, end });
    }

    /// An end writes octets, which may arrive in parts.
    pub(super) fn push_octets(&mut self, wire: usize, end: usize, mut octets: Bytes) {
        while octets.len() > self.swarm.slice {
            let part = octets.split_to(1 + self.random.index(self.swarm.slice));
            self.push(wire, end, Segment::Octets(part));
        }
        self.push(wire, end, Segment::Octets(octets));
    }

    /// What was written at `end` reaches the other end, unless something is in its way.
    pub(super) fn arrive(&mut self, wire: usize, end: usize) {
        let [from, to] = [self.wires[wire].nodes[end], self.wires[wire].nodes[1 - end]];
        let blocked = self.link(from, to).blocked_until.max(self.wires[wire].flows[end].blocked_until);
        if blocked > self.now {
            // It is sent again until it gets through.
            let later = self.random.below(200 * MILLI);
            return self.queue.plan(blocked + later, Happening::Arrive { wire, end });
        }
        let now = self.now;
        let (lost, silent) = (self.link(from, to).dials_lost_until > now, self.silent[to]);
        let state = &mut self.wires[wire];
        while let Some((_, segment)) = state.flows[end].segments.pop_front_if(|(at, _)| *at <= now) {
            let is_lost = lost && matches!(segment, Segment::Connect);
            if is_lost {
                self.census.count(Counted::DialSilent);
            }
            if !state.flows[end].is_hole && !silent && !is_lost {
                state.ends[1 - end].inbox.push_back(segment);
            }
        }
        if !self.wires[wire].ends[1 - end].inbox.is_empty() {
            self.read(wire, 1 - end);
        }
    }

    /// Whoever is at this end reads what has arrived, if it runs.
    pub(super) fn read(&mut self, wire: usize, end: usize) {
        let process = self.wires[wire].ends[end].process.or(self.listening[self.wires[wire].nodes[end]]);
        if process.is_some_and(|process| self.runtimes[process.0].state == State::Stopped) {
            return;
        }
        while let Some(segment) = self.wires[wire].ends[end].inbox.pop_front() {
            self.read_segment(wire, end, process, segment);
        }
        if let Some(process) = process {
            self.settle(process);
        }
    }

    fn read_segment(&mut self, wire: usize, end: usize, process: Option<Process>, segment: Segment) {
        if let Segment::Octets(octets) = &segment {
            self.consumed(wire, 1 - end, octets.len());
        }
        if self.wires[wire].ends[end].is_closed {
            if !matches!(segment, Segment::End | Segment::Refused | Segment::Reset) {
                self.push(wire, end, Segment::Reset);
            }
            return;
        }
        let Some(process) = process.filter(|process| self.runtimes[process.0].state != State::Ended) else {
            self.wires[wire].ends[end].is_closed = true;
            self.census.count(Counted::DialRefused);
            return self.push(wire, end, Segment::Refused);
        };
        match segment {
            Segment::Connect => {
                self.wires[wire].ends[end].process = Some(process);
                self.greet(wire, end, process);
                self.push(wire, end, Segment::Handshake(1));
            }
            Segment::Handshake(part) => self.read_handshake(wire, end, process, part),
            Segment::Octets(octets) => self.read_octets(wire, end, process, octets),
            Segment::End => self.hung_up(wire, end, process, "the other side closed the connection"),
            Segment::Refused => self.hung_up(wire, end, process, REFUSED),
            Segment::Reset => self.hung_up(wire, end, process, "the connection was reset"),
        }
    }

    fn greet(&mut self, wire: usize, end: usize, process: Process) {
        self.wires[wire].ends[end].greeted_at = self.now + self.runtimes[process.0].offset;
    }

    /// Connected, greeted, keys agreed, the dialler's proof, the acceptor's proof.
    fn read_handshake(&mut self, wire: usize, end: usize, process: Process, part: u8) {
        match part {
            1 => self.greet(wire, end, process),
            4 | 5 => self.attach(wire, end, process),
            _ => {}
        }
        if part < 5 {
            self.push(wire, end, Segment::Handshake(part + 1));
        }
    }

    /// The other side is authenticated: the kernel takes the connection over.
    fn attach(&mut self, wire: usize, end: usize, process: Process) {
        let state = &self.wires[wire];
        let Some(other) = state.ends[1 - end].process else { return };
        let role = if end == 0 { Role::Dialler } else { Role::Acceptor };
        let facts = self.oracle.facts.process(other);
        let link = Authenticated::simulated(self.ids[facts.node].clone(), facts.incarnation, role, state.nonce);
        let greeted = state.ends[end].greeted_at;
        let dial = state.dial.filter(|_| end == 0);
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        runtime.dials.retain(|(_, other)| *other != wire);
        let (greeted_at, time) = (super::process::time_of(greeted), runtime.time(now));
        let connection = runtime.kernel.attach(&link, dial, greeted_at, time);
        runtime.wires.push((connection, wire, end));
        self.wires[wire].ends[end].connection = Some(connection);
        if end == 0 && self.wires[wire].is_doomed {
            self.queue.plan(now + 1, Happening::LastWords { wire });
        }
    }

    /// The other side closed, or the connection broke.
    pub(super) fn hung_up(&mut self, wire: usize, end: usize, process: Process, error: &str) {
        let (now, state) = (self.now, &mut self.wires[wire]);
        let node = state.nodes[end];
        self.story.tell(now, || format!("n{node}: connection {wire}: {error}"));
        state.ends[end].is_closed = true;
        let dial = state.dial.filter(|_| end == 0);
        let runtime = &mut self.runtimes[process.0];
        let time = runtime.time(now);
        if let Some(connection) = state.ends[end].connection {
            runtime.wires.retain(|(other, ..)| *other != connection);
            runtime.kernel.closed(connection, error, time);
        } else if let Some(dial) = dial {
            runtime.dials.retain(|(_, other)| *other != wire);
            let failure =
                if error == REFUSED { DialFailure::Refused } else { DialFailure::Unreachable(error.to_owned()) };
            runtime.kernel.dial_failed(dial, failure, time);
        }
    }

    /// A process closes its end.
    pub(super) fn close_end(&mut self, wire: usize, end: usize) {
        let state = &mut self.wires[wire].ends[end];
        if !std::mem::replace(&mut state.is_closed, true) {
            state.inbox.clear();
            self.push(wire, end, Segment::End);
        }
    }

    /// An attempt to connect has had its time.
    pub(super) fn dial_timed_out(&mut self, wire: usize) {
        let state = &self.wires[wire];
        let (Some(process), dial) = (state.ends[0].process, state.dial) else { return };
        if state.ends[0].is_closed || state.ends[0].connection.is_some() {
            return;
        }
        if self.runtimes[process.0].state == State::Stopped {
            return self.queue.plan(self.now + 100 * MILLI, Happening::DialTimeout { wire });
        }
        self.close_end(wire, 0);
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        if let Some(dial) = dial.filter(|_| runtime.state != State::Ended) {
            runtime.dials.retain(|(_, other)| *other != wire);
            let failure = DialFailure::Unreachable("no answer in time".to_owned());
            runtime.kernel.dial_failed(dial, failure, runtime.time(now));
            self.settle(process);
        }
    }

    /// Octets that were written at `end` were read: there is room for more.
    fn consumed(&mut self, wire: usize, end: usize, octets: usize) {
        let window = self.swarm.window;
        let delay = self.link(self.wires[wire].nodes[1 - end], self.wires[wire].nodes[end]).delay;
        let state = &mut self.wires[wire];
        state.flows[end].octets = state.flows[end].octets.saturating_sub(octets);
        if state.ends[end].is_full && state.flows[end].octets <= window / 2 {
            state.ends[end].is_full = false;
            self.queue.plan(self.now + delay, Happening::Room { wire, end });
        }
    }

    /// Writes what a kernel has for a connection, as far as there is room.
    pub(super) fn write(&mut self, process: Process, connection: ConnectionId) {
        let found = self.runtimes[process.0].wires.iter().find(|(other, ..)| *other == connection);
        let Some((_, wire, end)) = found.copied() else { return };
        loop {
            let room = self.swarm.window.saturating_sub(self.wires[wire].flows[end].octets);
            if room == 0 {
                self.wires[wire].ends[end].is_full = true;
                return;
            }
            let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
            let Some(octets) = runtime.kernel.transmit(connection, room, runtime.time(now)) else { return };
            self.inspect(&octets);
            self.push_octets(wire, end, octets);
        }
    }
}
