//! What the nodes do, what happens to them, and a record of both.

use std::collections::{BTreeMap, BTreeSet};

use super::{Random, Weather};
use crate::{
    id::{NodeId, PortId, PortKind, PortName, PortNumber},
    kernel::{
        Event, LocalPort, WatchId,
        tests::world::{World, millis},
    },
    link::Role,
    message::cbor,
    reason::Reason,
    time::Time,
};

/// A port that was opened or spawned.
pub(super) struct Port {
    pub(super) node: usize,
    pub(super) run: u8,
    pub(super) id: PortId,
    pub(super) local: Option<LocalPort>,
    /// The incarnation that spawned it: others might name it before it is there.
    spawner: Option<(usize, u8)>,
    /// It was closed, killed, or its node crashed.
    pub(super) doomed: bool,
    /// What it sent: the stream and the number.
    pub(super) words: Vec<((usize, u8, usize), u64)>,
}

/// What one incarnation sent to one port.
#[derive(Default)]
pub(super) struct Stream {
    pub(super) sent: u64,
    /// The numbers that arrived, in order.
    pub(super) arrived: Vec<u64>,
    /// How many were sent when a monitor of the sender's fired.
    pub(super) closed_at: Option<u64>,
}

pub(super) struct Watched {
    pub(super) node: usize,
    pub(super) run: u8,
    pub(super) watch: WatchId,
    pub(super) port: usize,
    /// Sessions of its node with the port's node that had failed before.
    pub(super) failures_before: usize,
    pub(super) ended: bool,
    pub(super) fired: usize,
}

pub(super) struct Program {
    pub(super) world: World,
    pub(super) random: Random,
    pub(super) weather: Weather,
    pub(super) ports: Vec<Port>,
    /// By node, its run, and port.
    pub(super) streams: BTreeMap<(usize, u8, usize), Stream>,
    pub(super) watches: Vec<Watched>,
    pub(super) calls: Vec<(usize, u8, PortNumber)>,
    pub(super) replied: BTreeSet<PortId>,
    /// How much of each node's record was checked.
    pub(super) seen: Vec<usize>,
    next_number: u64,
    broken_since: Option<Time>,
    pub(super) log: Vec<String>,
}

impl Program {
    pub(super) fn new(mut random: Random, weather: Weather) -> Self {
        let mut world = World::new(0);
        if random.one_in(2) {
            world.limits.max_piece = 512;
            world.limits.max_unsent = 2048;
            world.limits.max_in_flight_of_large = 4096;
            world.limits.max_interned = 3;
            world.limits.ack_bytes = 1024;
        }
        let count = 2 + random.below(2);
        for n in 0..count {
            world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
        }
        let seen = vec![0; count];
        let mut program = Self {
            world,
            random,
            weather,
            ports: Vec::new(),
            streams: BTreeMap::new(),
            watches: Vec::new(),
            calls: Vec::new(),
            replied: BTreeSet::new(),
            seen,
            next_number: 0,
            broken_since: None,
            log: Vec::new(),
        };
        for node in 0..count {
            program.open(node);
            program.open(node);
        }
        program
    }

    pub(super) fn run_of(&self, node: usize) -> u8 {
        self.world.nodes[node].incarnation.0[0]
    }

    fn note(&mut self, text: String) {
        self.log.push(format!("{:?} {text}", self.world.now));
    }

    /// One thing that a program does, or that happens.
    pub(super) fn act(&mut self) {
        self.world.backwards = self.random.one_in(2);
        match self.random.below(20) {
            0..10 => self.work(),
            10..16 => self.steps(),
            16..18 => self.wait(),
            _ => self.trouble(),
        }
        if self.broken_since.is_some_and(|since| self.world.now.since(since) > millis(8000))
            && self.weather == Weather::Rough
        {
            self.heal();
        }
    }

    /// A few single steps of the network and the nodes, in any order.
    fn steps(&mut self) {
        for _ in 0..self.random.below(30) {
            let node = self.random.below(self.world.nodes.len());
            if self.world.nodes[node].up {
                match self.random.below(3) {
                    0 => drop(self.world.outputs(node)),
                    1 => drop(self.world.writes(node)),
                    _ if !self.world.wires.is_empty() => {
                        let wire = self.world.wires.len() - 1 - self.random.below(self.world.wires.len().min(4));
                        let end = self.random.below(2);
                        self.world.carry(wire, end);
                    }
                    _ => {}
                }
            }
        }
    }

    fn wait(&mut self) {
        let long = if self.weather == Weather::Fatal { 40_000 } else { 3000 };
        let most = if self.random.one_in(6) { long } else { [10, 100, 1000][self.random.below(3)] };
        let time = millis(self.random.below(most) as u64);
        self.note(format!("{time:?} pass"));
        self.world.pass(time);
    }

