//! Many kernels on a network without faults, under virtual time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::{Duration, Instant},
};

use aemp_proto::{
    id::{Address, Incarnation, NodeId},
    kernel::{ConnectionId, DialFailure, DialId, Event, Kernel, Output, Received, RefusedIsDeath, Settings, Timing},
    limits::Limits,
    link::{Authenticated, Role},
    time::Time,
};
use bytes::Bytes;

use super::traffic::Traffic;
use crate::random::Random;

/// How long octets are under way, in microseconds.
const DELAY: u64 = 250;
/// Ways that the messages of a handshake go before the acceptor knows who dialled; the dialler knows one later.
const HANDSHAKE: u64 = 4;
/// Octets that are written at once.
const ROOM: usize = 1 << 20;

/// What becomes of a node.
pub(super) struct Node {
    pub(super) id: NodeId,
    address: Address,
    pub(super) kernel: Kernel,
    wires: BTreeMap<ConnectionId, (usize, usize)>,
    tick_at: u64,
    pub(super) runs: bool,
    /// When it began.
    pub(super) began: u64,
    /// Its master, which is itself if it is global.
    pub(super) master: Option<NodeId>,
    /// What its watch has told of, in order: when, and what.
    pub(super) heard: Vec<(u64, aemp_proto::directory::Change)>,
}

#[derive(Default)]
struct End {
    node: usize,
    connection: Option<ConnectionId>,
    unread: Vec<u8>,
    is_closed: bool,
}

struct Wire {
    ends: [End; 2],
    dial: DialId,
    nonce: [u8; 32],
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Tick(usize),
    /// The other side has proved itself to this end.
    Proved {
        wire: usize,
        end: usize,
    },
    Arrive {
        wire: usize,
        end: usize,
        octets: Bytes,
    },
    HangUp {
        wire: usize,
        end: usize,
    },
    Refused {
        node: usize,
        dial: DialId,
    },
}

