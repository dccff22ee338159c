//! What goes wrong.

use std::time::Duration;

use super::{
    census::Counted,
    facts::Process,
    process::State,
    queue::Happening,
    swarm::{Climate, MILLI, SECOND},
    wire::Segment,
    world::World,
};

macro_rules! faults {
    ($($fault:ident $weight:literal $climate:ident,)*) => {
        /// Something that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Fault {
            $($fault,)*
        }

        impl Fault {
            /// All of them, with how often each happens as a rule.
            pub(super) const ALL: &[(Self, u32)] = &[$((Self::$fault, $weight),)*];

            /// The mildest climate in which it happens.
            const fn climate(self) -> Climate {
                match self {
                    $(Self::$fault => Climate::$climate,)*
                }
            }
        }
    };
}

faults! {
    CutBoth 4 Gentle,
    CutOne 4 Gentle,
    Hole 3 Gentle,
    WireStall 3 Gentle,
    LinkDown 4 Gentle,
    LinkOneWay 4 Gentle,
    Slow 3 Gentle,
    DialsLost 2 Gentle,
    Partition 2 Gentle,
    Pause 3 Gentle,
    LongPause 1 Fatal,
    ClockStep 2 Gentle,
    Connect 5 Gentle,
    Crash 4 Restarts,
    HostCrash 2 Restarts,
    Goodbye 2 Restarts,
    LastWords 2 Restarts,
    Unseen 2 Fatal,
    Twin 2 Fatal,
}

impl Fault {
    /// 1 where this fault may happen, else 0.
    pub(super) fn weight_in(self, climate: Climate) -> u32 {
        u32::from(self.climate() as u8 <= climate as u8)
    }
}

impl World {
    pub(super) fn fault_and_go_on(&mut self) {
        if self.now >= self.calm_from {
            return;
        }
        let pause = 1 + self.random.below(2 * self.swarm.fault_every);
        // Between faults of a gentle run everything may recover.
        let rest = if self.swarm.climate == Climate::Fatal { 0 } else { self.swarm.longest + self.swarm.recovery() };
        self.queue.plan(self.now + pause + rest, Happening::Fault);
        let Some(fault) = self.random.weighted(&self.swarm.faults) else { return };
        let length = self.random.spread(10 * MILLI, self.swarm.longest.max(20 * MILLI));
        let until = (self.now + length).min(self.calm_from);
        self.break_something(Fault::ALL[fault].0, until);
    }

    fn break_something(&mut self, fault: Fault, until: u64) {
        let node = self.random.index(self.swarm.nodes);
        let other = (node + 1 + self.random.index(self.swarm.nodes - 1)) % self.swarm.nodes;
        let until = if fault == Fault::LongPause { self.beyond_the_timeout() } else { until };
        let now = self.now;
        self.story.tell(now, || format!("fault: {fault:?} n{node} n{other} until {}", super::story::Clock(until)));
        match fault {
            Fault::CutBoth => self.cut_any(),
            Fault::CutOne => self.cut_one(until),
            Fault::Hole => self.swallow(),
            Fault::WireStall => self.stall(until),
            Fault::LinkDown => self.take_down(&[(node, other), (other, node)], until, Counted::LinkDown),
            Fault::LinkOneWay => self.take_down(&[(node, other)], until, Counted::LinkOneWay),
            Fault::Slow => self.slow_down(node, other, until),
            Fault::DialsLost => self.lose_dials(node, other, until),
            Fault::Partition => {
                let ways: Vec<_> = (0..self.swarm.nodes).filter(|to| *to != node).collect();
                let ways: Vec<_> = ways.into_iter().flat_map(|to| [(node, to), (to, node)]).collect();
                self.take_down(&ways, until, Counted::Partition);
            }
            Fault::Pause | Fault::LongPause => self.pause(node, until),
            Fault::ClockStep => self.suspend(node, until - now),
            Fault::Connect => self.connect_unasked(node, other),
            Fault::Crash => self.crash(node, until, false),
            Fault::HostCrash => self.crash(node, until, true),
            Fault::Goodbye => self.stop(node, until),
            Fault::LastWords => self.doom(node, other),
            Fault::Unseen => self.replace_unseen(node, other),
            Fault::Twin => self.start_twin(node, until),
        }
    }

    /// A connection that both ends believe in.
    fn any_wire(&mut self) -> Option<usize> {
        let open: Vec<usize> =
            (0..self.wires.len()).rev().filter(|wire| self.wires[*wire].is_open()).take(40).collect();
        let busy: Vec<usize> = open.iter().copied().filter(|wire| self.wires[*wire].is_busy()).collect();
        let list = if busy.is_empty() || self.random.chance(500) { open } else { busy };
        (!list.is_empty()).then(|| list[self.random.index(list.len())])
    }

