//! What programs do.

use aemp_proto::{
    id::{PortId, PortKind, PortName, PortNumber},
    kernel::LocalPort,
    reason::Reason,
};

use super::{
    census::Counted,
    facts::{Name, Process},
    process::{Held, State},
    queue::Happening,
    violation::Guarantee,
    world::World,
};

macro_rules! actions {
    ($($action:ident $weight:literal,)*) => {
        /// Something that a program does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Action {
            $($action,)*
        }

        impl Action {
            /// All of them, with how often each is done as a rule.
            pub(super) const ALL: &[(Self, u32)] = &[$((Self::$action, $weight),)*];
        }
    };
}

actions! {
    Send 30,
    SendLossy 3,
    Call 8,
    Answer 6,
    Monitor 8,
    Demonitor 3,
    Link 2,
    MonitorNode 1,
    Kill 2,
    Spawn 3,
    Open 4,
    Close 2,
    Publish 2,
    LookUp 3,
}

/// Port names that a program remembers.
const MAX_KNOWN: usize = 24;
/// Ports that a process keeps open.
const MAX_PORTS: usize = 24;
/// Octets of a large message.
pub(super) const LARGE: u64 = 4 << 10;
/// The kinds of messages, their first octet.
pub(super) const MESSAGE: u8 = 1;
/// No port ID is handed on.
pub(super) const NO_NAME: u32 = u32::MAX;

impl World {
    pub(super) fn act_and_go_on(&mut self, node: usize) {
        if self.is_idle {
            return;
        }
        let next = self.now + 1 + self.random.below(2 * self.swarm.act_every);
        self.queue.plan(next, Happening::Act { node });
        let twin = self.twins.iter().copied().find(|twin| self.runtimes[twin.0].node == node);
        let process = twin.filter(|_| self.random.chance(500)).or(self.listening[node]);
        if let Some(process) = process.filter(|process| self.runtimes[process.0].state == State::Running) {
            self.act(process);
            self.settle(process);
        }
    }

    fn act(&mut self, process: Process) {
        let Some(action) = self.random.weighted(&self.swarm.actions) else { return };
        match Action::ALL[action].0 {
            Action::Send => self.send_burst(process),
            Action::SendLossy => self.send_lossy(process),
            Action::Call => self.call(process),
            Action::Answer => self.answer(process),
            Action::Monitor => self.monitor(process, None),
            Action::Demonitor => self.demonitor(process),
            Action::Link => self.monitor_linked(process),
            Action::MonitorNode => self.monitor_node(process),
            Action::Kill => self.kill(process),
            Action::Spawn => self.spawn(process),
            Action::Open => self.open_port(process),
            Action::Close => self.close_any(process),
            Action::Publish => self.publish(process),
            Action::LookUp => self.look_up(process),
        }
    }

    /// The name of a port at another node, perhaps one that nobody has told the process on the wire.
    pub(super) fn target(&mut self, process: Process) -> Option<Name> {
        let names = self.oracle.facts.names.len();
        if names > 0 && (self.runtimes[process.0].known.is_empty() || self.random.chance(self.swarm.out_of_band)) {
            let recent = self.random.spread(1, names as u64) as usize;
            self.learn(process, Name(names - recent.min(names)));
        }
        let known = &self.runtimes[process.0].known;
        (!known.is_empty()).then(|| known[self.random.index(known.len())])
    }

    /// A program comes to know a port name.
    pub(super) fn learn(&mut self, process: Process, name: Name) {
        let runtime = &mut self.runtimes[process.0];
        if self.oracle.facts.port_of(name).node == runtime.node || runtime.known.contains(&name) {
            return;
        }
        if runtime.known.len() < MAX_KNOWN {
            runtime.known.push(name);
        } else {
            let place = self.random.index(MAX_KNOWN);
            runtime.known[place] = name;
        }
    }

    fn send_burst(&mut self, process: Process) {
        let Some(name) = self.target(process) else { return };
        let from = if self.random.chance(500) { self.any_port(process) } else { None };
        self.send_several(process, name, from);
        if let Some(from) = from.filter(|_| self.random.chance(60)) {
            self.close_port(process, from, Reason::new("closed", "it has said all"));
        }
    }

    fn send_several(&mut self, process: Process, name: Name, from: Option<LocalPort>) {
        for _ in 0..self.random.between(1, self.swarm.burst) {
            self.send(process, name, from);
        }
    }

    fn send(&mut self, process: Process, name: Name, from: Option<LocalPort>) {
        let size = if self.random.chance(self.swarm.large.0) { self.swarm.large.1 } else { self.random.below(100) };
        self.send_octets(process, name, from, size);
    }

