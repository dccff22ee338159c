//! What monitors may do: fire once, not after their end (G2, G3), not without need (G6), and behind last words (G7).

use aemp_proto::{kernel::WatchId, reason::Reason};

use super::Oracle;
use crate::sim::{
    facts::{Life, Name, Port, Process, ProcessFacts},
    violation::Guarantee,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    Fired,
    Ended,
}

/// A monitor of a port or of a node.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) holder: Process,
    pub(super) name: Option<Name>,
    pub(super) node: usize,
    pub(super) set: u64,
    pub(super) stage: Stage,
    /// Since when it has to fire.
    pub(super) owed_since: Option<u64>,
}

impl Oracle {
    /// A monitor is set, on a port or (with no name) on a node.
    pub(in crate::sim) fn watching(&mut self, holder: Process, id: WatchId, name: Option<Name>, node: usize, now: u64) {
        let at = self.watches.len();
        self.watches.push(Watch { holder, name, node, set: now, stage: Stage::Open, owed_since: None });
        self.by_watch.insert((holder, id), at);
        let Some(name) = name else { return };
        self.on_name.entry(name).or_default().push(at);
        let dead = matches!(self.facts.port_of(name).life, Life::Dead(..));
        let stream = self.use_name(holder, name);
        let told = self.streams[stream].dead_after.is_some() || self.streams[stream].is_refused;
        // One of two processes with one node ID may have said that it does not have a port of the other.
        if dead || told && !self.is_void(stream) {
            self.owe(at, now);
        }
    }

    /// A monitor is ended by its holder.
    pub(in crate::sim) fn unwatched(&mut self, holder: Process, id: WatchId) {
        if let Some(watch) = self.by_watch.get(&(holder, id)).map(|at| &mut self.watches[*at])
            && watch.stage == Stage::Open
        {
            watch.stage = Stage::Ended;
        }
    }

    /// A monitor fired.
    pub(in crate::sim) fn fired(&mut self, holder: Process, id: WatchId, reason: &Reason, now: u64) {
        let Some(at) = self.by_watch.get(&(holder, id)).copied() else {
            return self.complain(Guarantee::Alarms, now, || format!("{id:?}, which nobody set, fired"));
        };
        let stage = std::mem::replace(&mut self.watches[at].stage, Stage::Fired);
        if stage != Stage::Open {
            let text = format!("{} fired although it had {stage:?}", self.show_watch(at));
            return self.complain(Guarantee::Alarms, now, || text);
        }
        self.check_not_late(at, now);
        match self.watches[at].name {
            Some(name) => self.port_declared_dead(at, holder, name, reason, now),
            None => self.node_declared_gone(at, reason, now),
        }
    }

    fn port_declared_dead(&mut self, at: usize, holder: Process, name: Name, reason: &Reason, now: u64) {
        let port = self.facts.name(name).port;
        // Of a name that was closed for it, and of one that it gave up, a node need not be told anything.
        let is_told = is_of_program(reason) && !self.refusals.contains_key(&(holder, port));
        match self.facts.port(port).life.clone() {
            Life::Dead(_, true_reason) if true_reason == *reason && is_told => {
                self.check_last_words(holder, port, now);
            }
            Life::Dead(..) => {}
            Life::Alive | Life::Promised => self.check_alarm(at, holder, name, reason, now),
        }
        self.declared.dead(holder, name, reason);
        let stream = self.stream(holder, name);
        let stream = &mut self.streams[stream];
        stream.dead_after.get_or_insert(stream.sent);
    }