    fn open(&mut self, node: usize) {
        let (local, id) = self.world.open(node);
        let run = self.run_of(node);
        self.ports.push(Port { node, run, id, local: Some(local), spawner: None, doomed: false, words: Vec::new() });
    }

    /// A node that is up, and any port.
    fn pair(&mut self) -> Option<(usize, usize)> {
        let node = self.random.below(self.world.nodes.len());
        let port = self.random.below(self.ports.len());
        let known = self.ports[port].spawner.is_none_or(|spawner| spawner == (node, self.run_of(node)));
        (known && self.world.nodes[node].up && self.ports[port].node != node).then_some((node, port))
    }

    fn work(&mut self) {
        let Some((node, port)) = self.pair() else { return };
        let now = self.world.now;
        match self.random.below(24) {
            0..12 => self.send(node, port),
            12..16 => self.monitor(node, port),
            16 => self.demonitor(node),
            17..20 => self.call(node, port),
            20 => self.reply(false),
            21 => {
                self.note(format!("n{node} kills port {port}"));
                let reason = Reason::new("killed", "by chaos");
                let id = self.ports[port].id.clone();
                self.ports[port].doomed = true;
                self.world.nodes[node].kernel.kill(&id, &reason, now);
            }
            22 => self.spawn(node, self.ports[port].node),
            _ => self.close(port),
        }
        if self.random.one_in(12) {
            self.open(node);
        }
    }

    fn send(&mut self, node: usize, port: usize) {
        let size = match self.random.below(12) {
            0 => 150_000,
            1 | 2 => 3000,
            _ => 0,
        };
        let run = self.run_of(node);
        let speaker = (0..self.ports.len())
            .find(|p| (self.ports[*p].node, self.ports[*p].run, self.ports[*p].doomed) == (node, run, false))
            .filter(|p| self.ports[*p].local.is_some() && self.random.one_in(2));
        for _ in 0..=self.random.below(4) {
            let stream = self.streams.entry((node, run, port)).or_default();
            stream.sent += 1;
            let text = format!("{node} {run} {port} {} {}", stream.sent, "x".repeat(size));
            let number = stream.sent;
            let from = speaker.and_then(|speaker| {
                self.ports[speaker].words.push(((node, run, port), number));
                self.ports[speaker].local
            });
            let id = self.ports[port].id.clone();
            self.world.send_from(node, &id, from, &text);
            self.world.send_lossy(node, &id, &format!("lossy {node} {run} {port} {number}"));
        }
        if let Some(speaker) = speaker.filter(|_| self.random.one_in(6)) {
            self.close(speaker);
        }
        let sent = self.streams[&(node, run, port)].sent;
        self.note(format!("n{node} sends to port {port} up to {sent}"));
    }

    fn monitor(&mut self, node: usize, port: usize) {
        let id = self.ports[port].id.clone();
        let run = self.run_of(node);
        let failures_before = self.failures(node, &id.node);
        let watch = self.world.monitor(node, &id);
        self.note(format!("n{node} monitors port {port}: {watch:?}"));
        let (ended, fired) = (false, 0);
        self.watches.push(Watched { node, run, watch, port, failures_before, ended, fired });
    }

    fn demonitor(&mut self, node: usize) {
        let run = self.run_of(node);
        let mine: Vec<usize> = (0..self.watches.len())
            .filter(|w| (self.watches[*w].node, self.watches[*w].run, self.watches[*w].fired) == (node, run, 0))
            .collect();
        if !mine.is_empty() {
            let at = mine[self.random.below(mine.len())];
            let watch = self.watches[at].watch;
            self.note(format!("n{node} ends {watch:?}"));
            self.watches[at].ended = true;
            self.world.nodes[node].kernel.demonitor(watch);
        }
    }

    fn call(&mut self, node: usize, port: usize) {
        self.next_number += 1;
        let number = self.world.call(node, &self.ports[port].id.clone(), self.next_number);
        self.note(format!("n{node} calls port {port}: {}", self.next_number));
        self.calls.push((node, self.run_of(node), number));
    }

    /// Answers the oldest call that waits, or every one.
    pub(super) fn reply(&mut self, all: bool) {
        let now = self.world.now;
        for node in &mut self.world.nodes {
            while node.up && !node.calls.is_empty() {
                let (_, reply) = node.calls.remove(0);
                assert!(self.replied.insert(reply.clone()), "the call {reply} arrived twice");
                if self.random.one_in(2) {
                    node.kernel.answer(&reply, None, now, |out| cbor::encode(&("yes",), out)).unwrap();
                } else {
                    node.kernel.answer_failed(&reply, &Reason::new("no", ""), now);
                }
                if !all {
                    break;
                }
            }
        }
    }

