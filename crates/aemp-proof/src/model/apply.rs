//! Lets something happen.

use std::{convert::Infallible, time::Duration};

use aemp_proto::{
    kernel::DialFailure,
    link::{Authenticated, Role},
    reason::Reason,
};

use super::{
    actions::{Action, pair},
    config::{Config, NODES, PortAt, Step},
    history::{Kill, Message, Violation},
    world::{End, HEARTBEAT, Name, Node, PROBE, Reach, SESSION, Wire, World, incarnation, local, node_id},
};

/// What is in a message, beside its place in its stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parcel {
    from: Option<PortAt>,
    /// A port whose ID it carries.
    hands: Option<PortAt>,
    large: bool,
    is_refused: bool,
}

impl World {
    /// What becomes of the world when `action` happens in it, or what promise that breaks.
    pub(crate) fn apply(&mut self, config: &Config, action: Action) -> Result<(), Violation> {
        match action {
            Action::Turn { script } => self.turn(config, script)?,
            Action::Connect { from, to, asked, place } => self.connect(config, from, to, asked, place)?,
            Action::Attach { wire, end } => self.attach(config, wire, end)?,
            Action::Fail { wire, end } => self.fail(config, wire, end)?,
            Action::Refuse { from, to } => self.refuse(config, from, to)?,
            Action::Deliver { wire, end } => {
                self.deliver(config, wire, end)?;
                self.settle(config, self.wires[wire].ends[end].node)?;
            }
            Action::Notice { wire, end, reads } => self.notice(config, wire, end, reads)?,
            Action::Silence { wire, end } => self.wait(config, self.wires[wire].ends[end].node, HEARTBEAT * 3)?,
            Action::Acknowledge { node } => self.wait(config, node, Duration::ZERO)?,
            Action::Unanswered { node } => self.wait(config, node, PROBE)?,
            Action::Restart { node } => self.restart(config, node),
            Action::Break { wire, end, reads } => {
                self.left.breaks -= 1;
                self.wires[wire].silent = config.silent;
                self.notice(config, wire, end, reads)?;
            }
            Action::TimeOut { node } => {
                self.left.time_outs -= 1;
                self.history.failed = true;
                self.wait(config, node, SESSION)?;
            }
            Action::Crash { node } => self.crash(node),
        }
        if config.prompt {
            self.close_other_ends(config)?;
        }
        self.sweep();
        Ok(())
    }

    fn close_other_ends(&mut self, config: &Config) -> Result<(), Violation> {
        let half =
            |wire: &Wire| (0..2).find(|end| is_open(&wire.ends[*end]) && wire.ends[1 - *end].reach == Reach::Closed);
        while let Some((wire, end)) = self.wires.iter().enumerate().find_map(|(w, wire)| Some((w, half(wire)?))) {
            self.notice(config, wire, end, usize::MAX)?;
        }
        Ok(())
    }

    /// A program takes its next turn.
    fn turn(&mut self, config: &Config, at: usize) -> Result<(), Violation> {
        let script = &config.scripts[at];
        let turn = script.turns[usize::from(self.nodes[script.node].done[at])];
        self.touch(script.node).done[at] += 1;
        turn.iter().for_each(|step| self.step(config, script.node, *step));
        self.settle(config, script.node)
    }

    fn step(&mut self, config: &Config, at: usize, step: Step) {
        let name = |port: PortAt| Name { port, age: 0 };
        match step {
            Step::Send(to) => self.send(config, at, name(to), Parcel::default()),
            Step::SendLarge(to) => self.send(config, at, name(to), Parcel { large: true, ..Parcel::default() }),
            Step::SendFrom(from, to) => {
                self.send(config, at, name(to), Parcel { from: Some(from), ..Parcel::default() })
            }
            Step::SendLargeFrom(from, to) => {
                self.send(config, at, name(to), Parcel { from: Some(from), large: true, ..Parcel::default() });
            }
            Step::SendNew(to) => self.send(config, at, self.newest(config, to), Parcel::default()),
            Step::SendRefused(to) => self.send(config, at, name(to), Parcel { is_refused: true, ..Parcel::default() }),
            Step::Hand(to, port) => self.send(config, at, name(to), Parcel { hands: Some(port), ..Parcel::default() }),
            Step::Monitor(port) => self.monitor(config, at, name(port)),
            Step::Demonitor(port) => self.demonitor(at, name(port)),
            Step::Kill(port) => self.kill(config, at, name(port)),
            Step::Close(port) => self.touch(at).kernel.close(local(port), Reason::new("done", "")),
        }
    }

    fn kill(&mut self, config: &Config, at: usize, name: Name) {
        let run = self.nodes[at].run;
        let sent = self.history.stream(at, run, name).sent;
        self.history.killed.push(Kill { node: at, run, port: name.port, sent });
        let id = self.port_id(config, name);
        let node = self.touch(at);
        let now = node.now();
        node.kernel.kill(&id, &Reason::new("killed", ""), now);
    }

    pub(crate) fn send(&mut self, config: &Config, at: usize, to: Name, parcel: Parcel) {
        let Parcel { from, hands, large, is_refused } = parcel;
        let run = self.nodes[at].run;
        let stream = self.history.stream(at, run, to);
        stream.sent += 1;
        let message = Message { node: at, run, to, number: stream.sent, from, hands, is_refused };
        let id = self.port_id(config, to);
        let node = self.touch(at);
        let now = node.now();
        let write = |out: &mut Vec<u8>| -> Result<(), Infallible> {
            message.write(large, out);
            Ok(())
        };
        let sent = node.kernel.send(&id, from.map(local), now, write);
        debug_assert!(sent.is_ok(), "it is small enough, and cannot fail to encode");
    }

