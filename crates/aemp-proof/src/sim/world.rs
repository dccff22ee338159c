//! The whole of a run: processes, links, what is going to happen, and the oracle that watches.

use aemp_proto::{
    id::{Address, Incarnation, NodeId},
    kernel::LocalPort,
};

use super::{
    Report,
    census::{Census, Counted},
    facts::Process,
    network::Link,
    oracle::{Bounds, Oracle},
    phases::Remainder,
    process::{Runtime, State},
    queue::{Happening, Queue},
    story::Story,
    swarm::{Climate, SECOND, Swarm},
    topology::Topology,
    violation::{Guarantee, Violation},
    wire::Wire,
};
use crate::random::Random;

/// No run needs more steps: whoever takes more does not come to rest.
const MAX_STEPS: u64 = 20_000_000;

/// The whole of a run.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) swarm: Swarm,
    pub(super) random: Random,
    /// Choices about the database: runs without seeds take the course that they take without one.
    pub(super) dice: Random,
    pub(super) topology: Topology,
    pub(super) queue: Queue,
    pub(super) story: Story,
    pub(super) census: Census,
    pub(super) ids: Vec<NodeId>,
    pub(super) addresses: Vec<Address>,
    pub(super) runtimes: Vec<Runtime>,
    /// The process at each node's address.
    pub(super) listening: Vec<Option<Process>>,
    /// Second processes under a node ID.
    pub(super) twins: Vec<Process>,
    /// Hosts that are down: nothing comes back from them.
    pub(super) silent: Vec<bool>,
    pub(super) links: Vec<Link>,
    pub(super) wires: Vec<Wire>,
    pub(super) oracle: Oracle,
    /// When the faults end.
    pub(super) calm_from: u64,
    /// Programs do nothing of their own any more.
    pub(super) is_idle: bool,
    /// What the end waits for.
    pub(super) remainder: Option<Remainder>,
    /// Connections when everything had come to rest.
    pub(super) wires_at_rest: usize,
}

impl World {
    pub(super) fn new(seed: u64, is_told: bool) -> Self {
        let mut random = Random::new(seed);
        let mut swarm = Swarm::draw(&mut random);
        let nodes = swarm.nodes;
        let mut dice = Random::new(!seed);
        let mut topology = Topology::draw(&mut dice, nodes);
        if swarm.climate != Climate::Gentle {
            topology.draw_absent(&mut dice);
        }
        swarm.joins(topology.has_seeds());
        let host = |node: usize| if swarm.one_host { "127.0.0.1".to_owned() } else { format!("10.0.0.{}", node + 1) };
        let places: Vec<String> = (0..nodes).map(|node| format!("{}:{}", host(node), 4000 + node)).collect();
        let link =
            |random: &mut Random| Link { delay: random.between(swarm.delay.0, swarm.delay.1), ..Link::default() };
        let links = (0..nodes * nodes).map(|_| link(&mut random)).collect();
        let mut story = Story::new(is_told);
        story.tell(0, || format!("seed {seed}: {swarm}\n{topology:?}"));
        Self {
            now: 0,
            ids: places.iter().enumerate().map(|(node, place)| id(node, place)).collect(),
            addresses: places.iter().map(|place| place.parse().expect("an address")).collect(),
            runtimes: Vec::new(),
            listening: vec![None; nodes],
            twins: Vec::new(),
            silent: vec![false; nodes],
            links,
            wires: Vec::new(),
            oracle: Oracle::new(nodes, Bounds::of(&swarm)),
            calm_from: swarm.safety,
            is_idle: false,
            remainder: None,
            wires_at_rest: 0,
            queue: Queue::default(),
            story,
            census: Census::default(),
            random,
            dice,
            topology,
            swarm,
        }
    }

    /// Runs to the end, or to the first violation.
    pub(super) fn run(&mut self) -> Result<Report, Violation> {
        self.begin();
        self.go_on()
    }

    pub(super) fn go_on(&mut self) -> Result<Report, Violation> {
        let mut steps = 0;
        while let Some((at, what)) = self.queue.next() {
            self.now = at;
            steps += 1;
            if what == Happening::Phase(super::phases::LAST) {
                self.finish();
                break;
            }
            self.story.note(at);
            self.happen(what);
            if steps > MAX_STEPS {
                self.oracle.complain(Guarantee::Rest, at, || format!("{steps} steps were not enough"));
            }
            if self.oracle.violation().is_some() {
                break;
            }
        }
        match self.oracle.violation() {
            Some(violation) => Err(violation.clone()),
            None => Ok(Report { trace_hash: self.story.hash(), census: self.census.clone() }),
        }
    }