    /// G6: a port that lives is declared dead only for good reason.
    fn check_alarm(&mut self, at: usize, holder: Process, name: Name, reason: &Reason, now: u64) {
        let facts = self.facts.name(name);
        let (a, b) = (self.facts.process(holder).node, self.facts.port(facts.port).node);
        let place = self.facts.port(facts.port).names.iter().position(|other| *other == name).unwrap_or(0);
        let refused = self.refusals.get(&(holder, facts.port)).is_some_and(|names| place < *names);
        let overload = is_of_limits(reason);
        // A spawn is lost with the process that its session was with, even if that one had ended before.
        let ended = |process: &ProcessFacts| process.node == b && process.ended.is_some();
        let promised = self.facts.port(facts.port).life == Life::Promised;
        let stream = |process| self.by_name.get(&(process, name)).map(|stream| &self.streams[*stream]);
        let dropped = self.facts.port(facts.port).spawner.and_then(stream).is_some_and(|stream| stream.is_dropped);
        let lost = promised && (dropped || self.facts.processes.iter().any(ended));
        let early = stream(holder).is_some_and(|stream| stream.is_early || stream.is_dropped);
        if !refused && !overload && !early && !lost && !self.contacts.excused_since(a, b, facts.born, now) {
            let text = format!("{} fired without need: {reason}", self.show_watch(at));
            self.complain(Guarantee::Alarms, now, || text);
        }
    }

    /// G2: with a session every name is dead that its side watches at the node: all its monitors have fired by then.
    pub(super) fn check_all_told(&mut self, holder: Process, node: usize, now: u64) {
        let silent = self.watches.iter().position(|watch| {
            watch.holder == holder && watch.node == node && watch.stage == Stage::Open && watch.set < now
        });
        if let Some(at) = silent {
            let text = format!("{} has not fired, although the session failed", self.show_watch(at));
            self.complain(Guarantee::Loss, now, || text);
        }
    }

    /// The same for a node: some process of it has ended, or could not be reached.
    fn node_declared_gone(&mut self, at: usize, reason: &Reason, now: u64) {
        let (holder, node, set) = (self.watches[at].holder, self.watches[at].node, self.watches[at].set);
        let ended = self.facts.processes.iter().any(|process| process.node == node && process.ended.is_some());
        let own = self.facts.process(holder).node;
        if !ended && !self.contacts.excused_since(own, node, set, now) && !is_of_limits(reason) {
            let text = format!("{} fired without need: {reason}", self.show_watch(at));
            self.complain(Guarantee::Alarms, now, || text);
        }
    }

    /// G7: everything that a port had sent to living ports of the holder arrived before the notice of its death.
    fn check_last_words(&mut self, holder: Process, port: Port, now: u64) {
        let Some(home) = self.facts.port(port).home else { return };
        let node = self.facts.process(holder).node;
        let failures = self.failures(home, node);
        let missing = self.words.get(&port).into_iter().flatten().find(|(stamp, before)| {
            let stream = &self.streams[stamp.stream as usize];
            let to = self.facts.port_of(stream.name);
            let lives = to.home == Some(holder) && to.life == Life::Alive;
            let closed = stream.dead_after.is_some() || stream.is_refused || stream.is_early;
            let lost = closed || stream.is_dropped || *before != failures;
            lives && !lost && !self.is_void(stamp.stream as usize) && stream.received < stamp.number
        });
        if let Some((stamp, _)) = missing {
            let text = format!(
                "{} learned of the death of p{} before its last words: {}",
                self.facts.show(holder),
                port.0,
                self.show(*stamp)
            );
            self.complain(Guarantee::LastWords, now, || text);
        }
    }

    pub(super) fn show_watch(&self, at: usize) -> String {
        let watch = &self.watches[at];
        let holder = self.facts.show(watch.holder);
        match watch.name {
            Some(name) => format!("the monitor of {holder} on {}", self.facts.show_name(name)),
            None => format!("the monitor of {holder} on node n{}", watch.node),
        }
    }
}

/// Whether only the port's own node can have told this reason.
fn is_of_program(reason: &Reason) -> bool {
    matches!(reason.code().as_str(), "normal" | "closed" | "killed" | "linked" | "bad_message")
}

/// Whether a node had more to keep than it may.
fn is_of_limits(reason: &Reason) -> bool {
    matches!(reason.code().as_str(), "overload" | "retired")
}