    fn nodes_of(&self, wire: usize) -> (usize, usize) {
        let [a, b] = self.wires[wire].nodes;
        (a, b)
    }

    /// Loses what is on its way to an end, but for some octets in front; then the end sees the connection break.
    pub(super) fn break_end(&mut self, wire: usize, end: usize, at: u64) {
        let flow = &mut self.wires[wire].flows[1 - end];
        let in_flight = flow.in_flight();
        let left = if flow.is_hole || self.random.chance(500) { 0 } else { self.random.index(in_flight + 1) };
        flow.cut_after(left);
        flow.is_hole = false;
        let at = at.max(if left > 0 { flow.last } else { 0 });
        flow.segments.push_back((at, Segment::Reset));
        flow.last = at;
        self.queue.plan(at, Happening::Arrive { wire, end: 1 - end });
        if left > 0 && left < in_flight {
            self.census.count(Counted::CutInFrame);
        }
    }

    fn cut_any(&mut self) {
        if let Some(wire) = self.any_wire() {
            self.cut_both(wire);
        }
    }

    pub(super) fn cut_both(&mut self, wire: usize) {
        let (a, b) = self.nodes_of(wire);
        self.oracle.contacts.jolt(a, b, self.now, 0);
        self.break_end(wire, 0, self.now);
        self.break_end(wire, 1, self.now);
        self.census.count(Counted::CutBoth);
    }

    /// One end sees the break now, the other one later or never.
    fn cut_one(&mut self, until: u64) {
        let Some(wire) = self.any_wire() else { return };
        let (a, b) = self.nodes_of(wire);
        let end = self.random.index(2);
        self.break_end(wire, end, self.now);
        if self.random.chance(300) {
            self.wires[wire].flows[end].is_hole = true;
        } else {
            self.break_end(wire, 1 - end, until);
        }
        self.disturb(a, b, self.now + self.swarm.patience() + SECOND);
        self.census.count(Counted::CutOne);
    }

    /// Between two nodes something is wrong until then.
    pub(super) fn disturb(&mut self, a: usize, b: usize, until: u64) {
        self.oracle.contacts.begin(a, b, self.now);
        self.queue.plan(until, Happening::Recovered { a, b });
    }

    fn swallow(&mut self) {
        let Some(wire) = self.any_wire() else { return };
        let (a, b) = self.nodes_of(wire);
        let both = self.random.chance(500);
        let end = self.random.index(2);
        self.wires[wire].flows[end].is_hole = true;
        self.wires[wire].flows[1 - end].is_hole |= both;
        self.disturb(a, b, self.now + 2 * self.swarm.patience() + SECOND);
        self.census.count(Counted::Hole);
    }

    fn stall(&mut self, until: u64) {
        let Some(wire) = self.any_wire() else { return };
        let (a, b) = self.nodes_of(wire);
        self.wires[wire].flows[self.random.index(2)].blocked_until = until;
        self.disturb(a, b, until.min(self.now + 2 * self.swarm.patience() + SECOND));
        self.census.count(Counted::WireStall);
    }

    pub(super) fn take_down(&mut self, ways: &[(usize, usize)], until: u64, counted: Counted) {
        for (from, to) in ways {
            let link = self.link_mut(*from, *to);
            link.blocked_until = link.blocked_until.max(until);
            self.disturb(*from, *to, until + 200 * MILLI);
        }
        self.census.count(counted);
    }

    fn slow_down(&mut self, from: usize, to: usize, until: u64) {
        self.link_mut(from, to).rate = Some(self.random.spread(5_000, 1_000_000));
        self.oracle.contacts.begin(from, to, self.now);
        self.queue.plan(until, Happening::Fast { from, to });
        self.census.count(Counted::Slow);
    }

    fn lose_dials(&mut self, from: usize, to: usize, until: u64) {
        self.link_mut(from, to).dials_lost_until = until;
        self.link_mut(to, from).dials_lost_until = until;
        self.disturb(from, to, until);
    }

    fn pause(&mut self, node: usize, until: u64) {
        let Some(process) = self.running(node) else { return };
        self.runtimes[process.0].state = State::Stopped;
        self.runtimes[process.0].stopped_at = self.now;
        self.oracle.facts.processes[process.0].is_stopped = true;
        self.oracle.contacts.begin_all(node, self.now);
        self.queue.plan(until, Happening::Resume(process));
        let long = until - self.now > self.swarm.session_timeout();
        self.census.count(if long { Counted::PausedLong } else { Counted::Paused });
    }

    /// A moment at which whoever waits has given up, or the end of the faults.
    pub(super) fn beyond_the_timeout(&mut self) -> u64 {
        let timeout = self.swarm.session_timeout();
        (self.now + self.random.between(timeout, 2 * timeout)).min(self.calm_from)
    }