    /// What happened, line by line, if it was to be told.
    pub(super) fn into_story(self) -> Vec<String> {
        self.story.into_lines()
    }

    pub(super) fn begin(&mut self) {
        for node in 0..self.swarm.nodes {
            self.listening[node] = Some(self.start_process(node));
            self.queue.plan(self.random.below(SECOND), Happening::Act { node });
            self.queue.plan(self.dice.below(SECOND), Happening::Database { node });
        }
        self.queue.plan(self.random.below(2 * self.swarm.fault_every), Happening::Fault);
        self.queue.plan(SECOND, Happening::Check);
        self.plan_phases();
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Arrive { wire, end } => self.arrive(wire, end),
            Happening::Room { wire, end } => self.write_more(wire, end),
            Happening::DialTimeout { wire } => self.dial_timed_out(wire),
            Happening::Falter { wire, end } => self.falter(wire, end),
            Happening::Suspended { node, step } => self.step_clock(node, step),
            Happening::Tick(process) => self.tick(process),
            Happening::LastWords { wire } => self.speak_and_crash(wire),
            Happening::Desert => self.desert(),
            Happening::Introduce { node, other } => self.introduce(node, other),
            Happening::Cut { a, b } => self.cut_between(a, b),
            Happening::Act { node } => self.act_and_go_on(node),
            Happening::Database { node } => self.use_database_and_go_on(node),
            Happening::Fault => self.fault_and_go_on(),
            Happening::Recovered { a, b } => self.oracle.contacts.end(a, b, self.now),
            Happening::Fast { from, to } => {
                self.link_mut(from, to).rate = None;
                self.oracle.contacts.end(from, to, self.now);
            }
            Happening::Resume(process) => self.resume(process),
            Happening::StopDeadline(process) => self.say_goodbye(process),
            Happening::Start { node } => self.restart(node),
            Happening::TwinEnds(process) => self.end_twin(process),
            Happening::Check => self.check(),
            Happening::Phase(phase) => self.begin_phase(phase),
        }
    }

    fn write_more(&mut self, wire: usize, end: usize) {
        let end = &self.wires[wire].ends[end];
        let Some((process, connection)) = end.process.zip(end.connection).filter(|_| !end.is_closed) else { return };
        if matches!(self.runtimes[process.0].state, State::Running | State::Leaving) {
            self.write(process, connection);
            self.settle(process);
        }
    }

    fn check(&mut self) {
        self.queue.plan(self.now + SECOND, Happening::Check);
        for runtime in &self.runtimes {
            if runtime.state == State::Ended || runtime.kernel.unacknowledged() < 16 << 10 {
                continue;
            }
            let node = runtime.node;
            for peer in runtime.kernel.peers().into_iter().filter(|peer| peer.unacknowledged >= 16 << 10) {
                let other = self.ids.iter().position(|id| *id == peer.node).unwrap_or(node);
                let is_heard = peer.connected && runtime.state == State::Running;
                self.oracle.contacts.busy(node, other, is_heard, self.now);
            }
        }
        self.oracle.check_deaths(self.now);
    }

    /// Counts frames that say what no event tells.
    pub(super) fn inspect(&mut self, mut octets: &[u8]) {
        while let Some((length, rest)) = octets.split_first_chunk::<4>() {
            let Some((frame, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else { return };
            octets = rest;
            match frame.first() {
                Some(0x4a) => self.census.count(Counted::Piece),
                Some(0x4b) => self.census.count(Counted::Certificate),
                _ => {}
            }
        }
    }

    /// A session began: with the first process of a node that it met, or with another one.
    pub(super) fn peer_up(&mut self, process: Process, incarnation: Incarnation) -> Counted {
        let other = self.oracle.facts.processes.iter().position(|other| other.incarnation == incarnation);
        match other.and_then(|other| self.oracle.met(process, Process(other), self.now)) {
            Some(before) if Some(before.0) != other => Counted::Superseded,
            _ => Counted::SessionBegun,
        }
    }

    /// The running process of a node that has listened longest.
    pub(super) fn running(&self, node: usize) -> Option<Process> {
        self.listening[node].filter(|process| self.runtimes[process.0].state == State::Running)
    }

    /// Any port of a process.
    pub(super) fn any_port(&mut self, process: Process) -> Option<LocalPort> {
        let ports = &self.runtimes[process.0].ports;
        (!ports.is_empty()).then(|| ports[self.random.index(ports.len())].0)
    }
}

fn id(node: usize, place: &str) -> NodeId {
    format!("n{node}@{place}").parse().expect("a node ID")
}
