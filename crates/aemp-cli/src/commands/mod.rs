//! The commands, one file each.

pub(crate) mod bench;
pub(crate) mod call;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod monitor;
pub(crate) mod peers;
pub(crate) mod profile;
pub(crate) mod run;
pub(crate) mod secret;
pub(crate) mod send;
pub(crate) mod spawn;
pub(crate) mod trace;

use crate::{
    exit::Failure,
    message,
    options::{Cli, Command},
    output::Output,
    target::Target,
};

/// A port and a message for it.
#[derive(clap::Args, Debug)]
#[command(after_help = message::HELP)]
pub(crate) struct Message {
    /// The port: its ID, or @host:port/NAME for one that is published there
    #[arg(value_name = "PORT")]
    to: Target,
    /// The elements of the message
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Carries out a command line.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let global = cli.global;
    let output = Output::new(global.json);
    match cli.command {
        Command::Demo(demo) => demo::run(&demo, output),
        Command::DemoWorker(worker) => demo::work(worker),
        Command::Bench(bench) => bench::run(&bench, output),
        Command::BenchPeer(peer) => bench::serve(&peer),
        Command::Run => run::run(&global, output),
        Command::Send(message) => send::run(&message, &global),
        Command::Call(message) => call::run(&message, &global, output),
        Command::Monitor(monitor) => monitor::run(&monitor, &global, output),
        Command::Spawn(spawn) => spawn::run(&spawn, &global, output),
        Command::Peers(peers) => peers::run(&peers, &global, output),
        Command::Trace(trace) => trace::run(&trace, &global, output),
        Command::Explain(explain) => explain::run(&explain, &global, output),
        Command::Secret(secret) => secret::run(&secret, output),
        Command::Profile(profile) => profile::run(&profile, global.profile.as_deref(), output),
    }
}
