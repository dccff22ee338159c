//! What the database tells: exact changes, and answers that were true.

use std::collections::{BTreeMap, BTreeSet};

use aemp_proto::{
    directory::{Change, DatabaseWatch, Query},
    id::PortNumber,
    value::Value,
};

use super::Oracle;
use crate::sim::{facts::Process, swarm::SECOND, violation::Guarantee};

/// For so long the claims of a lost global node are kept.
pub(super) const GRACE: u64 = 10 * SECOND;

/// A family and a key.
pub(in crate::sim) type Place = (String, String);
/// Keys, and the writes that their values are of.
pub(super) type Content = BTreeMap<String, usize>;

/// A value that a process wrote. Every value is written once.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) process: Process,
    pub(super) place: Place,
    pub(super) at: u64,
    /// Since when its writer has had the key.
    pub(super) had_since: u64,
    /// The writes that its writer saw under the key: this one counts for more than they do.
    pub(super) over: BTreeSet<usize>,
}

/// What a watch was told, put together; nothing before its first content.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) family: String,
    /// How many reads had begun before the watch.
    reads_before: usize,
    pub(super) content: Option<Content>,
}

/// A read that has not ended.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) query: Query,
    /// The place among all reads.
    at: usize,
}

/// An answer that differs from what a watch of the same process was told last, and has to be what it is told next.
#[derive(Debug)]
struct Ahead {
    process: Process,
    read: Read,
    answer: Value,
}

/// All that programs did with the database, and what they were told.
#[derive(Debug, Default)]
pub(in crate::sim) struct Database {
    pub(super) writes: Vec<Write>,
    /// What each process has set, and not removed.
    pub(super) parts: BTreeMap<(Process, Place), usize>,
    pub(super) copies: BTreeMap<(Process, DatabaseWatch), Copy>,
    pub(super) reads: BTreeMap<(Process, PortNumber), Read>,
    reads_begun: usize,
    ahead: Vec<Ahead>,
}

/// What is worth counting about a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) struct Told {
    /// Entries of several other nodes came at once, and not as the first content.
    pub(in crate::sim) is_merger: bool,
    /// An entry of a process went that had ended long before.
    pub(in crate::sim) is_faded: bool,
}

impl Oracle {
    /// A process sets an entry. The number of the write, and whether another living process has the key.
    pub(in crate::sim) fn writing(&mut self, process: Process, place: Place, now: u64) -> (usize, bool) {
        let database = &mut self.database;
        let number = database.writes.len();
        let copies = database.copies.iter().filter(|((holder, _), copy)| *holder == process && copy.family == place.0);
        let over = copies.filter_map(|(_, copy)| copy.content.as_ref()?.get(&place.1).copied()).collect();
        let facts = &self.facts;
        let rival = |(other, at): &(Process, Place)| *other != process && *at == place && facts.is_running(*other);
        let contested = database.parts.keys().any(rival);
        let before = database.parts.insert((process, place.clone()), number);
        let had_since = before.map_or(now, |before| database.writes[before].had_since);
        database.writes.push(Write { process, place, at: now, had_since, over });
        (number, contested)
    }

    /// A process removes an entry of its own.
    pub(in crate::sim) fn unwriting(&mut self, process: Process, place: Place) {
        self.database.parts.remove(&(process, place));
    }

    /// A process watches a family.
    pub(in crate::sim) fn watching_family(&mut self, process: Process, watch: DatabaseWatch, family: String) {
        let reads_before = self.database.reads_begun;
        self.database.copies.insert((process, watch), Copy { family, reads_before, content: None });
    }

    pub(in crate::sim) fn unwatched_family(&mut self, process: Process, watch: DatabaseWatch) {
        self.database.copies.remove(&(process, watch));
    }

    /// A watch that has not ended is told of a change, which has to be exact.
    pub(in crate::sim) fn family_changed(
        &mut self,
        process: Process,
        watch: DatabaseWatch,
        change: &Change,
        now: u64,
    ) -> Option<Told> {
        let Some(copy) = self.database.copies.remove(&(process, watch)) else {
            let text = format!("{watch:?} of {} has ended, and is told of a change", self.facts.show(process));
            self.complain(Guarantee::Database, now, || text);
            return None;
        };
        let before = copy.content.clone();
        let changed = self.changed(copy, change);
        let changed =
            changed.and_then(|copy| self.check_kept(process, before.as_ref(), &copy, change, now).map(|()| copy));
        match changed {
            Ok(copy) => {
                let told = self.told(process, before.as_ref(), change, now);
                self.database.copies.insert((process, watch), copy);
                self.catch_up(process);
                Some(told)
            }
            Err(text) => {
                let text = format!("{} is told: {text}", self.facts.show(process));
                self.complain(Guarantee::Database, now, || text);
                None
            }
        }
    }

    fn changed(&self, copy: Copy, change: &Change) -> Result<Copy, String> {
        let Copy { family, reads_before, content } = copy;
        let is_first = content.is_none();
        if is_first && !(change.changed.is_empty() && change.removed.is_empty()) {
            return Err(format!("the first content of {family} is {change:?}"));
        }
        if !is_first && change.is_empty() {
            return Err(format!("nothing changes in {family}"));
        }
        let mut content = content.unwrap_or_default();
        for (key, value) in &change.added {
            let write = self.write_of(&family, key, value)?;
            if let Some(old) = content.insert(key.clone(), write) {
                return Err(format!("{key} of {family} is added as {write}, and was {old}"));
            }
        }
        for (key, value) in &change.changed {
            let write = self.write_of(&family, key, value)?;
            let old = content.insert(key.clone(), write);
            if old.is_none_or(|old| old == write) {
                return Err(format!("{key} of {family} changes to {write}, and was {old:?}"));
            }
        }
        for key in &change.removed {
            if content.remove(key).is_none() {
                return Err(format!("{key} of {family} is removed, and was not there"));
            }
        }
        Ok(Copy { family, reads_before, content: Some(content) })
    }

