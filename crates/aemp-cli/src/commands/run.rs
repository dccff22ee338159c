//! `aemp run`: a node with built-in services.

use std::{
    fmt, io,
    time::{SystemTime, UNIX_EPOCH},
};

use aemp::{Message, Node, Port, Reply};
use serde::Serialize;

use super::{
    db, explain,
    peers::{Peer, Question},
};
use crate::{
    exit::{Failure, talk},
    node::{DB, EXPLAIN, PEERS, start_server, stop},
    options::Global,
    output::Output,
    request::Request,
};

/// Runs a node with published services until it is interrupted.
#[derive(clap::Args, Debug)]
pub(crate) struct Run {
    /// Keep the directory and the whole database, for nodes that have this one as a seed
    #[arg(long = "global")]
    is_global: bool,
}

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
pub(crate) fn run(options: &Run, global: &Global, output: Output) -> Result<(), Failure> {
    let builder = if options.is_global { Node::builder().global() } else { Node::builder() };
    let node = start_server(builder, global)?;
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
        (DB, db::serve(node).cast()),
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