    pub(super) fn send_octets(&mut self, process: Process, name: Name, from: Option<LocalPort>, size: u64) {
        let handed = if self.random.chance(self.swarm.handed_on) { self.target(process) } else { None };
        let handed = handed.map_or(NO_NAME, |name| name.0 as u32);
        let (now, to) = (self.now, self.oracle.facts.name(name).id.clone());
        let runtime = &mut self.runtimes[process.0];
        let stamp = self.oracle.sending(process, name, from.and_then(|from| runtime.port(from)));
        let time = runtime.time(now);
        let sent = runtime.kernel.send(&to, from, time, |out| -> Result<(), std::convert::Infallible> {
            out.push(MESSAGE);
            for number in [stamp.stream, stamp.number, handed] {
                out.extend_from_slice(&number.to_le_bytes());
            }
            out.resize(out.len() + size as usize, 0);
            Ok(())
        });
        self.census.count(Counted::Message);
        if size >= LARGE {
            self.census.count(Counted::Large);
        }
        self.story.note(u64::from(stamp.stream) << 32 | u64::from(stamp.number));
        let facts = &self.oracle.facts;
        self.story.tell(now, || {
            let (from, to) = (facts.show(process), facts.show_name(name));
            format!("{from} sends message {} of {size} octets to {to}", stamp.number)
        });
        if let Err(error) = sent {
            self.oracle.complain(Guarantee::Loss, now, || format!("a message was refused at its sender: {error}"));
        }
        self.check_memory(process, &to);
    }

    /// What waits for a peer is bounded.
    fn check_memory(&mut self, process: Process, to: &PortId) {
        let limits = self.swarm.limits;
        let most = limits.max_unacknowledged + limits.control_room + 2 * limits.max_message;
        let Some(peer) = self.runtimes[process.0].kernel.peer(&to.node) else { return };
        let most_of_all = limits.max_unacknowledged + (self.swarm.large.1 as usize + (64 << 10)) * 2;
        if peer.unacknowledged > most.min(most_of_all + (256 << 10)) {
            let text = format!("{} octets wait for {}", peer.unacknowledged, to.node);
            self.oracle.complain(Guarantee::Memory, self.now, || text);
        }
    }

