//! Random programs on simulated networks that fail in every way, and an oracle that knows what was promised.

mod census;
mod random;
mod violation;

use std::process::ExitCode;

pub(crate) use census::{Census, Counted};
pub(crate) use violation::{Guarantee, Violation};

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {}

/// What a run without a violation tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// The same for every run of the seed.
    pub(crate) trace_hash: u64,
    /// How often what happened.
    pub(crate) census: Census,
}

/// Runs the command.
pub(crate) fn run(_: &Options) -> ExitCode {
    ExitCode::FAILURE
}

/// Runs one seed to its end or to the first violation. Prints nothing; a panic of a kernel is a violation.
pub(crate) fn run_seed(seed: u64) -> Result<Report, Violation> {
    let _ = seed;
    Ok(Report { trace_hash: 0, census: Census::default() })
}