    fn spawn(&mut self, node: usize, on: usize) {
        self.next_number += 1;
        let number = PortNumber::counted(self.next_number, PortKind::Spawned).unwrap();
        let name = PortName::Native { origin: self.world.nodes[node].incarnation.into(), number };
        let (there, now) = (self.world.nodes[on].id.clone(), self.world.now);
        let kernel = &mut self.world.nodes[node].kernel;
        kernel.spawn(&there, &name, "echo", now, |out| cbor::encode(&("arguments",), out)).unwrap();
        self.note(format!("n{node} spawns port {} at n{on}", self.ports.len()));
        let id = PortId::new(there, name);
        // A spawn may be lost with its session: then the port never lives.
        let (run, doomed) = (self.run_of(on), self.weather != Weather::Rough);
        self.ports.push(Port {
            node: on,
            run,
            id,
            local: None,
            spawner: Some((node, self.run_of(node))),
            doomed,
            words: Vec::new(),
        });
    }

    fn close(&mut self, port: usize) {
        let Port { node, run, local, .. } = self.ports[port];
        if let (Some(local), true) = (local, self.world.nodes[node].up && run == self.run_of(node)) {
            self.note(format!("port {port} dies"));
            self.ports[port].doomed = true;
            self.world.nodes[node].kernel.close(local, Reason::new("closed", "by chaos"));
        }
    }

    // ---- trouble

    fn trouble(&mut self) {
        let kind = match self.weather {
            Weather::Rough => self.random.below(8),
            Weather::Restarts => [0, 1, 7, 8, 9][self.random.below(5)],
            Weather::Fatal => self.random.below(12),
        };
        if self.world.wires.is_empty() && kind < 6 {
            return;
        }
        let (node, other) = (self.random.below(self.world.nodes.len()), self.random.below(self.world.nodes.len()));
        let recent = self.world.wires.len().min(4);
        let wire = self.world.wires.len().saturating_sub(1 + self.random.below(recent.max(1)));
        let end = self.random.below(2);
        self.note(format!("trouble {kind} wire {wire} end {end} n{node} n{other}"));
        match kind {
            0 => self.world.cut(),
            1 => self.world.cut_end(wire, end),
            2..4 => {
                self.world.wires[wire].passes[end] = self.random.below(3000);
                self.broken_since.get_or_insert(self.world.now);
            }
            4 => {
                self.world.wires[wire].passes = [0; 2];
                self.broken_since.get_or_insert(self.world.now);
            }
            5 | 6 => {
                self.world.dial_at_once = !self.world.dial_at_once;
                self.broken_since.get_or_insert(self.world.now);
            }
            7 => self.connect(node, other),
            8 | 9 => self.restart(node),
            10 => self.crash(node),
            _ => self.stale(node, other),
        }
    }

    fn connect(&mut self, node: usize, other: usize) {
        if node != other && self.world.nodes[node].up && self.world.nodes[other].up {
            let nonce = self.random.below(256) as u8;
            self.world.connect(node, other, None, nonce);
        }
    }

    fn crash(&mut self, node: usize) {
        self.check();
        self.world.crash(node);
        let run = self.run_of(node);
        for port in self.ports.iter_mut().filter(|port| port.node == node && port.run == run) {
            port.doomed = true;
        }
    }

    fn restart(&mut self, node: usize) {
        self.crash(node);
        self.world.restart(node);
        self.seen[node] = 0;
        self.open(node);
    }

    /// A connection of an earlier process, whose last words are read late.
    fn stale(&mut self, node: usize, dead: usize) {
        if node == dead || !self.world.nodes[node].up || self.run_of(dead) == 1 {
            return;
        }
        let mut link = self.world.nodes[dead].authenticated(Role::Acceptor);
        link.incarnation.0[0] -= 1;
        let now = self.world.now;
        let late = self.world.nodes[node].kernel.attach(&link, None, Time::ZERO, now);
        self.world.nodes[node].kernel.receive(late, &crate::kernel::tests::hostile::hello_octets(), now);
        self.world.nodes[node].kernel.closed(late, "its process is dead", now);
    }

    /// Everything works again.
    pub(super) fn heal(&mut self) {
        self.note("heal".into());
        self.broken_since = None;
        for node in 0..self.world.nodes.len() {
            if !self.world.nodes[node].up {
                self.restart(node);
            }
        }
        self.world.wires.iter_mut().for_each(|wire| wire.passes = [usize::MAX; 2]);
        self.world.dial_at_once = true;
        self.world.release_dials();
    }

    /// Sessions of a node with another that failed.
    pub(super) fn failures(&self, node: usize, with: &NodeId) -> usize {
        let failed = |event: &&Event| matches!(event, Event::PeerDown { node, .. } if node == with);
        self.world.nodes[node].events.iter().filter(failed).count()
    }
}