    /// The write that a value is of.
    fn write_of(&self, family: &str, key: &str, value: &Value) -> Result<usize, String> {
        let number = number_of(value).filter(|number| {
            let write = self.database.writes.get(*number);
            write.is_some_and(|write| (write.place.0.as_str(), write.place.1.as_str()) == (family, key))
        });
        number.ok_or_else(|| format!("nobody wrote {value} as {key} of {family}"))
    }

    fn told(&self, process: Process, before: Option<&Content>, change: &Change, now: u64) -> Told {
        let writer = |number: usize| self.database.writes[number].process;
        let set = change.added.iter().chain(&change.changed);
        let others = set.filter_map(|(_, value)| number_of(value)).map(writer);
        let others: BTreeSet<Process> = others.filter(|other| *other != process).collect();
        let gone = change.removed.iter().chain(change.changed.iter().map(|(key, _)| key));
        let gone = gone.filter_map(|key| before?.get(key)).map(|number| writer(*number));
        let ended = gone.filter_map(|owner| self.facts.process(owner).ended);
        Told {
            is_merger: before.is_some() && others.len() > 1,
            is_faded: ended.min().is_some_and(|ended| now >= ended + GRACE),
        }
    }

    /// A process reads a family once.
    pub(in crate::sim) fn reading(&mut self, process: Process, number: PortNumber, query: Query) {
        let at = self.database.reads_begun;
        self.database.reads_begun += 1;
        self.database.reads.insert((process, number), Read { query, at });
    }

    /// Whether this is the number of a read that has not ended.
    pub(in crate::sim) fn is_reading(&self, process: Process, number: PortNumber) -> bool {
        self.database.reads.contains_key(&(process, number))
    }

    /// A read has ended. Its answer is made of what was written; where the process watched the family before it asked, it is
    /// what the watch has been told, or is told in the same moment.
    pub(in crate::sim) fn read_ended(&mut self, process: Process, number: PortNumber, answer: Option<Value>, now: u64) {
        let Some(read) = self.database.reads.remove(&(process, number)) else { return };
        let reader = self.facts.show(process);
        let Some(answer) = answer else {
            return self.complain(Guarantee::Database, now, || format!("{reader} gets no answer to {:?}", read.query));
        };
        if let Query::Family(family) = &read.query
            && let Err(text) = self.check_family(family, &answer)
        {
            return self.complain(Guarantee::Database, now, || format!("{reader} reads: {text}"));
        }
        self.database.ahead.push(Ahead { process, read, answer });
        self.catch_up(process);
    }

    fn check_family(&self, family: &str, answer: &Value) -> Result<(), String> {
        let Value::Map(pairs) = answer else { return Err(format!("{answer} is no family")) };
        for (key, value) in pairs {
            self.write_of(family, key.as_str().unwrap_or_default(), value)?;
        }
        Ok(())
    }

    /// Forgets the answers that are what a watch of the process was told by now, or that no watch can confirm.
    fn catch_up(&mut self, process: Process) {
        let Database { copies, ahead, .. } = &mut self.database;
        ahead.retain(|ahead| {
            let (Query::Family(family) | Query::Keys(family) | Query::Values(family)) = &ahead.read.query;
            let copies = copies.iter().filter(|((holder, _), copy)| {
                *holder == process && copy.family == *family && copy.reads_before <= ahead.read.at
            });
            let told: Vec<&Content> = copies.filter_map(|(_, copy)| copy.content.as_ref()).collect();
            ahead.process == process && !told.is_empty() && !told.iter().any(|told| is_answer(ahead, told))
        });
    }

    /// A process has done all that it had to do: what it has read, its watches were told.
    pub(in crate::sim) fn check_reads(&mut self, now: u64) {
        if let Some(Ahead { process, read: Read { query, .. }, answer }) = self.database.ahead.pop() {
            let text =
                format!("{} reads {answer} by {query:?}, and its watch was told otherwise", self.facts.show(process));
            self.complain(Guarantee::Database, now, || text);
        }
    }
}

fn is_answer(ahead: &Ahead, told: &Content) -> bool {
    match (&ahead.read.query, &ahead.answer) {
        (Query::Family(_), Value::Map(pairs)) => {
            let pairs = pairs.iter().map(|(key, value)| (key.as_str(), number_of(value)));
            pairs.eq(told.iter().map(|(key, number)| (Some(key.as_str()), Some(*number))))
        }
        (Query::Keys(_), Value::Array(keys)) => {
            keys.iter().map(Value::as_str).eq(told.keys().map(|key| Some(key.as_str())))
        }
        (Query::Values(_), Value::Array(values)) => {
            values.iter().map(number_of).eq(told.values().map(|number| Some(*number)))
        }
        _ => false,
    }
}

/// The value that stands for a write; some have a long text besides.
pub(in crate::sim) fn value_of(number: usize, octets: usize) -> Value {
    let value = Value::from(number as u64);
    if octets == 0 { value } else { Value::Array(vec![value, "x".repeat(octets).into()]) }
}

fn number_of(value: &Value) -> Option<usize> {
    match value {
        Value::Integer(number) => usize::try_from(*number).ok(),
        Value::Array(values) => number_of(values.first()?),
        _ => None,
    }
}
