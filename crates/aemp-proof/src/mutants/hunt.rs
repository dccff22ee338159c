//! Looks for the first violation, with whatever bug is planted at the moment.

use std::{
    fmt,
    num::NonZero,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use aemp_proto::planted::Bug;

use crate::sim::{self, Violation};

/// A bug, and what found it.
#[derive(Debug)]
pub(super) struct Quarry {
    pub(super) bug: Bug,
    pub(super) by_simulation: Option<Found>,
    pub(super) took: Duration,
}

/// The first seed with a violation.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) seed: u64,
    pub(super) violation: Violation,
}

impl Quarry {
    pub(super) const fn is_found(&self) -> bool {
        self.by_simulation.is_some()
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.violation)
    }
}

/// Runs the seeds from 0 on until one has a violation.
pub(super) fn by_simulation(seeds: u64) -> Option<Found> {
    first(seeds, |seed| sim::run_seed(seed).err())
}

/// The first seed with a violation. All cores look for it, but the result does not depend on which is faster.
fn first(seeds: u64, run: impl Fn(u64) -> Option<Violation> + Sync) -> Option<Found> {
    let (next, end) = (AtomicU64::new(0), AtomicU64::new(seeds));
    let first: Mutex<Option<Found>> = Mutex::new(None);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end.load(Ordering::Relaxed) {
                return;
            }
            if let Some(violation) = run(seed) {
                end.fetch_min(seed, Ordering::Relaxed);
                let mut first = first.lock().expect("no thread panics while it holds this");
                if first.as_ref().is_none_or(|found| seed < found.seed) {
                    *first = Some(Found { seed, violation });
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    first.into_inner().expect("no thread panicked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Guarantee;

    #[test]
    fn the_first_seed_counts_and_not_the_fastest_core() {
        let run = |seed: u64| {
            // The seeds that follow are done long before this one.
            if seed == 100 {
                thread::sleep(Duration::from_millis(20));
            }
            (seed >= 100).then(|| Violation { guarantee: Guarantee::Order, text: seed.to_string() })
        };
        let found = first(1_000, run).map(|found| (found.seed, found.violation.text));
        assert_eq!(found, Some((100, "100".to_owned())));
    }

    #[test]
    fn all_seeds_are_run_where_nothing_is_found() {
        let runs = AtomicU64::new(0);
        let found = first(50, |_| {
            runs.fetch_add(1, Ordering::Relaxed);
            None
        });
        assert!(found.is_none());
        assert_eq!(runs.into_inner(), 50);
    }
}
