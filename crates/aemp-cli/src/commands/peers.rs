//! `aemp peers`: what a running node knows of its peers.

use std::fmt;

use aemp::{Node, PeerInfo, Reply};
use serde::{Deserialize, Serialize};

use crate::{
    exit::Failure,
    node::{self, explain, service, start_client, stop},
    options::Global,
    output::Output,
    target::NodeTarget,
};

/// Asks a node that runs `aemp run` for its peers and prints them.
#[derive(clap::Args, Debug)]
pub(crate) struct Peers {
    /// The node: its ID, the ID of any of its ports, or @host:port where `aemp run` listens
    node: NodeTarget,
}

/// What `aemp run` answers about a peer.
#[derive(Deserialize, Serialize)]
pub(crate) struct Peer {
    pub(crate) node: String,
    pub(crate) connected: bool,
    connections: u64,
    unacknowledged: u64,
    pub(crate) addresses: Vec<String>,
}

/// The question, answered by the port that is published as `peers`.
pub(crate) type Question = (Reply<Vec<Peer>>,);

impl From<PeerInfo> for Peer {
    fn from(peer: PeerInfo) -> Self {
        Self {
            node: peer.node.to_string(),
            connected: peer.connected,
            connections: peer.connections,
            unacknowledged: peer.unacknowledged as u64,
            addresses: peer.addresses.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.connected { "connected" } else { "not connected" };
        let Self { node, connections, unacknowledged, .. } = self;
        let addresses = self.addresses.join(",");
        write!(f, "{node}\t{state}\t{connections} connections\t{unacknowledged} octets unacknowledged\t{addresses}")
    }
}

/// The peers of a node.
pub(crate) struct Answer {
    /// Its ID.
    pub(crate) node: String,
    pub(crate) peers: Vec<Peer>,
}

/// Asks a node for its peers.
pub(crate) fn ask(node: &Node, target: &NodeTarget, global: &Global) -> Result<Answer, Failure> {
    let port = service(node, target, node::PEERS, global)?.cast::<Question>();
    let answer = node.call(&port, |reply| (reply,)).timeout(global.patience()).wait();
    let peers = answer.map_err(|error| explain(error, &port.to_string()))?;
    Ok(Answer { node: port.node_id().to_string(), peers })
}

/// Carries out `aemp peers`.
pub(crate) fn run(peers: &Peers, global: &Global, output: Output) -> Result<(), Failure> {
    let node = start_client(global)?;
    let answer = ask(&node, &peers.node, global);
    stop(&node);
    answer?.peers.iter().try_for_each(|peer| output.print(peer))?;
    Ok(())
}
