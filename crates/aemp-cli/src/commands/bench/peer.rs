//! The other process of a measurement.

use std::{
    env, io,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aemp::{Builder, Cx, Events, Node, Port, Secret};

use super::{
    Bench, PEER, failed,
    measure::{bind, work_so_far},
    message::{Flow, Tally},
    start,
};
use crate::{exit::Failure, node::stop};

/// The variable with the secret: the environment of a process can be seen by its user alone.
const SECRET: &str = "AEMP_SECRET";
/// A process has started by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does the other half of a measurement (started by `aemp bench`).
#[derive(clap::Args, Debug)]
pub(crate) struct BenchPeer {
    /// The port that waits for this process
    parent: Port<Port<Flow>>,
    #[arg(long)]
    plain: bool,
    #[arg(long)]
    core: Option<usize>,
}

/// A node of a measurement that others can reach.
fn node(name: &str, secret: &Secret, plain: bool) -> Result<Node, Failure> {
    let builder = Node::builder().unconfigured().name(name).bind("127.0.0.1:0").secret(&**secret.to_text());
    start(if plain { Builder::dangerously_plain(builder) } else { builder })
}

/// Carries out `aemp bench-peer`: takes messages until the other node is gone.
pub(crate) fn work(peer: &BenchPeer) -> Result<(), Failure> {
    let secret = env::var(SECRET).ok().and_then(|text| Secret::from_text(&text).ok());
    let secret = secret.ok_or_else(|| Failure::Usage(format!("{SECRET} has no secret")))?;
    peer.core.map_or(Ok(()), bind)?;
    let node = node("peer", &secret, peer.plain)?;
    let _events = node.events();
    let watch = node.monitor(&peer.parent);
    let mut sink = Sink::default();
    let port = node.port(move |cx, message| sink.take(cx, message));
    node.send(&peer.parent, port);
    watch.wait();
    stop(&node);
    Ok(())
}

/// What the other process does.
#[derive(Default)]
struct Sink {
    tally: Tally,
    open: Vec<Port<()>>,
}

impl Sink {
    fn take(&mut self, cx: &Cx<Flow>, message: Flow) {
        match message {
            Flow::Small(number, octets) => self.tally.count(number, &*octets),
            Flow::Large(number, octets) => self.tally.count(number, &octets),
            Flow::Echo(number, reply) => cx.reply(reply, number),
            Flow::Tally(reply) => {
                let work = u64::try_from(work_so_far().as_nanos()).unwrap_or(u64::MAX);
                cx.reply(reply, Tally { work, ..self.tally });
            }
            Flow::Open(count, reply) => {
                let opened: Vec<Port<()>> = (0..count).map(|_| cx.port(|_, (): ()| {})).collect();
                self.open.extend(opened.iter().cloned());
                cx.reply(reply, opened);
            }
            Flow::Close => self.open.drain(..).for_each(|port| cx.kill(&port, aemp::Reason::normal())),
            Flow::Die => std::process::abort(),
        }
    }
}

/// Two nodes, each in a process of its own.
pub(super) struct Pair {
    pub(super) node: Node,
    /// The port of the other one.
    pub(super) peer: Port<Flow>,
    process: Child,
    /// Whoever takes the events is not told of them on standard error.
    _events: Events,
}

impl Pair {
    /// Starts both, and waits until they are connected.
    pub(super) fn start(bench: &Bench) -> Result<Self, Failure> {
        let secret = Secret::generate().map_err(failed)?;
        let node = node("bench", &secret, bench.plain)?;
        let events = node.events();
        let (tell, told) = mpsc::channel();
        let port = node.port(move |_, peer: Port<Flow>| {
            let _ = tell.send(peer);
        });
        let mut process = start_process(&port, &secret, bench).map_err(failed)?;
        match told.recv_timeout(PATIENCE) {
            Ok(peer) => Ok(Self { node, peer, process, _events: events }),
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                Err(failed(error))
            }
        }
    }

    /// What has arrived there.
    pub(super) fn tally(&self) -> Result<Tally, Failure> {
        self.node.call(&self.peer, Flow::Tally).wait().map_err(failed)
    }
}

fn start_process(port: &Port<Port<Flow>>, secret: &Secret, bench: &Bench) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(PEER).arg(port.to_string());
    if bench.plain {
        command.arg("--plain");
    }
    if let Some((_, core)) = bench.cores {
        command.arg("--core").arg(core.to_string());
    }
    // The user's own settings are for the user's own nodes.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AEMP_")) {
        command.env_remove(name);
    }
    command.env(SECRET, &*secret.to_text()).stdin(Stdio::null()).stdout(Stdio::null()).spawn()
}

impl Drop for Pair {
    fn drop(&mut self) {
        // It ends by itself when this node says goodbye.
        stop(&self.node);
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        // It fails only for a process that has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
