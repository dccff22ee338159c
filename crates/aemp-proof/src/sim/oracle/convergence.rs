//! What all nodes of a network see at rest: the same, and what those of them that live have set.

use std::collections::{BTreeMap, BTreeSet};

use super::{Oracle, database::Place};
use crate::sim::{facts::Process, violation::Guarantee};

impl Oracle {
    /// Nothing is under way, and these processes are one network. How many watches were told the whole truth, and how
    /// many keys several processes have set.
    pub(in crate::sim) fn check_network(&mut self, network: &BTreeSet<Process>, now: u64) -> (u64, u64) {
        let present = self.present(network);
        match self.compare(network, &present).and_then(|told| Ok((told, self.check_order(&present, network)?))) {
            Ok((told, ())) => (told, present.values().filter(|writes| writes.len() > 1).count() as u64),
            Err(text) => {
                self.complain(Guarantee::Database, now, || text);
                (0, 0)
            }
        }
    }

    /// What the processes have set, and not removed: several for one key, perhaps.
    fn present(&self, network: &BTreeSet<Process>) -> BTreeMap<Place, BTreeSet<usize>> {
        let mut present: BTreeMap<Place, BTreeSet<usize>> = BTreeMap::new();
        for ((process, place), write) in &self.database.parts {
            if network.contains(process) && self.facts.is_running(*process) {
                present.entry(place.clone()).or_default().insert(*write);
            }
        }
        present
    }

    /// Each watch was told of every key that is set, and of no other, with a value that is set.
    fn compare(&self, network: &BTreeSet<Process>, present: &BTreeMap<Place, BTreeSet<usize>>) -> Result<u64, String> {
        let mut told = 0;
        for ((process, _), copy) in self.database.copies.iter().filter(|((holder, _), _)| network.contains(holder)) {
            let (holder, family) = (self.facts.show(*process), &copy.family);
            let Some(content) = &copy.content else {
                return Err(format!("{holder} watches {family} and was told nothing"));
            };
            let set: BTreeSet<&String> = present.keys().filter(|(of, _)| of == family).map(|(_, key)| key).collect();
            if let Some(key) = set.iter().find(|key| !content.contains_key(**key)) {
                return Err(format!("{holder} was not told of {key} of {family}, which is set"));
            }
            for (key, write) in content {
                if !present.get(&(family.clone(), key.clone())).is_some_and(|writes| writes.contains(write)) {
                    let writer = self.facts.show(self.database.writes[*write].process);
                    return Err(format!("{holder} sees {write} of {writer} as {key} of {family}, which is gone"));
                }
            }
            told += 1;
        }
        Ok(told)
    }

    /// All see the same value under a key, and none that the writer of another one saw before it wrote.
    fn check_order(
        &self,
        present: &BTreeMap<Place, BTreeSet<usize>>,
        network: &BTreeSet<Process>,
    ) -> Result<(), String> {
        let mut seen: BTreeMap<(&String, &String), (usize, Process)> = BTreeMap::new();
        for ((process, _), copy) in self.database.copies.iter().filter(|((holder, _), _)| network.contains(holder)) {
            for (key, write) in copy.content.iter().flatten() {
                let (first, other) = *seen.entry((&copy.family, key)).or_insert((*write, *process));
                if first != *write {
                    let (one, other) = (self.facts.show(*process), self.facts.show(other));
                    return Err(format!("{one} sees {write} as {key} of {}, and {other} sees {first}", copy.family));
                }
            }
        }
        for ((family, key), (write, _)) in seen {
            let rivals = present.get(&(family.clone(), key.clone())).into_iter().flatten();
            if let Some(later) = rivals.into_iter().find(|later| self.database.writes[**later].over.contains(&write)) {
                return Err(format!("{key} of {family} is {write}, although {later} was written by who saw that"));
            }
        }
        Ok(())
    }

    /// Every read of a process that still runs has ended.
    pub(in crate::sim) fn check_all_read(&mut self, now: u64) {
        let mut reads = self.database.reads.iter();
        if let Some(((process, _), read)) = reads.find(|((process, _), _)| self.facts.is_running(*process)) {
            let text = format!("{:?} of {} was never answered", read.query, self.facts.show(*process));
            self.complain(Guarantee::Database, now, || text);
        }
    }
}
