//! A process: a kernel, and what its driver and its program keep.

use std::time::Duration;

use aemp_proto::{
    directory::DatabaseWatch,
    id::{Incarnation, PortId, PortNumber},
    kernel::{
        Body, ConnectionId, Delivery, DialId, Kernel, LocalPort, Output, PortNumbers, Received, Settings, WatchId,
    },
    planted::{Bug, is_planted},
    reason::Reason,
    time::Time,
};
use bytes::Bytes;

use super::{
    facts::{Name, Port, Process},
    queue::Happening,
    violation::Guarantee,
    world::World,
};

/// The wall clocks of all processes, when the virtual time begins.
const WALL_CLOCK: u64 = 1 << 41;

/// What a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    /// It reads nothing and does nothing.
    Stopped,
    /// It waits for acknowledgements before it says goodbye.
    Leaving,
    Ended,
}

/// A monitor that a program holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) watch: WatchId,
    /// `None` for a monitor of a node.
    pub(super) name: Option<Name>,
    pub(super) linked: Option<LocalPort>,
}

/// A process: a kernel, and what its driver and its program keep.
#[derive(Debug)]
pub(super) struct Runtime {
    pub(super) node: usize,
    pub(super) kernel: Kernel,
    pub(super) numbers: PortNumbers,
    /// What its clock is ahead of the virtual time.
    pub(super) offset: u64,
    pub(super) state: State,
    /// When it was stopped last.
    pub(super) stopped_at: u64,
    pub(super) wires: Vec<(ConnectionId, usize, usize)>,
    pub(super) dials: Vec<(DialId, usize)>,
    /// When it is going to look at its deadlines.
    pub(super) tick_at: u64,
    pub(super) ports: Vec<(LocalPort, Port)>,
    /// Port names that its program has come to know.
    pub(super) known: Vec<Name>,
    pub(super) watches: Vec<Held>,
    /// Calls that it has not answered yet.
    pub(super) asked: Vec<PortId>,
    pub(super) next_number: u64,
    pub(super) lookups: Vec<PortNumber>,
    /// Watches on families of the database.
    pub(super) families: Vec<DatabaseWatch>,
}

/// A moment by the clock of a process.
pub(super) const fn time_of(micros: u64) -> Time {
    Time::new(Duration::from_micros(micros))
}

impl Runtime {
    /// The virtual time by its own clock.
    pub(super) const fn time(&self, now: u64) -> Time {
        time_of(now + self.offset)
    }

    pub(super) fn port(&self, local: LocalPort) -> Option<Port> {
        self.ports.iter().find(|(other, _)| *other == local).map(|(_, port)| *port)
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

impl World {
    /// A process begins at a node.
    pub(super) fn start_process(&mut self, node: usize) -> Process {
        let incarnation = Incarnation(std::array::from_fn(|_| self.random.next() as u8));
        let process = self.oracle.facts.add_process(node, incarnation);
        let mut timing = self.swarm.timing;
        timing.heartbeat = self.swarm.heartbeats[node];
        let (seed, offset) = (self.random.next(), self.random.below(1 << 40));
        let wall_clock = WALL_CLOCK + self.dice.below(self.topology.skew) - offset;
        let kernel = Kernel::new(Settings {
            node: self.ids[node].clone(),
            incarnation,
            addresses: if self.topology.is_unaware[node] { Vec::new() } else { vec![self.addresses[node].clone()] },
            limits: self.swarm.limits,
            timing,
            refused_is_death: aemp_proto::kernel::RefusedIsDeath::SameHost,
            relay: false,
            seed,
            wall_clock: Duration::from_micros(wall_clock),
            seeds: self.topology.seeds_of(node, &self.addresses),
            global: self.topology.is_global[node],
        });
        self.runtimes.push(Runtime {
            node,
            kernel,
            numbers: PortNumbers::default(),
            offset,
            state: State::Running,
            stopped_at: 0,
            wires: Vec::new(),
            dials: Vec::new(),
            tick_at: u64::MAX,
            ports: Vec::new(),
            known: Vec::new(),
            watches: Vec::new(),
            asked: Vec::new(),
            next_number: 0,
            lookups: Vec::new(),
            families: Vec::new(),
        });
        let now = self.now;
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} begins", facts.show(process)));
        for _ in 0..2 {
            self.open_port(process);
        }
        process
    }

    /// A process is over; `is_orderly` if it has said goodbye.
    pub(super) fn end_process(&mut self, process: Process, is_orderly: bool, host_too: bool) {
        let now = self.now;
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} ends{}", facts.show(process), if is_orderly { " orderly" } else { "" }));
        let runtime = &mut self.runtimes[process.0];
        runtime.state = State::Ended;
        let mut open: Vec<_> = runtime.wires.drain(..).map(|(_, wire, end)| (wire, end)).collect();
        open.extend(runtime.dials.drain(..).map(|(_, wire)| (wire, 0)));
        let node = runtime.node;
        // Connections that it had accepted, and not authenticated yet.
        let unfinished = |(_, wire): &(usize, &super::wire::Wire)| wire.ends[1].process == Some(process);
        open.extend(self.wires.iter().enumerate().rev().take(40).filter(unfinished).map(|(wire, _)| (wire, 1)));
        for (wire, end) in open {
            if host_too {
                let end = &mut self.wires[wire].ends[end];
                end.is_closed = true;
                end.inbox.clear();
            } else {
                self.close_end(wire, end);
            }
        }
        if self.listening[node] == Some(process) {
            self.listening[node] = None;
        }
        self.oracle.process_ended(process, is_orderly, now);
    }

