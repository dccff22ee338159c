//! `aemp trace`: who is connected to whom.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
};

use aemp::{Address, Node, NodeId};
use serde::Serialize;

use super::peers::{self, Peer};
use crate::{
    exit::{Failure, talk},
    node::{start_client, stop},
    options::Global,
    output::Output,
    target::NodeTarget,
};

/// Asks a node for its connections, then those that it is connected to for theirs, and so on. Only nodes that run `aemp run` answer; what is
/// known of others is who is connected to them.
#[derive(clap::Args, Debug)]
pub(crate) struct Trace {
    /// Where to begin: a node ID, the ID of any port there, or @host:port where `aemp run` listens
    node: NodeTarget,
}

/// A node and those that it is connected to.
#[derive(Serialize)]
struct Connections {
    node: String,
    connected: Vec<String>,
}

impl fmt::Display for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.node, self.connected.join(" "))
    }
}

/// Carries out `aemp trace`.
pub(crate) fn run(trace: &Trace, global: &Global, output: Output) -> Result<(), Failure> {
    let node = start_client(global)?;
    let result = walk(&node, trace, global, output);
    stop(&node);
    result
}

fn walk(node: &Node, trace: &Trace, global: &Global, output: Output) -> Result<(), Failure> {
    let own = node.id().to_string();
    let mut answer = peers::ask(node, &trace.node, global)?;
    let mut known = BTreeSet::from([answer.node.clone()]);
    let mut waiting = VecDeque::new();
    loop {
        let connected: Vec<Peer> = answer.peers.into_iter().filter(|peer| peer.connected && peer.node != own).collect();
        for peer in &connected {
            if known.insert(peer.node.clone()) {
                waiting.extend(target(peer).map(|target| (peer.node.clone(), target)));
            }
        }
        let connected = connected.into_iter().map(|peer| peer.node).collect();
        output.print(&Connections { node: answer.node, connected })?;
        match next_answer(node, &mut waiting, global) {
            Some(next) => answer = next,
            None => return Ok(()),
        }
    }
}

/// What the first of those that wait answers who does. Of the others the user is told.
fn next_answer(node: &Node, waiting: &mut VecDeque<(String, NodeTarget)>, global: &Global) -> Option<peers::Answer> {
    while let Some((name, target)) = waiting.pop_front() {
        match peers::ask(node, &target, global) {
            Ok(answer) => return Some(answer),
            Err(failure) => talk(format_args!("{name} does not tell its connections: {failure}")),
        }
    }
    None
}

/// Where a peer can be asked: at the address that its ID names, or else where it said that it listens.
fn target(peer: &Peer) -> Option<NodeTarget> {
    let id = peer.node.parse::<NodeId>().ok().filter(|id| !id.recipe().is_empty());
    let told = || peer.addresses.iter().find_map(|address| address.parse::<Address>().ok());
    id.map(NodeTarget::Id).or_else(|| told().map(NodeTarget::At))
}
