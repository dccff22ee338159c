//! `aemp run`: a node with built-in services.

use std::{
    fmt, io,
    time::{SystemTime, UNIX_EPOCH},
};

use aemp::{Message, Node, Port, Reply};
use serde::Serialize;

use super::{
    explain,
    peers::{Peer, Question},
};
use crate::{
    exit::{Failure, talk},
    node::{EXPLAIN, PEERS, start_server, stop},
    options::Global,
    output::Output,
    request::Request,
};

#[derive(Serialize)]
struct Service {
    name: &'static str,
    port: Port,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}", self.name, self.port)
    }
}

/// Carries out `aemp run`.
pub(crate) fn run(global: &Global, output: Output) -> Result<(), Failure> {
    let node = start_server(global)?;
    let handle = node.clone();
    let end = move || {
        stop(&handle);
    };
    ctrlc::set_handler(end).map_err(|error| Failure::Failed(error.to_string()))?;
    serve(&node, output)?;
    talk(format_args!("{} serves until it is interrupted", node.id()));
    node.wait().map_err(|error| Failure::Failed(error.to_string()))
}

/// Publishes the services and prints their port IDs.
fn serve(node: &Node, output: Output) -> io::Result<()> {
    let echo = node.port(|cx, request: Request| cx.reply(request.reply, Message(request.elements)));
    let time = node.port(|cx, (reply,): (Reply<u64>,)| cx.reply(reply, seconds_since_1970()));
    let sink = node.port(|_, _: Message| {});
    let peers = node.port(|cx, (reply,): Question| {
        let peers: Vec<Peer> = cx.peers().into_iter().map(Peer::from).collect();
        cx.reply(reply, peers);
    });
    let explain = node.port(|cx, (port, reply): explain::Question| cx.reply(reply, cx.explain(&port).into()));
    let services = [
        ("echo", echo.cast()),
        ("time", time.cast()),
        ("sink", sink),
        (PEERS, peers.cast()),
        (EXPLAIN, explain.cast()),
    ];
    for (name, port) in services {
        node.publish(name, &port);
        output.print(&Service { name, port })?;
    }
    Ok(())
}

fn seconds_since_1970() -> u64 {
    // A clock that stands before 1970 is wrong, and 0 says so.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