    /// A stopped process goes on: it reads what has arrived before it looks at its deadlines.
    pub(super) fn resume(&mut self, process: Process) {
        if self.runtimes[process.0].state != State::Stopped {
            return;
        }
        let (now, facts) = (self.now, &self.oracle.facts);
        self.story.tell(now, || format!("{} goes on", facts.show(process)));
        self.runtimes[process.0].state = State::Running;
        self.oracle.facts.processes[process.0].is_stopped = false;
        self.oracle.contacts.end_all(self.runtimes[process.0].node, self.now);
        self.was_away(process, self.now - self.runtimes[process.0].stopped_at);
        self.read_all(process);
    }

    /// Some drivers tell their kernel for how long they were away.
    fn was_away(&mut self, process: Process, away: u64) {
        if self.swarm.tells_absence {
            let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
            runtime.kernel.was_away(Duration::from_micros(away), runtime.time(now));
            self.census.count(Counted::Absence);
        }
    }

    /// The clock of a process goes on by more than the time that passed, as after a suspended machine.
    pub(super) fn step_clock(&mut self, node: usize, step: u64) {
        let Some(process) = self.running(node) else { return };
        self.runtimes[process.0].offset += step;
        self.oracle.clock_stepped(process, step);
        // Time that a driver says it was away counts for nothing.
        let skipped = if self.swarm.tells_absence { 0 } else { step };
        self.oracle.contacts.jolt_all(node, self.now, skipped);
        self.census.count(Counted::ClockStep);
        self.was_away(process, step);
        self.read_all(process);
    }

    fn connect_unasked(&mut self, node: usize, other: usize) {
        if let Some(process) = self.running(node) {
            self.connect(process, other, None);
            self.census.count(Counted::Connect);
        }
        if self.random.chance(300)
            && let Some(process) = self.running(other)
        {
            self.connect(process, node, None);
        }
    }

    pub(super) fn crash(&mut self, node: usize, until: u64, host_too: bool) {
        let Some(process) = self.listening[node] else { return };
        if self.runtimes[process.0].state == State::Stopped {
            self.oracle.contacts.end_all(node, self.now);
        }
        self.end_process(process, false, host_too);
        self.silent[node] = host_too;
        self.census.count(if host_too { Counted::HostCrash } else { Counted::Crash });
        self.absent_until(node, until);
    }

    /// A node has no process until then.
    fn absent_until(&mut self, node: usize, until: u64) {
        self.oracle.contacts.begin_all(node, self.now);
        self.queue.plan(until, Happening::Start { node });
    }

    /// One node crashes although the faults are over; it returns when all others have come to rest.
    pub(super) fn desert(&mut self) {
        let Some(node) = self.topology.absent else { return };
        let Some(process) = self.running(node) else { return };
        self.oracle.contacts.begin_all(node, self.now);
        self.end_process(process, false, false);
        self.census.count(Counted::Absent);
    }

    pub(super) fn return_absent(&mut self) {
        if let Some(node) = self.topology.absent.filter(|node| self.listening[*node].is_none()) {
            self.restart(node);
        }
    }

    pub(super) fn restart(&mut self, node: usize) {
        self.silent[node] = false;
        self.oracle.contacts.end_all(node, self.now);
        if self.listening[node].is_none() {
            self.listening[node] = Some(self.start_process(node));
            self.census.count(Counted::Restart);
        }
    }

    fn stop(&mut self, node: usize, until: u64) {
        if let Some(process) = self.running(node) {
            self.census.count(Counted::Goodbye);
            self.oracle.stopping(process, self.swarm.nodes, self.now);
            self.oracle.contacts.begin_all(node, self.now);
            let until = until.max(self.now + 6 * SECOND).min(self.calm_from + 6 * SECOND);
            self.queue.plan(until, Happening::Start { node });
            self.leave(process);
        }
    }

    /// A second process begins under a node ID; it listens nowhere.
    fn start_twin(&mut self, node: usize, until: u64) {
        if self.running(node).is_none() {
            return;
        }
        let twin = self.start_process(node);
        self.twins.push(twin);
        self.oracle.facts.processes[twin.0].is_twin = true;
        self.oracle.contacts.begin_all(node, self.now);
        self.oracle.contacts.jolt_all(node, self.now, 1 << 60);
        self.queue.plan(until, Happening::TwinEnds(twin));
        self.census.count(Counted::Twin);
    }

    pub(super) fn end_twin(&mut self, twin: Process) {
        let node = self.runtimes[twin.0].node;
        self.twins.retain(|other| *other != twin);
        self.end_process(twin, false, false);
        self.oracle.contacts.end_all(node, self.now);
    }
}