/// The nodes, and what is under way between them.
pub(super) struct Network {
    pub(super) now: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) traffic: Traffic,
    wires: Vec<Wire>,
    by_address: BTreeMap<Address, usize>,
    queue: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    planned: u64,
    random: Random,
    /// The processor's time in kernels.
    pub(super) work: Duration,
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now: 0,
            nodes: Vec::new(),
            traffic: Traffic::default(),
            wires: Vec::new(),
            by_address: BTreeMap::new(),
            queue: BinaryHeap::new(),
            planned: 0,
            random: Random::new(seed),
            work: Duration::ZERO,
        }
    }

    /// A node begins that has these seeds.
    pub(super) fn start(&mut self, seeds: &[Address]) -> usize {
        let number = self.nodes.len();
        let address = address(number);
        let id: NodeId = format!("n{number}@{address}").parse().expect("a node ID");
        let kernel = Kernel::new(Settings {
            node: id.clone(),
            incarnation: Incarnation(std::array::from_fn(|_| self.random.next() as u8)),
            addresses: vec![address.clone()],
            limits: Limits::default(),
            timing: Timing::default(),
            refused_is_death: RefusedIsDeath::SameHost,
            seed: self.random.next(),
            relay: false,
            wall_clock: Duration::from_secs(1_800_000_000),
            seeds: seeds.to_vec(),
            global: false,
        });
        self.by_address.insert(address.clone(), number);
        let (began, wires, heard) = (self.now, BTreeMap::new(), Vec::new());
        let node = Node { id, address, kernel, wires, tick_at: u64::MAX, runs: true, began, master: None, heard };
        self.nodes.push(node);
        self.settle(number);
        number
    }

    /// A node ends without a word, as killed processes do: the system closes its connections.
    pub(super) fn kill(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        state.runs = false;
        self.by_address.remove(&state.address);
        for (wire, end) in std::mem::take(&mut state.wires).into_values() {
            self.close(wire, end);
        }
    }

    /// Does something with the kernel of a node.
    pub(super) fn with<R>(&mut self, node: usize, work: impl FnOnce(&mut Kernel, Time) -> R) -> R {
        let time = time(self.now);
        let begun = Instant::now();
        let result = work(&mut self.nodes[node].kernel, time);
        self.work += begun.elapsed();
        self.settle(node);
        result
    }

    /// Lets time pass until `is_over`, at most until `until`. Whether it is over. It is looked for at every tenth of a delay.
    pub(super) fn run(&mut self, until: u64, mut is_over: impl FnMut(&[Node]) -> bool) -> bool {
        let mut look_at = self.now;
        while let Some(Reverse((at, _, _))) = self.queue.peek()
            && *at <= until
        {
            if *at > look_at {
                look_at = *at + DELAY / 10;
                if is_over(&self.nodes) {
                    return true;
                }
            }
            let Some(Reverse((at, _, what))) = self.queue.pop() else { break };
            self.now = at;
            self.happen(what);
        }
        let over = is_over(&self.nodes);
        if !over {
            self.now = until;
        }
        over
    }

    fn plan(&mut self, at: u64, what: Happening) {
        self.planned += 1;
        self.queue.push(Reverse((at, self.planned, what)));
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Tick(node) => self.tick(node),
            Happening::Proved { wire, end } => self.attach(wire, end),
            Happening::Arrive { wire, end, octets } => self.arrive(wire, end, octets),
            Happening::HangUp { wire, end } => self.hung_up(wire, end),
            Happening::Refused { node, dial } => {
                self.with(node, |kernel, now| kernel.dial_failed(dial, DialFailure::Refused, now));
            }
        }
    }

    fn tick(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        state.tick_at = u64::MAX;
        if state.runs {
            self.with(node, Kernel::tick);
        }
    }

    /// Carries out what a kernel wants.
    fn settle(&mut self, node: usize) {
        if !self.nodes[node].runs {
            return;
        }
        loop {
            let begun = Instant::now();
            let kernel = &mut self.nodes[node].kernel;
            let (output, writable) = match kernel.poll() {
                Some(output) => (Some(output), None),
                None => (None, kernel.next_writable()),
            };
            self.work += begun.elapsed();
            match (output, writable) {
                (Some(output), _) => self.carry_out(node, output),
                (None, Some(connection)) => self.write(node, connection),
                (None, None) => break,
            }
        }
        let state = &mut self.nodes[node];
        if let Some(due) = state.kernel.deadline() {
            // Its clock counts in less than microseconds.
            let due = (due.since_start().as_nanos().div_ceil(1000) as u64).max(self.now);
            if due < state.tick_at {
                state.tick_at = due;
                self.plan(due, Happening::Tick(node));
            }
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        match output {
            Output::Dial { dial, address, .. } => self.dial(node, dial, &address),
            Output::Close(connection) => {
                self.write(node, connection);
                if let Some((wire, end)) = self.nodes[node].wires.remove(&connection) {
                    let now = time(self.now);
                    self.nodes[node].kernel.closed(connection, "closed by this node", now);
                    self.close(wire, end);
                }
            }
            Output::Changed { change, .. } => {
                let heard = (self.now, change);
                self.nodes[node].heard.push(heard);
            }
            Output::Event(Event::MasterFound { node: master }) => self.nodes[node].master = Some(master),
            Output::Event(Event::BecameGlobal) => self.nodes[node].master = Some(self.nodes[node].id.clone()),
            Output::Event(Event::MasterLost { .. }) => self.nodes[node].master = None,
            _ => {}
        }
    }

    fn dial(&mut self, node: usize, dial: DialId, to: &Address) {
        let Some(other) = self.by_address.get(to).copied() else {
            return self.plan(self.now + 2 * DELAY, Happening::Refused { node, dial });
        };
        let nonce = std::array::from_fn(|_| self.random.next() as u8);
        let ends = [node, other].map(|node| End { node, ..End::default() });
        self.wires.push(Wire { ends, dial, nonce });
        self.traffic.connections += 1;
        let wire = self.wires.len() - 1;
        self.plan(self.now + HANDSHAKE * DELAY, Happening::Proved { wire, end: 1 });
        self.plan(self.now + (HANDSHAKE + 1) * DELAY, Happening::Proved { wire, end: 0 });
    }

    fn attach(&mut self, wire: usize, end: usize) {
        let Wire { ends, dial, nonce } = &self.wires[wire];
        let (node, other) = (ends[end].node, ends[1 - end].node);
        if !self.nodes[node].runs || ends[end].is_closed {
            return;
        }
        if !self.nodes[other].runs {
            let dial = *dial;
            return if end == 0 {
                self.plan(self.now, Happening::Refused { node, dial })
            };
        }
        let incarnation = self.nodes[other].kernel.settings().incarnation;
        let role = if end == 0 { Role::Dialler } else { Role::Acceptor };
        let link = Authenticated::simulated(self.nodes[other].id.clone(), incarnation, role, *nonce);
        let dial = (end == 0).then_some(*dial);
        let greeted = time(self.now.saturating_sub(HANDSHAKE * DELAY));
        let connection = self.with(node, |kernel, now| kernel.attach(&link, dial, greeted, now));
        self.nodes[node].wires.insert(connection, (wire, end));
        let state = &mut self.wires[wire].ends[end];
        state.connection = Some(connection);
        let early = std::mem::take(&mut state.unread);
        self.write(node, connection);
        self.read(wire, end, early);
    }

    fn write(&mut self, node: usize, connection: ConnectionId) {
        let Some((wire, end)) = self.nodes[node].wires.get(&connection).copied() else { return };
        let now = time(self.now);
        loop {
            let begun = Instant::now();
            let octets = self.nodes[node].kernel.transmit(connection, ROOM, now);
            self.work += begun.elapsed();
            let Some(octets) = octets else { return };
            self.traffic.count(&octets);
            self.plan(self.now + DELAY, Happening::Arrive { wire, end: 1 - end, octets });
        }
    }

    fn arrive(&mut self, wire: usize, end: usize, octets: Bytes) {
        let state = &mut self.wires[wire].ends[end];
        if state.is_closed || !self.nodes[state.node].runs {
            return;
        }
        let mut input = std::mem::take(&mut state.unread);
        input.extend_from_slice(&octets);
        self.read(wire, end, input);
    }

    /// Hands whole frames to the kernel; what is left waits for more.
    fn read(&mut self, wire: usize, end: usize, input: Vec<u8>) {
        let state = &mut self.wires[wire].ends[end];
        let (node, Some(connection)) = (state.node, state.connection) else {
            state.unread = input;
            return;
        };
        let (mut at, now, begun) = (0, time(self.now), Instant::now());
        while let Received::Frame { length, .. } = self.nodes[node].kernel.receive(connection, &input[at..], now) {
            at += length;
        }
        self.work += begun.elapsed();
        self.wires[wire].ends[end].unread = input[at..].to_vec();
        self.settle(node);
    }

    fn close(&mut self, wire: usize, end: usize) {
        self.wires[wire].ends[end].is_closed = true;
        self.plan(self.now + DELAY, Happening::HangUp { wire, end: 1 - end });
    }

    fn hung_up(&mut self, wire: usize, end: usize) {
        let state = &mut self.wires[wire].ends[end];
        let (node, connection) = (state.node, state.connection);
        if std::mem::replace(&mut state.is_closed, true) || !self.nodes[node].runs {
            return;
        }
        if let Some(connection) = connection {
            self.nodes[node].wires.remove(&connection);
            self.with(node, |kernel, now| kernel.closed(connection, "the other side closed the connection", now));
        }
    }
}

/// Where a node listens. All are on one host, where a refused connection proves a death.
pub(super) fn address(node: usize) -> Address {
    let [_, high, middle, low] = u32::try_from(node).unwrap_or(u32::MAX).to_be_bytes();
    format!("127.{high}.{middle}.{low}:4040").parse().expect("an address")
}

const fn time(micros: u64) -> Time {
    Time::new(Duration::from_micros(micros))
}
