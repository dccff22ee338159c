//! The node of a command.

use aemp::{Builder, CallError, Error, Node, Port, Reason, config::SecretSource};

use crate::{
    exit::Failure,
    options::Global,
    target::{NodeTarget, Published, Target},
};

/// The port that `aemp run` publishes so that a node can be asked about itself and found by its address.
pub(crate) const PEERS: &str = "peers";
/// The port that `aemp run` publishes so that a node can be asked what it knows of a port.
pub(crate) const EXPLAIN: &str = "explain";
/// The port that `aemp run` publishes so that a node can be asked for the database.
pub(crate) const DB: &str = "db";

/// Starts a node that serves others, with all settings of its user.
pub(crate) fn start_server(builder: Builder, global: &Global) -> Result<Node, Failure> {
    start(builder, global)
}

/// Starts a node that asks others. It is not the node that its user has configured, which may be running: it has no
/// name, and nobody finds it, unless the options say so.
pub(crate) fn start_client(global: &Global) -> Result<Node, Failure> {
    start(Node::builder().anonymous(), global)
}

fn start(mut builder: Builder, global: &Global) -> Result<Node, Failure> {
    if let Some(profile) = &global.profile {
        builder = builder.profile(profile);
    }
    if let Some(path) = &global.secret_file {
        builder = builder.secret(SecretSource::File(path.clone()).text()?.as_str());
    }
    if let Some(name) = &global.name {
        builder = builder.name(name);
    }
    for address in &global.bind {
        builder = builder.bind(address);
    }
    for address in &global.seed {
        builder = builder.seed(address);
    }
    builder.start().map_err(|error| match error {
        Error::Configuration(error) => Failure::Usage(error.to_string()),
        other => Failure::Failed(other.to_string()),
    })
}

/// Sends what is not sent yet, and ends the node. Octets that nobody has acknowledged.
pub(crate) fn stop(node: &Node) -> usize {
    // A node that is stopped already has nothing left.
    node.stop().wait().unwrap_or(0)
}

/// The port that the user named, asked for at its node if it was named by a published name.
pub(crate) fn resolve(node: &Node, target: &Target, global: &Global) -> Result<Port, Failure> {
    match target {
        Target::Port(port) => Ok(port.clone()),
        Target::Published(Published { address, name }) => {
            let found = node.find(&address.to_string(), name).timeout(global.patience()).wait();
            found.map_err(|error| explain(error, &format!("@{address}/{name}")))
        }
    }
}

/// The port that the node that the user named publishes under `name`.
pub(crate) fn service(node: &Node, target: &NodeTarget, name: &str, global: &Global) -> Result<Port, Failure> {
    let address = match target {
        NodeTarget::At(address) => address.clone(),
        NodeTarget::Id(id) => match id.recipe() {
            [address, ..] => address.clone(),
            [] => return Err(Failure::Usage(format!("{id} names no address; write @host:port"))),
        },
    };
    resolve(node, &Target::Published(Published { address, name: name.to_owned() }), global)
}

/// Any port of the node that the user named.
pub(crate) fn resolve_node(node: &Node, target: &NodeTarget, global: &Global) -> Result<Port, Failure> {
    match target {
        NodeTarget::Id(id) => Ok(aemp::PortId::of_node(id.clone()).into()),
        NodeTarget::At(address) => {
            let published = Published { address: address.clone(), name: PEERS.to_owned() };
            resolve(node, &Target::Published(published), global)
        }
    }
}

/// What the failure of a call means for the user.
pub(crate) fn explain(error: CallError, target: &str) -> Failure {
    match error {
        CallError::Lost(reason) => dead(&reason, target),
        other => Failure::Failed(format!("{target}: {other}")),
    }
}

/// What the death of a port means for the user.
pub(crate) fn dead(reason: &Reason, target: &str) -> Failure {
    match reason.code().as_str() {
        "auth_failed" | "wrong_node" | "version" | "node_id_in_use" => Failure::Refused(format!("{target}: {reason}")),
        "weak_secret" => Failure::Usage(format!("{target}: {reason}")),
        _ => Failure::Failed(format!("{target} is dead or cannot be reached: {reason}")),
    }
}