    fn call(&mut self, process: Process) {
        let Some(name) = self.target(process) else { return };
        let (now, to) = (self.now, self.oracle.facts.name(name).id.clone());
        let stamp = self.oracle.position(process, name);
        let runtime = &mut self.runtimes[process.0];
        let Some(number) = PortNumber::counted(runtime.next_number(), PortKind::Reply) else { return };
        let time = runtime.time(now);
        self.oracle.calling(process, number);
        let sent = runtime.kernel.call(&to, None, number, time, |out| -> Result<(), std::convert::Infallible> {
            out.extend_from_slice(&stamp.stream.to_le_bytes());
            out.extend_from_slice(&stamp.number.to_le_bytes());
            Ok(())
        });
        self.census.count(Counted::Call);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} calls {}: {number:?}", facts.show(process), facts.show_name(name)));
        if let Err(error) = sent {
            self.oracle.complain(Guarantee::Calls, now, || format!("a call was refused at its sender: {error}"));
        }
    }

    fn answer(&mut self, process: Process) {
        let asked = &mut self.runtimes[process.0].asked;
        if !asked.is_empty() {
            let place = self.random.index(asked.len());
            let reply = asked.swap_remove(place);
            self.answer_one(process, &reply);
        }
    }

    /// Answers everything that waits for an answer.
    pub(super) fn answer_all(&mut self, process: Process) {
        for reply in std::mem::take(&mut self.runtimes[process.0].asked) {
            self.answer_one(process, &reply);
        }
    }

    fn answer_one(&mut self, process: Process, reply: &PortId) {
        let (now, fails) = (self.now, self.random.chance(300));
        let size = if self.random.chance(self.swarm.large.0) { self.swarm.large.1 as usize } else { 1 };
        let runtime = &mut self.runtimes[process.0];
        let time = runtime.time(now);
        if fails {
            runtime.kernel.answer_failed(reply, &Reason::new("no_reply", "it was dropped"), time);
            return;
        }
        let answered = runtime.kernel.answer(reply, None, time, |out| -> Result<(), std::convert::Infallible> {
            out.resize(out.len() + size, 0);
            Ok(())
        });
        if let Err(error) = answered {
            self.oracle.complain(Guarantee::Calls, now, || format!("an answer was refused at its sender: {error}"));
        }
    }

    fn monitor(&mut self, process: Process, linked: Option<LocalPort>) {
        if let Some(name) = self.target(process) {
            self.monitor_name(process, name, linked);
        }
    }

    pub(super) fn monitor_name(&mut self, process: Process, name: Name, linked: Option<LocalPort>) {
        let (now, to) = (self.now, self.oracle.facts.name(name).id.clone());
        let runtime = &mut self.runtimes[process.0];
        let time = runtime.time(now);
        let watch = match linked {
            Some(local) => runtime.kernel.link(local, &to, time),
            None => runtime.kernel.monitor(&to, time),
        };
        runtime.watches.push(Held { watch, name: Some(name), linked });
        let node = self.oracle.facts.port_of(name).node;
        if let Some(port) = linked.and_then(|local| runtime.port(local)) {
            self.oracle.facts.port_mut(port).linked.push(node);
        }
        self.oracle.watching(process, watch, Some(name), node, now);
        self.census.count(if linked.is_some() { Counted::Link } else { Counted::Monitor });
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} monitors {}: {watch:?}", facts.show(process), facts.show_name(name)));
    }

    fn monitor_linked(&mut self, process: Process) {
        if let Some(local) = self.any_port(process) {
            self.monitor(process, Some(local));
        }
    }

    fn monitor_node(&mut self, process: Process) {
        let node = self.random.index(self.swarm.nodes);
        if node != self.runtimes[process.0].node {
            self.monitor_whole_node(process, node);
        }
    }

    pub(super) fn monitor_whole_node(&mut self, process: Process, node: usize) {
        let (now, to) = (self.now, PortId::of_node(self.ids[node].clone()));
        let runtime = &mut self.runtimes[process.0];
        let watch = runtime.kernel.monitor(&to, runtime.time(now));
        runtime.watches.push(Held { watch, name: None, linked: None });
        self.oracle.watching(process, watch, None, node, now);
        self.census.count(Counted::NodeMonitor);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} monitors node n{node}: {watch:?}", facts.show(process)));
    }

    fn demonitor(&mut self, process: Process) {
        let runtime = &mut self.runtimes[process.0];
        if runtime.watches.is_empty() {
            return;
        }
        let held = runtime.watches.swap_remove(self.random.index(runtime.watches.len()));
        runtime.kernel.demonitor(held.watch);
        self.oracle.unwatched(process, held.watch);
        self.census.count(Counted::Demonitor);
        let (now, facts) = (self.now, &self.oracle.facts);
        self.story.tell(now, || format!("{} ends {:?}", facts.show(process), held.watch));
    }

    fn kill(&mut self, process: Process) {
        let Some(name) = self.target(process) else { return };
        if self.random.chance(300) {
            // There is something to say before.
            self.send_several(process, name, None);
        }
        let (now, to) = (self.now, self.oracle.facts.name(name).id.clone());
        let reason = self.oracle.killing(process, name, now);
        let runtime = &mut self.runtimes[process.0];
        runtime.kernel.kill(&to, &reason, runtime.time(now));
        self.census.count(Counted::Kill);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} kills {}", facts.show(process), facts.show_name(name)));
    }

    fn spawn(&mut self, process: Process) {
        let node = self.random.index(self.swarm.nodes);
        let service = if self.random.chance(100) { "nothing" } else { "worker" };
        let size = if self.random.chance(self.swarm.large.0) { self.swarm.large.1 as usize } else { 1 };
        let (now, there) = (self.now, self.ids[node].clone());
        let runtime = &mut self.runtimes[process.0];
        if node == runtime.node {
            return;
        }
        let Some(number) = PortNumber::counted(runtime.next_number(), PortKind::Spawned) else { return };
        let origin = runtime.kernel.settings().incarnation.into();
        let name = PortName::Native { origin, number };
        let time = runtime.time(now);
        let known = self.oracle.promised(process, node, PortId::new(there.clone(), name.clone()), now);
        let asked = runtime.kernel.spawn(&there, &name, service, time, |out| -> Result<(), std::convert::Infallible> {
            out.resize(out.len() + size, 0);
            Ok(())
        });
        self.census.count(Counted::Spawn);
        if let Some(name) = known {
            self.learn(process, name);
            let facts = &self.oracle.facts;
            self.story.tell(now, || format!("{} spawns {} ({service})", facts.show(process), facts.show_name(name)));
        }
        if let Err(error) = asked {
            self.oracle.complain(Guarantee::Loss, now, || format!("a spawn was refused at its sender: {error}"));
        }
    }

    pub(super) fn open_port(&mut self, process: Process) {
        let (now, private) = (self.now, self.random.chance(100));
        let runtime = &mut self.runtimes[process.0];
        if runtime.ports.len() >= MAX_PORTS {
            return;
        }
        let Some(local) = runtime.numbers.take() else { return };
        runtime.kernel.open(local);
        if private {
            runtime.kernel.make_private(local);
        }
        let id = runtime.kernel.port_id(local);
        let port = self.oracle.opened(process, id, private, now);
        runtime.ports.push((local, port));
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} opens p{}", facts.show(process), port.0));
    }

    fn close_any(&mut self, process: Process) {
        let reason =
            if self.random.chance(500) { Reason::normal() } else { Reason::new("closed", "of its own accord") };
        if let Some(local) = self.any_port(process) {
            self.close_port(process, local, reason);
        }
    }

    fn publish(&mut self, process: Process) {
        if let Some(local) = self.any_port(process) {
            let service = self.random.pick(&["one", "two"]);
            self.runtimes[process.0].kernel.publish(service, local);
        }
    }

    fn look_up(&mut self, process: Process) {
        let node = self.random.index(self.swarm.nodes);
        let service = self.random.pick(&["one", "two"]);
        let address = self.addresses[node].clone();
        let runtime = &mut self.runtimes[process.0];
        let Some(number) = PortNumber::counted(runtime.next_number(), PortKind::Reply) else { return };
        if node != runtime.node {
            runtime.lookups.push(number);
            runtime.kernel.find(&address, service, number);
            self.oracle.calling(process, number);
            self.census.count(Counted::LookUp);
        }
    }
}