    pub(crate) fn monitor(&mut self, config: &Config, at: usize, on: Name) {
        let run = self.nodes[at].run;
        self.history.stream(at, run, on);
        let id = self.port_id(config, on);
        let node = self.touch(at);
        let now = node.now();
        let watch = node.kernel.monitor(&id, now);
        node.watches.push((watch, on));
    }

    fn demonitor(&mut self, at: usize, on: Name) {
        let node = self.touch(at);
        if let Some(place) = node.watches.iter().position(|(_, name)| *name == on) {
            let (watch, _) = node.watches.remove(place);
            node.kernel.demonitor(watch);
        }
    }

    fn connect(&mut self, config: &Config, from: usize, to: usize, asked: bool, place: usize) -> Result<(), Violation> {
        let dial = if asked {
            let dials = &mut self.touch(from).dials;
            let at = dials.iter().position(|(_, other)| *other == to);
            at.map(|at| dials.remove(at).0)
        } else {
            self.left.unasked -= 1;
            None
        };
        let (dialled, accepted) = (self.touch(from).now(), self.touch(to).now());
        let first = self.wires.iter().take_while(|wire| wire.pair() < pair(from, to)).count();
        let between = self.wires.iter().filter(|wire| wire.pair() == pair(from, to)).count();
        let nonce = |at: usize| self.wires[first + at].nonce;
        let below = if place == 0 { 0 } else { nonce(place - 1) };
        let above = if place == between { u64::MAX } else { nonce(place) };
        let end = |node: usize, reach| End { node, run: self.nodes[node].run, reach };
        let ends =
            [end(from, Reach::Greeted { at: dialled, dial }), end(to, Reach::Greeted { at: accepted, dial: None })];
        let wire =
            Wire { nonce: below + (above - below) / 2, ends, flow: Default::default(), proved: false, silent: false };
        self.wires.insert(first + place, wire);
        self.known = [None; 3];
        if !config.slow {
            self.attach(config, first + place, 1)?;
            self.attach(config, first + place, 0)?;
        }
        Ok(())
    }

    fn attach(&mut self, config: &Config, w: usize, end: usize) -> Result<(), Violation> {
        let wire = &mut self.wires[w];
        wire.proved = true;
        let (mine, its) = (wire.ends[end], wire.ends[1 - end]);
        let Reach::Greeted { at, dial } = mine.reach else { return Ok(()) };
        let role = if end == 0 { Role::Dialler } else { Role::Acceptor };
        let mut nonce = [0; 32];
        nonce[..8].copy_from_slice(&wire.nonce.to_be_bytes());
        let link = Authenticated::simulated(node_id(its.node), incarnation(its.node, its.run), role, nonce);
        let node = self.touch(mine.node);
        let now = node.now();
        let connection = node.kernel.attach(&link, dial, at, now);
        self.wires[w].ends[end].reach = Reach::Open(connection);
        self.settle(config, mine.node)
    }

    fn fail(&mut self, config: &Config, w: usize, end: usize) -> Result<(), Violation> {
        let End { node: at, reach, .. } = self.wires[w].ends[end];
        self.close_end(w, end);
        if let Reach::Greeted { dial: Some(dial), .. } = reach {
            let node = self.touch(at);
            let now = node.now();
            node.kernel.dial_failed(dial, unreachable(), now);
        }
        self.settle(config, at)
    }

    fn refuse(&mut self, config: &Config, from: usize, to: usize) -> Result<(), Violation> {
        let node = self.touch(from);
        let now = node.now();
        if let Some(at) = node.dials.iter().position(|(_, other)| *other == to) {
            let (dial, _) = node.dials.remove(at);
            node.kernel.dial_failed(dial, DialFailure::Refused, now);
        }
        self.settle(config, from)
    }

    /// One end sees that the connection is gone, after it has read so many frames.
    fn notice(&mut self, config: &Config, w: usize, end: usize, reads: usize) -> Result<(), Violation> {
        let at = self.wires[w].ends[end].node;
        for _ in 0..reads.min(self.wires[w].flow[1 - end].len()) {
            self.deliver_one(config, w, end)?;
            self.settle(config, at)?;
        }
        let reach = self.wires[w].ends[end].reach;
        self.close_end(w, end);
        if let Reach::Open(connection) = reach {
            let node = self.touch(at);
            let now = node.now();
            node.kernel.closed(connection, "it broke", now);
        }
        self.settle(config, at)
    }

    /// Lets a node wait.
    fn wait(&mut self, config: &Config, at: usize, patience: Duration) -> Result<(), Violation> {
        let node = self.touch(at);
        node.clock += patience;
        let now = node.now();
        node.kernel.tick(now);
        self.settle(config, at)
    }

    /// A process ends without a word; what it wrote may still arrive.
    fn crash(&mut self, at: usize) {
        self.left.restarts[at] -= 1;
        for wire in 0..self.wires.len() {
            for end in 0..2 {
                if self.wires[wire].ends[end].node == at {
                    self.close_end(wire, end);
                }
            }
        }
        let node = self.touch(at);
        node.up = false;
        node.dials.clear();
        node.watches.clear();
    }

    fn restart(&mut self, config: &Config, at: usize) {
        let node = self.touch(at);
        let next = Node::start(config, at, node.run + 1, node.clock);
        let further = std::mem::take(&mut node.further);
        *node = Node { further, ..next };
        self.tell(|| format!("{} begins anew", NODES[at]));
    }
}

const fn is_open(end: &End) -> bool {
    matches!(end.reach, Reach::Open(_))
}

fn unreachable() -> DialFailure {
    DialFailure::Unreachable("no connection could be made in time".to_owned())
}
