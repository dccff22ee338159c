//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::{commands, exit};

/// Runs, calls and watches nodes and ports.
#[derive(Debug, Parser)]
#[command(name = "aemp", version, after_help = exit::HELP, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of all commands. They override the environment, and that overrides the profile.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// Take the settings from this profile (else from AEMP_PROFILE)
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Read the secret from this file (else from AEMP_SECRET, AEMP_SECRET_FILE or the profile)
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Give the node of this command a name
    #[arg(long, global = true)]
    pub(crate) name: Option<String>,
    /// Listen there: host:port, *:port, or unix:/path; can be given several times
    #[arg(long, global = true, value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) bind: Vec<String>,
    /// Wait so long for an answer, as in 500ms or 5s [default: 30s; monitor waits without end]
    #[arg(long, global = true, value_name = "DURATION", value_parser = aemp::config::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print JSON, one value per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Global {
    /// How long to wait for an answer.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(30))
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what aemp does: three nodes, a small job, and a death in the middle of it
    Demo(commands::demo::Demo),
    /// Measure messages, ports and monitors on this machine
    Bench(commands::bench::Bench),
    #[command(name = commands::bench::PEER, hide = true)]
    BenchPeer(commands::bench::BenchPeer),
    /// Run a node with the published services echo, time, sink, peers and explain until it is interrupted
    Run,
    /// Send a message to a port
    Send(commands::Message),
    /// Send a message to a port with a reply behind it, and print the answer
    Call(commands::Message),
    /// Wait for the death of a port and print the reason
    Monitor(commands::monitor::Monitor),
    /// Start a service at a node and print the ID of the new port
    Spawn(commands::spawn::Spawn),
    /// Print what a running node knows of its peers
    Peers(commands::peers::Peers),
    /// Print who is connected to whom, from a running node on
    Trace(commands::trace::Trace),
    /// Print why a running node considers a port dead or alive
    Explain(commands::explain::Explain),
    /// Make secrets
    Secret(commands::secret::Secret),
    /// Show and change profiles
    Profile(commands::profile::Profile),
    #[command(name = commands::demo::WORKER, hide = true)]
    DemoWorker(commands::demo::DemoWorker),
}
