//! Explores every state of a few nodes.

mod actions;
mod apply;
mod config;
mod configs;
mod explore;
mod fingerprint;
mod frames;
mod history;
mod hunt;
mod network;
mod rest;
mod story;
mod world;

use std::process::ExitCode;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    config: Option<String>,
    #[arg(long, default_value_t = 1_000_000)]
    limit: usize,
    #[arg(long)]
    bug: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let bug = options.bug.as_ref().map(|name| *aemp_proto::planted::Bug::ALL.iter().find(|bug| bug.name() == name).unwrap());
    aemp_proto::planted::plant(bug);
    let all: Vec<_> = configs::SMALL.iter().chain(if options.config.is_some() {configs::LARGER} else {&[]}).filter(|config| options.config.as_ref().is_none_or(|name| config.name == name)).collect();
    if bug.is_some() {
        match hunt::find(&all, options.limit) {
            Some(finding) => { println!("{}:", finding.config.name); finding.story().iter().for_each(|line| println!("{line}")) }
            None => println!("not found"),
        }
        return ExitCode::FAILURE;
    }
    for config in all {
        let outcome = explore::explore(config, options.limit, None);
        println!("{}: {} states {} transitions {} at rest depth {} {:?} {:.0}/s complete {}", config.name, outcome.states, outcome.transitions, outcome.at_rest, outcome.depth, outcome.took, outcome.states as f64 / outcome.took.as_secs_f64(), outcome.complete);
        if let Some((violation, actions)) = outcome.violation {
            let f = hunt::find(&[config], options.limit).unwrap_or(hunt::Finding { config, violation, actions });
            f.story().iter().for_each(|line| println!("{line}"));
        }
    }
    ExitCode::FAILURE
}
