//! Who counts what: units of work, spread over workers that may die, each counted exactly once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::text::Counts;

/// A part of the text.
pub(super) type Unit = usize;
/// A worker, by its process ID.
pub(super) type Worker = u32;

/// The state of a job.
#[derive(Debug)]
pub(super) struct Plan {
    waiting: VecDeque<Unit>,
    given: BTreeMap<Worker, BTreeSet<Unit>>,
    done: BTreeSet<Unit>,
    units: usize,
    counts: Counts,
}

impl Plan {
    /// A job of so many units.
    pub(super) fn new(units: usize) -> Self {
        let given = BTreeMap::new();
        Self { waiting: (0..units).collect(), given, done: BTreeSet::new(), units, counts: Counts::new() }
    }

    /// The next unit for a worker that may hold `at_most` units at once.
    pub(super) fn give(&mut self, worker: Worker, at_most: usize) -> Option<Unit> {
        let given = self.given.entry(worker).or_default();
        if given.len() >= at_most {
            return None;
        }
        let unit = self.waiting.pop_front()?;
        given.insert(unit);
        Some(unit)
    }

    /// Takes the counts of a unit from a worker. False, and nothing is added, unless the worker was to count
    /// it: a dead worker's unit belongs to another one already, even if its last words arrive late.
    pub(super) fn take(&mut self, worker: Worker, unit: Unit, counts: Counts) -> bool {
        let was_given = self.given.get_mut(&worker).is_some_and(|given| given.remove(&unit));
        if was_given {
            self.done.insert(unit);
            for (word, count) in counts {
                *self.counts.entry(word).or_default() += count;
            }
        }
        was_given
    }

    /// A worker is dead: what it had not counted waits again, ahead of the rest.
    pub(super) fn bury(&mut self, worker: Worker) -> Vec<Unit> {
        let lost: Vec<Unit> = self.given.remove(&worker).unwrap_or_default().into_iter().collect();
        for &unit in lost.iter().rev() {
            self.waiting.push_front(unit);
        }
        lost
    }

    /// How many units are counted.
    pub(super) fn done(&self) -> usize {
        self.done.len()
    }

    /// How many units there are.
    pub(super) const fn units(&self) -> usize {
        self.units
    }

    /// Whether every unit is counted.
    pub(super) fn is_complete(&self) -> bool {
        self.done() == self.units
    }

    /// The sum of what was counted.
    pub(super) const fn counts(&self) -> &Counts {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(word: &str) -> Counts {
        Counts::from([(word.to_owned(), 1)])
    }

    #[test]
    fn a_worker_holds_no_more_than_it_may() {
        let mut plan = Plan::new(5);
        assert_eq!([plan.give(1, 2), plan.give(1, 2), plan.give(1, 2)], [Some(0), Some(1), None]);
        assert_eq!(plan.give(2, 2), Some(2));
    }

    #[test]
    fn the_units_of_a_dead_worker_are_given_to_the_next_in_order() {
        let mut plan = Plan::new(4);
        plan.give(1, 2);
        plan.give(1, 2);
        assert!(plan.take(1, 0, one("a")));
        plan.give(1, 2);
        assert_eq!(plan.bury(1), [1, 2]);
        assert_eq!(
            [plan.give(2, 9), plan.give(2, 9), plan.give(2, 9), plan.give(2, 9)],
            [Some(1), Some(2), Some(3), None]
        );
    }

    #[test]
    fn late_counts_of_a_dead_worker_are_not_added() {
        let mut plan = Plan::new(1);
        plan.give(1, 1);
        plan.bury(1);
        plan.give(2, 1);
        assert!(!plan.take(1, 0, one("a")));
        assert!(plan.take(2, 0, one("a")) && !plan.take(2, 0, one("a")));
        assert_eq!((plan.counts(), plan.is_complete()), (&one("a"), true));
    }

    #[test]
    fn a_job_is_complete_when_every_unit_is_counted() {
        let mut plan = Plan::new(2);
        for unit in 0..2 {
            assert!(!plan.is_complete());
            plan.give(1, 9);
            plan.take(1, unit, one("a"));
        }
        assert!(plan.is_complete());
        assert_eq!((plan.done(), plan.units(), plan.counts()["a"]), (2, 2, 2));
    }
}
