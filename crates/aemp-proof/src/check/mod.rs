//! x
use std::process::ExitCode;
/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {}

/// Runs the command.
pub(crate) fn run(_: &Options) -> ExitCode {
    ExitCode::FAILURE
}
