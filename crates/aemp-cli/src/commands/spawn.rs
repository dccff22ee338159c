//! `aemp spawn`: starts a service at a node.

use std::fmt;

use aemp::Port;
use serde::Serialize;

use crate::{
    confirm::confirm,
    exit::Failure,
    message::{self, Words},
    node::{resolve_node, start_client, stop},
    options::Global,
    output::Output,
    target::NodeTarget,
};

/// Starts a service at a node and prints the ID of the new port.
#[derive(clap::Args, Debug)]
#[command(after_help = message::HELP)]
pub(crate) struct Spawn {
    /// The node: its ID, the ID of any of its ports, or @host:port where `aemp run` listens
    node: NodeTarget,
    /// The name of the service
    service: String,
    /// The arguments of the service
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

#[derive(Serialize)]
struct Spawned {
    port: Port,
}

impl fmt::Display for Spawned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.port.fmt(f)
    }
}

/// Carries out `aemp spawn`.
pub(crate) fn run(spawn: &Spawn, global: &Global, output: Output) -> Result<(), Failure> {
    let arguments = Words::parse(&spawn.words)?;
    let node = start_client(global)?;
    let on = resolve_node(&node, &spawn.node, global)?;
    let port: Port = node.spawn(&on, &*spawn.service, aemp::Message(arguments.0));
    confirm(&node, &port, global.patience())?;
    stop(&node);
    output.print(&Spawned { port })?;
    Ok(())
}
