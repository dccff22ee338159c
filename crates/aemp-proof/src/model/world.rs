//! A state: kernels, the connections between them, what is on its way, and what was sent, received and told so far.

use std::{collections::VecDeque, rc::Rc, time::Duration};

use aemp_proto::{
    id::{Incarnation, NodeId, PortId, PortName},
    kernel::{ConnectionId, DialId, Kernel, LocalPort, RefusedIsDeath, Settings, Timing, WatchId},
    limits::Limits,
    time::Time,
};
use bytes::Bytes;

use super::{
    config::{Config, Faults, PortAt},
    history::{History, LARGE},
};

/// One step of a clock: far shorter than every patience.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// A living session answers a probe within this.
pub(crate) const PROBE: Duration = Duration::from_hours(1);
/// A session without a connection is given up after this.
pub(crate) const SESSION: Duration = Duration::from_hours(1_000);
/// For what never comes by waiting alone.
const NEVER: Duration = Duration::from_hours(1_000_000);
/// Of a silent connection.
pub(crate) const HEARTBEAT: Duration = Duration::from_hours(10);

/// A name of a port: the one it was opened under (age 0), or a further one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    pub(crate) port: PortAt,
    pub(crate) age: usize,
}

/// A process, or the place of one that ended.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) kernel: Kernel,
    pub(crate) id: NodeId,
    pub(crate) up: bool,
    pub(crate) run: u8,
    /// Steps of its clock, and jumps over a patience.
    pub(crate) clock: Duration,
    /// Attempts to connect that have not been answered, and to whom.
    pub(crate) dials: Vec<(DialId, usize)>,
    pub(crate) watches: Vec<(WatchId, Name)>,
    /// For each script how far it has come.
    pub(crate) done: Vec<u8>,
    /// Further names of its ports.
    pub(crate) further: Vec<(PortAt, PortName)>,
    /// Secret ports that it was handed.
    pub(crate) handed: Vec<PortAt>,
}

impl Node {
    pub(crate) fn start(config: &Config, at: usize, run: u8, clock: Duration) -> Self {
        let id = node_id(at);
        let timing = {
            let mut timing = Timing::default();
            timing.heartbeat = if config.silent { HEARTBEAT } else { NEVER };
            timing.session_timeout = SESSION;
            timing.handshake = NEVER;
            timing.ack_delay = Duration::ZERO;
            timing.probe = PROBE;
            timing.refused_pause = Duration::ZERO;
            timing.redial_min = Duration::ZERO;
            timing.redial_max = Duration::ZERO;
            timing.dial_stagger = Duration::ZERO;
            timing
        };
        let mut limits = Limits::default();
        limits.max_piece = 128;
        if config.narrow {
            limits.max_unacknowledged = 2 * LARGE;
        }
        limits.max_fences = config.max_fences.unwrap_or(limits.max_fences);
        let mut kernel = Kernel::new(Settings {
            addresses: id.recipe().to_vec(),
            node: id.clone(),
            incarnation: incarnation(at, run),
            limits,
            timing,
            refused_is_death: RefusedIsDeath::SameHost,
            wall_clock: Duration::ZERO,
            relay: false,
            seed: 0,
            seeds: Vec::new(),
            global: false,
        });
        for (port, opened) in config.ports.iter().enumerate() {
            if (opened.node, opened.run) == (at, run) {
                kernel.open(local(port));
                if opened.private {
                    kernel.make_private(local(port));
                }
            }
        }
        Self {
            kernel,
            id,
            up: true,
            run,
            clock,
            dials: Vec::new(),
            watches: Vec::new(),
            done: vec![0; config.scripts.len()],
            further: Vec::new(),
            handed: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time::new(self.clock)
    }
}

/// What one end of a connection has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It has greeted.
    Greeted {
        at: Time,
        dial: Option<DialId>,
    },
    /// It was handed to the kernel.
    Open(ConnectionId),
    Closed,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) node: usize,
    /// The incarnation at it.
    pub(crate) run: u8,
    pub(crate) reach: Reach,
}

/// A connection: end 0 dialled.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) nonce: u64,
    pub(crate) ends: [End; 2],
    /// Frames on their way from each end.
    pub(crate) flow: [VecDeque<Bytes>; 2],
    /// The acceptor's proof is on its way or read.
    pub(crate) proved: bool,
    /// It broke, and the end that did not see that is told nothing.
    pub(crate) silent: bool,
}

/// A state.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) nodes: Vec<Rc<Node>>,
    /// By pair of nodes, then by nonce.
    pub(crate) wires: Vec<Wire>,
    pub(crate) left: Faults,
    pub(crate) history: History,
    /// The fingerprints of the kernels, where they are known.
    pub(crate) known: [Option<u64>; 3],
    /// Tells what happens, if anybody listens.
    pub(crate) story: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            nodes: (0..config.nodes).map(|at| Rc::new(Node::start(config, at, 1, TICK))).collect(),
            wires: Vec::new(),
            left: config.faults,
            history: History::default(),
            known: [None; 3],
            story: None,
        }
    }

    /// A node that is about to change: its clock goes on.
    pub(crate) fn touch(&mut self, at: usize) -> &mut Node {
        self.known[at] = None;
        let node = Rc::make_mut(&mut self.nodes[at]);
        node.clock += TICK;
        node
    }

    /// The end of a connection that a kernel knows.
    pub(crate) fn find(&self, at: usize, connection: ConnectionId) -> Option<(usize, usize)> {
        let is_it = |end: &End| end.node == at && end.reach == Reach::Open(connection);
        self.wires.iter().enumerate().find_map(|(w, wire)| Some((w, wire.ends.iter().position(is_it)?)))
    }

    /// The port ID of a name.
    pub(crate) fn port_id(&self, config: &Config, name: Name) -> PortId {
        let port = &config.ports[name.port];
        let original =
            || PortName::Native { origin: incarnation(port.node, port.run).into(), number: local(name.port).number() };
        let further = self.nodes[port.node].further.iter().filter(|(of, _)| *of == name.port);
        let text = match name.age {
            0 => original(),
            age => further.map(|(_, text)| text.clone()).nth(age - 1).unwrap_or_else(original),
        };
        PortId::new(node_id(port.node), text)
    }

    /// The newest name of a port.
    pub(crate) fn newest(&self, config: &Config, port: PortAt) -> Name {
        let node = &self.nodes[config.ports[port].node];
        let further = if node.run == config.ports[port].run {
            node.further.iter().filter(|(of, _)| *of == port).count()
        } else {
            0
        };
        Name { port, age: further }
    }

    /// Whether a port lives.
    pub(crate) fn is_alive(&self, config: &Config, port: PortAt) -> bool {
        let node = &self.nodes[config.ports[port].node];
        node.up && node.run == config.ports[port].run && node.kernel.is_alive(local(port))
    }

    pub(crate) fn tell(&mut self, what: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(what());
        }
    }
}

pub(crate) fn node_id(at: usize) -> NodeId {
    let text = format!("{}@127.0.0.1:{}", ["a", "b", "c"][at], 4001 + at);
    text.parse().unwrap_or_else(|error| unreachable!("{text} is a node ID: {error}"))
}

pub(crate) fn incarnation(at: usize, run: u8) -> Incarnation {
    let mut octets = [b'a' + at as u8; 16];
    octets[0] = run;
    Incarnation(octets)
}

/// The place of a port in its node: unlike that of every other.
pub(crate) fn local(port: PortAt) -> LocalPort {
    LocalPort { slot: port as u32, generation: 0 }
}
