//! A few kernels, the connections between them, and the clock.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use crate::{
    directory::{Change, DatabaseWatch},
    id::{Address, Incarnation, NodeId, PortId, PortKind, PortName, PortNumber},
    kernel::{ConnectionId, DialFailure, DialId, Event, Kernel, LocalPort, PortNumbers, Settings, Timing, WatchId},
    limits::Limits,
    link::{Authenticated, Role},
    message::cbor,
    reason::Reason,
    time::Time,
};

/// A node, and all that it was told.
pub(super) struct Node {
    pub(super) kernel: Kernel,
    pub(super) id: NodeId,
    pub(super) incarnation: Incarnation,
    pub(super) numbers: PortNumbers,
    pub(super) up: bool,
    /// What its ports received, in order.
    pub(super) received: Vec<(LocalPort, String)>,
    pub(super) fired: Vec<(WatchId, Reason)>,
    pub(super) answers: Vec<(PortNumber, Result<String, Reason>)>,
    pub(super) calls: Vec<(LocalPort, PortId)>,
    pub(super) spawned: Vec<(PortName, String)>,
    pub(super) events: Vec<Event>,
    /// What watchers of the database were told.
    pub(super) changes: Vec<(DatabaseWatch, Change)>,
    /// Further names of its ports, in order.
    pub(super) renamed: Vec<(LocalPort, PortId)>,
    /// Attempts to connect that are held up.
    pub(super) held: Vec<(DialId, Option<NodeId>, Address)>,
}

/// One connection: its two ends, and what is on its way from each.
pub(super) struct Wire {
    pub(super) ends: [(usize, ConnectionId); 2],
    pub(super) flow: [VecDeque<u8>; 2],
    /// Octets that still pass, per direction; then the rest waits.
    pub(super) passes: [usize; 2],
    pub(super) closed: [bool; 2],
    pub(super) dead: bool,
}

pub(super) struct World {
    pub(super) now: Time,
    pub(super) nodes: Vec<Node>,
    pub(super) wires: Vec<Wire>,
    /// Attempts to connect succeed at once; otherwise they are held.
    pub(super) dial_at_once: bool,
    /// What attempts to connect to an address come to, where it is not the node that listens there.
    pub(super) failures: BTreeMap<Address, DialFailure>,
    pub(super) limits: Limits,
    pub(super) timing: Timing,
    /// Where nodes that are started look for global nodes, and whether they are global themselves.
    pub(super) seeds: Vec<Address>,
    pub(super) global: bool,
    /// What names of hosts stand for.
    pub(super) names: BTreeMap<Address, Vec<Address>>,
    /// Whether the nodes are processes of one host.
    pub(super) same_host: bool,
    /// Which of several connections is read first.
    pub(super) backwards: bool,
    nonce: u8,
}

impl Wire {
    /// The connection at one of its ends.
    pub(super) fn ends_at(&self, end: usize) -> ConnectionId {
        self.ends[end].1
    }
}

impl Node {
    /// What the others know of this node when it is authenticated to them.
    pub(super) fn authenticated(&self, role: Role) -> Authenticated {
        Authenticated { node: self.id.clone(), incarnation: self.incarnation, role, nonce: [5; 32], same_host: true }
    }
}

impl World {
    /// Nodes `n0@127.0.0.1:4000`, `n1@127.0.0.1:4001` and so on.
    pub(super) fn new(count: usize) -> Self {
        let mut world = Self {
            now: Time::ZERO,
            nodes: Vec::new(),
            wires: Vec::new(),
            dial_at_once: true,
            failures: BTreeMap::new(),
            limits: Limits::default(),
            timing: Timing::default(),
            seeds: Vec::new(),
            global: false,
            names: BTreeMap::new(),
            same_host: true,
            backwards: false,
            nonce: 0,
        };
        for n in 0..count {
            world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
        }
        world
    }

