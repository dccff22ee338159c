//! What programs do with the database, and what they are told by it.

use std::collections::BTreeSet;

use aemp_proto::{
    directory::{Change, DatabaseWatch, Query},
    id::{Address, PortKind, PortNumber},
    kernel::Body,
    limits::Limits,
    message::cbor,
    reason::Reason,
    value::Value,
};

use super::{
    census::Counted,
    facts::Process,
    oracle::{Place, value_of},
    process::State,
    queue::Happening,
    violation::Guarantee,
    world::World,
};

/// How often a program sets, removes, watches, ends a watch, reads.
const WEIGHTS: &[u32] = &[10, 3, 4, 2, 4];
/// Watches of a program at a time.
const MAX_WATCHES: usize = 6;

impl World {
    pub(super) fn use_database_and_go_on(&mut self, node: usize) {
        if self.is_idle {
            return;
        }
        let next = self.now + 1 + self.dice.below(2 * self.topology.use_every);
        self.queue.plan(next, Happening::Database { node });
        let twin = self.twins.iter().copied().find(|twin| self.runtimes[twin.0].node == node);
        let process = twin.filter(|_| self.dice.chance(500)).or(self.listening[node]);
        if let Some(process) = process.filter(|process| self.runtimes[process.0].state == State::Running) {
            self.use_database(process);
            self.settle(process);
        }
    }

    fn use_database(&mut self, process: Process) {
        match self.dice.weighted(WEIGHTS) {
            Some(0) => self.set_entry(process),
            Some(1) => self.remove_entry(process),
            Some(2) => {
                let family = self.any_family();
                self.watch_family(process, family);
            }
            Some(3) => self.unwatch_family(process),
            _ => {
                let family = self.any_family();
                let query = match self.dice.below(3) {
                    0 => Query::Keys(family),
                    1 => Query::Values(family),
                    _ => Query::Family(family),
                };
                self.read_family(process, query);
            }
        }
    }

    fn any_family(&mut self) -> String {
        format!("f{}", self.dice.index(self.topology.families))
    }

    fn any_place(&mut self) -> Place {
        (self.any_family(), format!("k{}", self.dice.index(self.topology.keys)))
    }

