//! Explores every state of two and three nodes that the production kernel can reach within bounds.

mod actions;
mod apply;
mod arrivals;
mod bounds;
mod bugs;
mod config;
mod configs;
mod explore;
mod fingerprint;
mod frames;
mod history;
mod hunt;
mod network;
mod report;
mod rest;
mod story;
mod world;

use std::process::ExitCode;

use config::Config;

/// A bug that is not found in so many states is not found.
const MAX_HUNTED: usize = 400_000;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Leave the large configurations out.
    #[arg(long)]
    small: bool,
    /// Explore this configuration only, and no control.
    #[arg(long, value_name = "NAME")]
    config: Option<String>,
    /// Instead, look for the planted bugs.
    #[arg(long, conflicts_with_all = ["small", "config"])]
    mutants: bool,
    /// With --mutants: only this bug, with the story of how it was found.
    #[arg(long, value_name = "NAME", requires = "mutants")]
    only: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let is_good = if options.mutants {
        report::mutants(options.only.as_deref())
    } else {
        match chosen(options) {
            Some(configs) => report::production(&configs) & (options.config.is_some() || report::controls()),
            None => false,
        }
    };
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The configurations to explore.
fn chosen(options: &Options) -> Option<Vec<&'static Config>> {
    let Some(name) = &options.config else {
        let large = if options.small { &[] } else { configs::LARGE };
        return Some(configs::SMALL.iter().chain(large).collect());
    };
    let config = configs::named(name);
    if config.is_none() {
        let names: Vec<_> = configs::SMALL.iter().chain(configs::LARGE).map(|config| config.name).collect();
        eprintln!("no configuration is called {name}; known are {}", names.join(", "));
    }
    Some(vec![config?])
}
