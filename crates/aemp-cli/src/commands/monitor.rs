//! `aemp monitor`: waits for the death of a port.

use std::{fmt, sync::mpsc, thread};

use aemp::{Node, Port, Reason};
use serde::Serialize;

use crate::{
    exit::{Failure, talk},
    json::Json,
    node::{dead, resolve, start_client, stop},
    options::Global,
    output::Output,
    target::Target,
};

/// Waits for the death of a port and prints the reason. The exit code is 0 if it ended of its own accord, 1 if not.
#[derive(clap::Args, Debug)]
pub(crate) struct Monitor {
    /// The port: its ID, or @host:port/NAME for one that is published there
    port: Target,
}

#[derive(Serialize)]
struct Death<'a> {
    port: &'a Port,
    code: &'a str,
    text: &'a str,
    details: Vec<Json<'a>>,
}

impl fmt::Display for Death<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{}", self.port, self.code, self.text)
    }
}

/// Carries out `aemp monitor`.
pub(crate) fn run(monitor: &Monitor, global: &Global, output: Output) -> Result<(), Failure> {
    let node = start_client(global)?;
    let port = resolve(&node, &monitor.port, global)?;
    talk(format_args!("watching {port}"));
    let reason = wait(&node, &port, global)?;
    stop(&node);
    let details = reason.details().iter().map(Json).collect();
    output.print(&Death { port: &port, code: reason.code().as_str(), text: reason.text(), details })?;
    if reason.is_normal() { Ok(()) } else { Err(dead(&reason, &port.to_string())) }
}

fn wait(node: &Node, port: &Port, global: &Global) -> Result<Reason, Failure> {
    let watch = node.monitor(port);
    let Some(timeout) = global.timeout else { return Ok(watch.wait()) };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(watch.wait()));
    receiver.recv_timeout(timeout).map_err(|_| Failure::Failed(format!("{port} is alive: the time is over")))
}