    pub(super) fn add(&mut self, id: &str) -> usize {
        let node = self.start(id.parse().unwrap(), self.nodes.len() as u8, 1);
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// A node that tells where it listens, in its first frames only.
    pub(super) fn add_private(&mut self, id: &str, address: &str) -> usize {
        let node = self.start_at(id.parse().unwrap(), vec![address.parse().unwrap()], self.nodes.len() as u8, 1);
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn start(&self, id: NodeId, n: u8, run: u8) -> Node {
        let addresses = id.recipe().to_vec();
        self.start_at(id, addresses, n, run)
    }

    fn start_at(&self, id: NodeId, addresses: Vec<Address>, n: u8, run: u8) -> Node {
        let mut random = [n; 16];
        random[0] = run;
        let incarnation = Incarnation(random);
        let kernel = Kernel::new(Settings {
            node: id.clone(),
            incarnation,
            addresses,
            limits: self.limits,
            timing: self.timing,
            refused_is_death: crate::kernel::RefusedIsDeath::SameHost,
            seed: n.into(),
            wall_clock: Duration::ZERO,
            seeds: self.seeds.clone(),
            global: self.global,
            relay: false,
        });
        Node {
            kernel,
            id,
            incarnation,
            numbers: PortNumbers::default(),
            up: true,
            received: Vec::new(),
            fired: Vec::new(),
            answers: Vec::new(),
            calls: Vec::new(),
            spawned: Vec::new(),
            events: Vec::new(),
            changes: Vec::new(),
            renamed: Vec::new(),
            held: Vec::new(),
        }
    }

    // ---- what programs do

    pub(super) fn open(&mut self, n: usize) -> (LocalPort, PortId) {
        let port = self.nodes[n].numbers.take().unwrap();
        self.nodes[n].kernel.open(port);
        (port, self.nodes[n].kernel.port_id(port))
    }

    pub(super) fn send(&mut self, n: usize, to: &PortId, text: &str) {
        self.send_from(n, to, None, text);
    }

    pub(super) fn send_from(&mut self, n: usize, to: &PortId, from: Option<LocalPort>, text: &str) {
        let now = self.now;
        self.nodes[n].kernel.send(to, from, now, |out| cbor::encode(&(text,), out)).unwrap();
    }

    /// False if it was dropped at once.
    pub(super) fn send_lossy(&mut self, n: usize, to: &PortId, text: &str) -> bool {
        self.nodes[n].kernel.send_lossy(to, |out| cbor::encode(&(text,), out)).unwrap()
    }

    pub(super) fn call(&mut self, n: usize, to: &PortId, number: u64) -> PortNumber {
        let number = PortNumber::counted(number, PortKind::Reply).unwrap();
        let now = self.now;
        self.nodes[n].kernel.call(to, None, number, now, |out| cbor::encode(&("call",), out)).unwrap();
        number
    }

    pub(super) fn monitor(&mut self, n: usize, target: &PortId) -> WatchId {
        let now = self.now;
        self.nodes[n].kernel.monitor(target, now)
    }

    /// The texts that a port received.
    pub(super) fn texts(&self, n: usize, port: LocalPort) -> Vec<&str> {
        self.nodes[n].received.iter().filter(|(to, _)| *to == port).map(|(_, text)| text.as_str()).collect()
    }

    /// The codes with which watches of a node fired.
    pub(super) fn codes(&self, n: usize) -> Vec<&str> {
        self.nodes[n].fired.iter().map(|(_, reason)| reason.code().as_str()).collect()
    }

    // ---- what happens to nodes and connections

    /// The process ends without a word; its host closes its connections.
    pub(super) fn crash(&mut self, n: usize) {
        self.nodes[n].up = false;
        for wire in &mut self.wires {
            for end in 0..2 {
                if wire.ends[end].0 == n {
                    wire.closed[end] = true;
                }
            }
        }
    }

    /// Another process begins under the same node ID.
    pub(super) fn restart(&mut self, n: usize) {
        self.crash(n);
        let run = self.nodes[n].incarnation.0[0] + 1;
        self.nodes[n] = self.start(self.nodes[n].id.clone(), n as u8, run);
    }

    /// Breaks every connection; what is under way is lost.
    pub(super) fn cut(&mut self) {
        for w in 0..self.wires.len() {
            if !self.wires[w].dead {
                self.cut_end(w, 0);
                self.cut_end(w, 1);
            }
        }
    }

    /// One end of a connection sees it break; what is under way to it is lost.
    pub(super) fn cut_end(&mut self, w: usize, end: usize) {
        let (n, connection) = self.wires[w].ends[end];
        if !std::mem::replace(&mut self.wires[w].closed[end], true) && self.nodes[n].up {
            let now = self.now;
            self.nodes[n].kernel.closed(connection, "cut", now);
        }
    }

    /// From now on nothing arrives any more on the present connections, and nobody is told.
    pub(super) fn black_hole(&mut self) {
        self.wires.iter_mut().for_each(|wire| wire.dead = true);
    }

    pub(super) fn live_wires(&self) -> usize {
        self.wires.iter().filter(|wire| !wire.closed[0] && !wire.closed[1]).count()
    }

    /// Connects `from` to `to`, whatever the kernels want; false if that cannot be.
    pub(super) fn connect(&mut self, from: usize, to: usize, dial: Option<DialId>, nonce: u8) -> bool {
        let link = |node: &Node, role| Authenticated {
            node: node.id.clone(),
            incarnation: node.incarnation,
            role,
            nonce: [nonce; 32],
            same_host: self.same_host,
        };
        let (there, here) = (link(&self.nodes[to], Role::Dialler), link(&self.nodes[from], Role::Acceptor));
        let now = self.now;
        let a = self.nodes[from].kernel.attach(&there, dial, now, now);
        let b = self.nodes[to].kernel.attach(&here, None, now, now);
        self.wires.push(Wire {
            ends: [(from, a), (to, b)],
            flow: [VecDeque::new(), VecDeque::new()],
            passes: [usize::MAX; 2],
            closed: [false; 2],
            dead: false,
        });
        true
    }

    /// Lets attempts to connect that were held up come to their end.
    pub(super) fn release_dials(&mut self) {
        for n in 0..self.nodes.len() {
            for (dial, expect, address) in std::mem::take(&mut self.nodes[n].held) {
                self.dial(n, dial, expect, &address);
            }
        }
    }

    pub(super) fn dial(&mut self, n: usize, dial: DialId, expect: Option<NodeId>, address: &Address) {
        let listener = (0..self.nodes.len())
            .find(|other| self.nodes[*other].up && self.nodes[*other].kernel.settings().addresses.contains(address));
        let failure = self.failures.get(address).cloned();
        let now = self.now;
        match (listener, failure) {
            (Some(to), None) if to == n => self.nodes[n].kernel.dial_failed(dial, DialFailure::OwnNode, now),
            (Some(to), None) if expect.as_ref().is_none_or(|id| *id == self.nodes[to].id) => {
                // Later connections have neither greater nor smaller nonces.
                self.nonce = self.nonce.wrapping_add(97);
                self.connect(n, to, Some(dial), self.nonce);
            }
            (Some(_), None) => {
                let wrong = DialFailure::Rejected(Reason::new("wrong_node", ""));
                self.nodes[n].kernel.dial_failed(dial, wrong, now);
            }
            (_, failure) => self.nodes[n].kernel.dial_failed(dial, failure.unwrap_or(DialFailure::Refused), now),
        }
    }
}

pub(super) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