    /// Carries out what a kernel asks for, until it asks for nothing more.
    pub(super) fn settle(&mut self, process: Process) {
        for _ in 0..100_000 {
            if self.runtimes[process.0].state == State::Ended {
                return;
            }
            if let Some(output) = self.runtimes[process.0].kernel.poll() {
                self.carry_out(process, output);
            } else if let Some(connection) = self.runtimes[process.0].kernel.next_writable() {
                self.write(process, connection);
            } else {
                self.oracle.check_reads(self.now);
                self.say_goodbye_if_done(process);
                return self.plan_tick(process);
            }
        }
        self.oracle.complain(Guarantee::Rest, self.now, || "a kernel asks for ever more to be done".to_owned());
    }

    fn plan_tick(&mut self, process: Process) {
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        let Some(due) = runtime.kernel.deadline() else { return };
        let due = (due.since_start().as_micros() as u64).saturating_sub(runtime.offset).max(now);
        // A kernel counts in less than microseconds, perhaps.
        if due < runtime.tick_at {
            runtime.tick_at = due;
            self.queue.plan(due, Happening::Tick(process));
        }
    }

    /// The process looks at its deadlines; its sockets have been read.
    pub(super) fn tick(&mut self, process: Process) {
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        if runtime.tick_at <= now {
            runtime.tick_at = u64::MAX;
        }
        if !matches!(runtime.state, State::Running | State::Leaving) {
            return;
        }
        let time = runtime.time(now);
        if runtime.kernel.deadline().is_some_and(|due| due <= time) {
            runtime.kernel.tick(time);
        }
        self.settle(process);
    }

    /// Reads everything that has arrived, and then looks at the deadlines.
    pub(super) fn read_all(&mut self, process: Process) {
        if is_planted(Bug::DeadlineBeforeReading) {
            self.tick(process);
        }
        let mut waiting: Vec<(usize, usize)> =
            self.runtimes[process.0].wires.iter().map(|(_, wire, end)| (*wire, *end)).collect();
        waiting.extend(self.runtimes[process.0].dials.iter().map(|(_, wire)| (*wire, 0)));
        let node = self.runtimes[process.0].node;
        let accepts = |(_, wire): &(usize, &super::wire::Wire)| {
            wire.nodes[1] == node && !wire.ends[1].inbox.is_empty() && wire.ends[1].process.is_none_or(|p| p == process)
        };
        waiting.extend(self.wires.iter().enumerate().filter(accepts).map(|(wire, _)| (wire, 1)));
        for (wire, end) in waiting {
            self.read(wire, end);
        }
        self.tick(process);
    }

    fn carry_out(&mut self, process: Process, output: Output) {
        let now = self.now;
        match output {
            Output::Dial { dial, expect, address } => self.dial(process, dial, expect.as_ref(), &address),
            Output::CancelDial(dial) => {
                let dials = &mut self.runtimes[process.0].dials;
                if let Some(at) = dials.iter().position(|(other, _)| *other == dial) {
                    let (_, wire) = dials.swap_remove(at);
                    self.close_end(wire, 0);
                }
            }
            Output::Close(connection) => {
                self.write(process, connection);
                let runtime = &mut self.runtimes[process.0];
                if let Some(at) = runtime.wires.iter().position(|(other, ..)| *other == connection) {
                    let (_, wire, end) = runtime.wires.swap_remove(at);
                    runtime.kernel.closed(connection, "closed by this node", runtime.time(now));
                    self.close_end(wire, end);
                }
            }
            Output::Fired { watch, reason } => {
                if self.runtimes[process.0].kernel.take_notice(watch) {
                    self.fired(process, watch, &reason);
                }
            }
            Output::Answer { number, result } if self.oracle.is_reading(process, number) => {
                self.read_ended(process, number, &result);
            }
            Output::Answer { number, result } => {
                self.call_ended(process, number, result.as_deref().map_err(Clone::clone))
            }
            Output::Kill { port, reason } => self.close_port(process, port, reason),
            Output::Renamed { old, id, .. } => self.renamed(old, id),
            Output::Event(event) => self.observe(process, event),
            Output::Resolve { seed } => self.resolve(process, &seed),
            Output::Changed { watch, change } => self.family_changed(process, watch, &change),
        }
    }

