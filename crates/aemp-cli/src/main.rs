//! The `aemp` command: runs, calls and watches nodes and ports.

mod commands;
mod confirm;
mod exit;
mod json;
mod message;
mod node;
mod options;
mod output;
mod request;
mod target;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match commands::run(options::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
