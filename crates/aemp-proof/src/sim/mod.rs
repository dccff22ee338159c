//! Random programs on simulated networks that fail in every way, and an oracle that knows what was promised.

mod actions;
mod arrivals;
mod census;
mod database;
mod facts;
mod faults;
mod fickle;
mod last_words;
mod lossy;
mod network;
mod observing;
mod oracle;
mod phases;
mod process;
mod queue;
mod report;
mod story;
mod suspension;
mod swarm;
#[cfg(test)]
mod tests;
mod topology;
mod unseen;
mod violation;
mod wire;
mod world;

use std::process::ExitCode;

pub(crate) use census::{Census, Counted};
pub(crate) use report::Options;
pub(crate) use violation::{Guarantee, Violation};

use self::world::World;

/// What a run without a violation tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// The same for every run of the seed.
    pub(crate) trace_hash: u64,
    /// How often what happened.
    pub(crate) census: Census,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    report::run(options)
}

/// Runs one seed to its end or to the first violation. Prints nothing; a panic of a kernel is a violation.
pub(crate) fn run_seed(seed: u64) -> Result<Report, Violation> {
    report::contained(|| World::new(seed, false).run())
}
