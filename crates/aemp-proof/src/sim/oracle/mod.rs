//! What was promised, and whether it holds. The oracle is told what programs do and what happens to them; it never
//! looks into a kernel.

mod calls;
mod certificates;
mod contacts;
mod convergence;
mod database;
mod deaths;
mod goodbyes;
mod kept;
mod kills;
mod lossy;
mod members;
mod retirement;
mod streams;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_database;
#[cfg(test)]
mod tests_of_kept;
mod verdict;
mod watches;

use std::collections::{BTreeMap, BTreeSet};

use aemp_proto::{
    id::{PortId, PortNumber},
    kernel::WatchId,
    reason::Reason,
};

pub(super) use contacts::Contacts;
use database::Database;
pub(super) use database::{Place, value_of};
use members::Members;
pub(super) use streams::Stamp;

use self::{calls::Call, certificates::Declared, goodbyes::Goodbyes, kills::Kill, streams::Stream, watches::Watch};
use super::{
    facts::{Facts, Name, Port, Process, ProcessFacts},
    story::Clock,
    swarm::Swarm,
    violation::{Guarantee, Violation},
};

/// How long what may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// A few one-way delays.
    pub(super) prompt: u64,
    /// Two nodes find each other again.
    pub(super) recovery: u64,
    /// Silence is noticed.
    pub(super) patience: u64,
    pub(super) session_timeout: u64,
}

/// What was promised, and whether it holds.
#[derive(Debug)]
pub(super) struct Oracle {
    pub(super) facts: Facts,
    pub(super) contacts: Contacts,
    bounds: Bounds,
    streams: Vec<Stream>,
    by_name: BTreeMap<(Process, Name), usize>,
    watches: Vec<Watch>,
    by_watch: BTreeMap<(Process, WatchId), usize>,
    /// Watches by the name that they are on.
    on_name: BTreeMap<Name, Vec<usize>>,
    /// Watches that have to fire, in the order in which that became so.
    overdue: Vec<usize>,
    calls: BTreeMap<(Process, PortNumber), Call>,
    answered: BTreeMap<PortId, u32>,
    /// The process that a process has last had a session with, by node.
    met: BTreeMap<(Process, usize), Process>,
    /// The process that a process has a session with, by node.
    in_session: BTreeMap<(Process, usize), Process>,
    /// Processes that had sessions with two living processes of one node.
    contested: BTreeSet<(Process, usize)>,
    /// Sessions with a node that a process gave up.
    failures: BTreeMap<(Process, usize), u32>,
    /// What each port sent: the message, and how many sessions had failed before.
    words: BTreeMap<Port, Vec<(Stamp, u32)>>,
    /// Ports that were killed by somebody.
    killed: BTreeMap<Port, u64>,
    /// How many names of a port were closed for a process whose message it refused.
    refusals: BTreeMap<(Process, Port), usize>,
    /// Messages that have to have arrived at the end.
    expected: Vec<(usize, u32)>,
    declared: Declared,
    kills: Vec<Kill>,
    goodbyes: Goodbyes,
    /// How many lossy messages of a stream were sent, and the last that arrived.
    lossy: BTreeMap<u32, (u32, u32)>,
    database: Database,
    members: Members,
    violation: Option<Violation>,
}

impl Bounds {
    pub(super) fn of(swarm: &Swarm) -> Self {
        Self {
            prompt: 8 * swarm.slowest() + 50 * super::swarm::MILLI,
            recovery: swarm.recovery(),
            patience: swarm.patience(),
            session_timeout: swarm.session_timeout(),
        }
    }
}

impl Oracle {
    pub(super) fn new(nodes: usize, bounds: Bounds) -> Self {
        Self {
            facts: Facts::default(),
            contacts: Contacts::new(nodes, &bounds),
            bounds,
            streams: Vec::new(),
            by_name: BTreeMap::new(),
            watches: Vec::new(),
            by_watch: BTreeMap::new(),
            on_name: BTreeMap::new(),
            overdue: Vec::new(),
            calls: BTreeMap::new(),
            answered: BTreeMap::new(),
            met: BTreeMap::new(),
            in_session: BTreeMap::new(),
            contested: BTreeSet::new(),
            failures: BTreeMap::new(),
            words: BTreeMap::new(),
            killed: BTreeMap::new(),
            refusals: BTreeMap::new(),
            expected: Vec::new(),
            declared: Declared::default(),
            kills: Vec::new(),
            goodbyes: Goodbyes::default(),
            lossy: BTreeMap::new(),
            database: Database::default(),
            members: Members::default(),
            violation: None,
        }
    }

    /// Remembers the first violation.
    pub(super) fn complain(&mut self, guarantee: Guarantee, now: u64, text: impl FnOnce() -> String) {
        if self.violation.is_none() {
            let text = format!("at {}: {}", Clock(now).to_string().trim_start(), text());
            self.violation = Some(Violation { guarantee, text });
        }
    }

    pub(super) const fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    // ---- processes and ports

    /// A port was opened, or spawned; G4.
    pub(super) fn opened(&mut self, process: Process, id: PortId, private: bool, now: u64) -> Port {
        let node = self.facts.process(process).node;
        let port = self.facts.add_port(node, Some(process), None, now);
        self.facts.port_mut(port).private = private;
        self.named(port, id, now);
        port
    }

    /// A process has made a name for a port that it spawns at a node.
    pub(super) fn promised(&mut self, spawner: Process, node: usize, id: PortId, now: u64) -> Option<Name> {
        let port = self.facts.add_port(node, None, Some(spawner), now);
        self.named(port, id, now)
    }