    /// Hands octets to the kernel, whole frames one after the other.
    pub(super) fn read_octets(&mut self, wire: usize, end: usize, process: Process, octets: Bytes) {
        let Some(connection) = self.wires[wire].ends[end].connection else { return };
        if !std::mem::replace(&mut self.wires[wire].ends[end].has_read, true) {
            self.first_words(wire, end);
            self.trip(wire, end);
        }
        let state = &mut self.wires[wire].ends[end];
        let input = if state.unread.is_empty() {
            octets
        } else {
            state.unread.extend_from_slice(&octets);
            Bytes::from(std::mem::take(&mut state.unread))
        };
        let from = self.wires[wire].nodes[1 - end];
        let mut at = 0;
        loop {
            let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
            match runtime.kernel.receive(connection, &input[at..], runtime.time(now)) {
                Received::More => break,
                Received::Closed => return,
                Received::Frame { length, delivery } => {
                    at += length;
                    if let Some(delivery) = delivery {
                        self.deliver(process, from, delivery);
                    }
                }
            }
        }
        if at < input.len() {
            self.wires[wire].ends[end].unread = input[at..].to_vec();
        }
    }

    fn deliver(&mut self, process: Process, from: usize, delivery: Delivery<'_>) {
        match delivery {
            Delivery::Message { to, body } => self.message_arrived(process, from, to, octets(&body)),
            Delivery::Call { to, reply, body } => self.call_arrived(process, from, to, reply, octets(&body)),
            Delivery::Answer { number, result } => {
                let result = result.as_ref().map(octets).map_err(Clone::clone);
                self.call_ended(process, number, result);
            }
            Delivery::Lossy { to, body } => self.lossy_arrived(process, to, octets(&body)),
            Delivery::Kill { to, reason } => self.kill_arrived(process, from, to, reason),
            Delivery::Spawn { name, service, .. } => self.spawn_arrived(process, name, &service),
        }
    }

    /// Begins an orderly end.
    pub(super) fn leave(&mut self, process: Process) {
        let now = self.now;
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} is to stop", facts.show(process)));
        self.runtimes[process.0].state = State::Leaving;
        self.queue.plan(now + 5 * super::swarm::SECOND, Happening::StopDeadline(process));
        self.settle(process);
    }

    fn say_goodbye_if_done(&mut self, process: Process) {
        let runtime = &self.runtimes[process.0];
        if runtime.state == State::Leaving && runtime.kernel.unacknowledged() == 0 {
            self.say_goodbye(process);
        }
    }

    /// Says goodbye, and ends.
    pub(super) fn say_goodbye(&mut self, process: Process) {
        if self.runtimes[process.0].state != State::Leaving {
            return;
        }
        self.runtimes[process.0].kernel.goodbye();
        while let Some(connection) = self.runtimes[process.0].kernel.next_writable() {
            self.write(process, connection);
        }
        self.end_process(process, true, false);
    }

    /// A port dies, with the monitors that it held.
    pub(super) fn close_port(&mut self, process: Process, local: LocalPort, reason: Reason) {
        let now = self.now;
        let runtime = &mut self.runtimes[process.0];
        let Some(at) = runtime.ports.iter().position(|(other, _)| *other == local) else { return };
        let (_, port) = runtime.ports.swap_remove(at);
        self.story.tell(now, || format!("p{} dies: {reason}", port.0));
        self.oracle.port_died(port, &reason, now);
        runtime.kernel.close(local, reason);
        runtime.numbers.give_back(local);
        let (own, others): (Vec<Held>, Vec<Held>) =
            runtime.watches.drain(..).partition(|held| held.linked == Some(local));
        runtime.watches = others;
        for held in own {
            runtime.kernel.demonitor(held.watch);
            self.oracle.unwatched(process, held.watch);
        }
    }
}

/// All peers are native here, so every body is octets.
fn octets<'b>(body: &'b Body<'_>) -> &'b [u8] {
    body.as_slice().unwrap_or_default()
}