    fn set_entry(&mut self, process: Process) {
        let (now, (family, key)) = (self.now, self.any_place());
        let octets = if self.dice.chance(30) { self.dice.spread(100, 4000) as usize } else { 0 };
        let (write, is_contested) = self.oracle.writing(process, (family.clone(), key.clone()), now);
        self.census.count(Counted::EntrySet);
        if is_contested {
            self.census.count(Counted::EntryContested);
        }
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} sets {key} of {family} to {write}", facts.show(process)));
        let runtime = &mut self.runtimes[process.0];
        let time = runtime.time(now);
        if let Err(error) = runtime.kernel.db_set(&family, &key, &value_of(write, octets), time) {
            self.oracle.complain(Guarantee::Database, now, || format!("an entry was refused: {error}"));
        }
    }

    fn remove_entry(&mut self, process: Process) {
        let (now, (family, key)) = (self.now, self.any_place());
        self.oracle.unwriting(process, (family.clone(), key.clone()));
        self.census.count(Counted::EntryRemoved);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} removes {key} of {family}", facts.show(process)));
        let runtime = &mut self.runtimes[process.0];
        let time = runtime.time(now);
        if let Err(error) = runtime.kernel.db_remove(&family, &key, time) {
            self.oracle.complain(Guarantee::Database, now, || format!("a removal was refused: {error}"));
        }
    }

    fn watch_family(&mut self, process: Process, family: String) {
        if self.runtimes[process.0].families.len() >= MAX_WATCHES {
            return;
        }
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        let time = runtime.time(now);
        match runtime.kernel.db_watch(&family, time) {
            Ok(watch) => {
                runtime.families.push(watch);
                self.census.count(Counted::FamilyWatched);
                let facts = &self.oracle.facts;
                self.story.tell(now, || format!("{} watches {family}: {watch:?}", facts.show(process)));
                self.oracle.watching_family(process, watch, family);
            }
            Err(error) => {
                self.oracle.complain(Guarantee::Database, now, || format!("a watch was refused: {error}"));
            }
        }
    }

    fn unwatch_family(&mut self, process: Process) {
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        if runtime.families.is_empty() {
            return;
        }
        let watch = runtime.families.swap_remove(self.dice.index(runtime.families.len()));
        let time = runtime.time(now);
        runtime.kernel.db_unwatch(watch, time);
        self.census.count(Counted::FamilyUnwatched);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} ends {watch:?}", facts.show(process)));
        self.oracle.unwatched_family(process, watch);
    }

    fn read_family(&mut self, process: Process, query: Query) {
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        let Some(number) = PortNumber::counted(runtime.next_number(), PortKind::Reply) else { return };
        let time = runtime.time(now);
        runtime.kernel.db_read(&query, number, time);
        self.census.count(Counted::FamilyRead);
        let facts = &self.oracle.facts;
        self.story.tell(now, || format!("{} reads {query:?}: {number:?}", facts.show(process)));
        self.oracle.reading(process, number, query);
    }

    /// A read has ended.
    pub(super) fn read_ended(&mut self, process: Process, number: PortNumber, result: &Result<bytes::Bytes, Reason>) {
        let octets = result.as_ref().ok();
        let answer = octets.and_then(|octets| {
            let element = cbor::decode::<(Value,)>(&Body::Borrowed(octets), &Limits::default());
            element.ok().map(|(value,)| value)
        });
        let (now, facts) = (self.now, &self.oracle.facts);
        self.story.tell(now, || format!("{number:?} of {} reads {answer:?}", facts.show(process)));
        self.story.note(now ^ process.0 as u64);
        self.census.count(Counted::FamilyAnswered);
        self.oracle.read_ended(process, number, answer, now);
    }

    /// A watch is told of a change.
    pub(super) fn family_changed(&mut self, process: Process, watch: DatabaseWatch, change: &Change) {
        let (now, facts) = (self.now, &self.oracle.facts);
        self.story.tell(now, || format!("{watch:?} of {} is told {change:?}", facts.show(process)));
        self.story.note(now ^ process.0 as u64);
        let Some(told) = self.oracle.family_changed(process, watch, change, now) else { return };
        self.census.count(Counted::FamilyChanged);
        if told.is_merger {
            self.census.count(Counted::EntriesMerged);
        }
        if told.is_faded {
            self.census.count(Counted::EntryFaded);
        }
    }

    /// A kernel asks what the host name of its seeds stands for: sometimes nobody can tell.
    pub(super) fn resolve(&mut self, process: Process, seed: &Address) {
        let is_known = self.now >= self.calm_from || !self.dice.chance(200);
        let addresses = if is_known { self.topology.resolve(seed, &self.addresses) } else { Vec::new() };
        self.census.count(Counted::SeedResolved);
        let (now, runtime) = (self.now, &mut self.runtimes[process.0]);
        runtime.kernel.resolved(seed, addresses, runtime.time(now));
    }

    /// Every process watches every family, and reads it.
    pub(super) fn watch_everything(&mut self, process: Process) {
        while !self.runtimes[process.0].families.is_empty() {
            self.unwatch_family(process);
        }
        for family in 0..self.topology.families {
            self.watch_family(process, format!("f{family}"));
            self.read_family(process, Query::Family(format!("f{family}")));
        }
    }

    pub(super) fn is_anybody_estranged(&self) -> bool {
        let count = self.swarm.nodes;
        (0..count).any(|a| (0..count).any(|b| a != b && self.oracle.is_estranged(a, b)))
    }

    /// Nodes that nothing else has to do with have databases of their own; those of a network have one together.
    pub(super) fn check_networks(&mut self, networks: Vec<BTreeSet<usize>>) {
        // Global nodes that never meet again have no common database.
        if self.is_anybody_estranged() {
            return;
        }
        for network in networks {
            let processes: BTreeSet<Process> = network.iter().filter_map(|node| self.running(*node)).collect();
            let (told, contested) = self.oracle.check_network(&processes, self.now);
            if processes.len() > 1 {
                self.census.add(Counted::Converged, told);
                self.census.add(Counted::ContestedAtRest, contested);
            }
        }
        self.oracle.check_all_read(self.now);
    }
}