    /// A port got a further name; G4.
    pub(super) fn named(&mut self, port: Port, id: PortId, now: u64) -> Option<Name> {
        let name = self.facts.add_name(port, id.clone(), now);
        if name.is_none() {
            let (port, other) = (port.0, self.facts.find(&id).map_or(0, |name| self.facts.name(name).port.0));
            self.complain(Guarantee::Names, now, || format!("p{port} is given the name {id} of p{other}"));
        }
        name
    }

    /// A spawn arrived. The port, unless it had arrived before, as it may where two processes with one node ID stood between
    /// it and its spawner; G4.
    pub(super) fn spawn_arrived(&mut self, process: Process, id: &PortId, now: u64) -> Option<Port> {
        let port = self.facts.find(id).map(|name| self.facts.name(name).port)?;
        let facts = self.facts.port(port);
        if facts.life != super::facts::Life::Promised || facts.node != self.facts.process(process).node {
            let spawner = facts.spawner.map(|spawner| self.facts.process(spawner).node);
            if !spawner.is_some_and(|node| self.is_contested(process, node)) {
                self.complain(Guarantee::Names, now, || format!("the spawn of p{} arrived twice", port.0));
            }
            return None;
        }
        let facts = self.facts.port_mut(port);
        facts.home = Some(process);
        facts.life = super::facts::Life::Alive;
        Some(port)
    }

    /// What one of two living processes with one node ID does is no longer a matter of the other's sessions: a process
    /// that has had sessions with both is promised nothing about that node.
    fn contest(&mut self, process: Process, other: Process) {
        let node = self.facts.process(other).node;
        let rival = |rival: &ProcessFacts| rival.node == node && rival.ended.is_none();
        let is_twin = |process: Process| self.facts.process(process).is_twin;
        let before = self.met.get(&(process, node)).copied();
        let twins = before.is_some_and(|before| before != other && (is_twin(before) || is_twin(other)));
        if twins || self.facts.processes.iter().filter(|facts| rival(facts)).count() > 1 {
            self.contested.insert((process, node));
        }
    }

    /// Whether two processes with one node ID stood between a process and a node, or the other way round.
    fn is_contested(&self, process: Process, node: usize) -> bool {
        let own = self.facts.process(process).node;
        let back = |(other, to): &(Process, usize)| *to == own && self.facts.process(*other).node == node;
        self.contested.contains(&(process, node)) || self.contested.iter().any(back)
    }

    /// A process has a session with another one. The one of that node that it had met before, if any.
    pub(super) fn met(&mut self, process: Process, other: Process, now: u64) -> Option<Process> {
        self.contest(process, other);
        let node = self.facts.process(other).node;
        self.members.session_begins(process, (other, node), now);
        self.in_session.insert((process, node), other);
        self.met.insert((process, node), other)
    }

    /// A process gave its session with a node up.
    pub(super) fn session_failed(&mut self, process: Process, node: usize, now: u64) {
        *self.failures.entry((process, node)).or_default() += 1;
        self.in_session.remove(&(process, node));
        self.members.session_ends(process, node, now);
        self.doubt_kills(process, node);
        self.check_all_told(process, node, now);
    }

    fn failures(&self, process: Process, node: usize) -> u32 {
        self.failures.get(&(process, node)).copied().unwrap_or(0)
    }

    /// A peer is said to have broken the rules.
    pub(super) fn misbehaved(&mut self, process: Process, node: usize, now: u64, text: impl FnOnce() -> String) {
        if !self.is_contested(process, node) {
            self.complain(Guarantee::Rest, now, text);
        }
    }

    /// Somebody kills a port.
    pub(super) fn killing(&mut self, process: Process, name: Name, now: u64) -> Reason {
        let port = self.facts.name(name).port;
        self.killed.entry(port).or_insert(now);
        let stream = self.use_name(process, name);
        if self.facts.is_alive(port) {
            self.note_kill(stream);
        }
        let after = self.streams[stream].sent;
        Reason::new("killed", format!("{stream}:{after}"))
    }

    /// A kill, or a certificate that kills, arrived at a port; G1, G6. Whether it was a certificate.
    pub(super) fn kill_arrived(&mut self, from: usize, port: Port, reason: &Reason, now: u64) -> bool {
        let stamp =
            reason.text().split_once(':').and_then(|(stream, after)| Some((stream.parse().ok()?, after.parse().ok()?)));
        match stamp.filter(|_| reason.code().as_str() == "killed") {
            Some((stream, after)) => {
                if !self.is_closed_early(stream) {
                    self.overtaken(stream, after, now, "a kill");
                }
                false
            }
            None => {
                self.check_certificate(from, port, reason, now);
                true
            }
        }
    }

    /// G6: a certificate kills only what is bound to whoever gave up, and with a reason to give up.
    fn check_certificate(&mut self, from: usize, port: Port, reason: &Reason, now: u64) {
        let facts = self.facts.port(port);
        let spawned = facts.spawner.is_some_and(|spawner| self.facts.process(spawner).node == from);
        let bound = facts.private || spawned || facts.linked.contains(&from);
        let asked = self.killed.contains_key(&port);
        let (node, born) = (facts.node, facts.born);
        let excused = self.contacts.excused_since(from, node, born, now) || reason.code().as_str() == "overload";
        if !(asked || bound && excused) {
            let text = format!("p{} was killed without need by a certificate of n{from}: {reason}", port.0);
            self.complain(Guarantee::Alarms, now, || text);
        }
    }
}
