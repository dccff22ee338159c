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
    pub(super) by_model: Option<Traced>,
    pub(super) took: Duration,
}

/// The first seed with a violation.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) seed: u64,
    pub(super) violation: Violation,
}

/// A violation that the model found.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) configuration: &'static str,
    /// How many steps lead to it.
    pub(super) steps: usize,
    pub(super) guarantee: String,
}

impl Quarry {
    pub(super) const fn is_found(&self) -> bool {
        self.by_simulation.is_some() || self.by_model.is_some()
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.violation)
    }
}

/// Whether it is a lesser protocol rather than a bug.
pub(super) const fn is_control(bug: Bug) -> bool {
    bug.number() > 100
}

/// Runs the seeds from 0 on until one has a violation. All cores take part, but it is the first seed that counts: the
/// result is always the same.
pub(super) fn by_simulation(seeds: u64) -> Option<Found> {
    let (next, end) = (AtomicU64::new(0), AtomicU64::new(seeds));
    let first: Mutex<Option<Found>> = Mutex::new(None);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end.load(Ordering::Relaxed) {
                return;
            }
            if let Err(violation) = sim::run_seed(seed) {
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
