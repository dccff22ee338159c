//! Whether a port got what was sent to it.

use std::{sync::mpsc, time::Duration};

use aemp::{Node, Port, Reason, ReasonCode};

use crate::{exit::Failure, node::dead};

/// What is heard first.
enum Heard {
    /// The port is dead.
    Death(Reason),
    /// The port that does not exist does not exist, or the node cannot be reached.
    Absence(Reason),
}

/// Waits until the node of `port` has handled everything that was sent to it before, and fails if the port is dead.
///
/// A node answers requests in the order in which they were made. So a port is watched there that no node has: the
/// notice of its absence comes behind that of the port's death, if there is one.
pub(crate) fn confirm(node: &Node, port: &Port, patience: Duration) -> Result<(), Failure> {
    let (sender, heard) = mpsc::channel();
    let watched = port.clone();
    let nobody = format!("{}#nobody", port.node_id());
    let nobody: Port = nobody.parse().map_err(|error| Failure::Usage(format!("{nobody}: {error}")))?;
    let request = node.run(move |cx| {
        let death = sender.clone();
        // Nobody listens any more once the first has been heard.
        cx.monitor_with(&watched, move |_, reason| drop(death.send(Heard::Death(reason)))).forever();
        cx.monitor_with(&nobody, move |_, reason| drop(sender.send(Heard::Absence(reason)))).forever();
    });
    request.wait().map_err(|error| Failure::Failed(error.to_string()))?;
    match heard.recv_timeout(patience) {
        Ok(Heard::Absence(reason)) if *reason.code() == ReasonCode::NoSuchPort => Ok(()),
        Ok(Heard::Absence(reason) | Heard::Death(reason)) => Err(dead(&reason, &port.to_string())),
        Err(_) => Err(Failure::Failed(format!("{port}: no answer came in time"))),
    }
}
