//! The other process of a measurement.

use std::{
    cell::Cell,
    env, io,
    process::{Child, Command, Stdio},
    rc::Rc,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aemp::{Builder, Context, Cx, Events, Limits, Node, Port, Secret};

use super::{
    PEER, Setting,
    crowd::Crowd,
    failed,
    measure::{bind, clock, work_so_far},
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
    /// When this process was started
    #[arg(long)]
    begun: u64,
}

/// A node of a measurement that others can reach.
pub(super) fn builder(name: &str, secret: &Secret, plain: bool) -> Builder {
    let builder = Node::builder().unconfigured().name(name).bind("127.0.0.1:0").secret(&**secret.to_text());
    if plain { builder.dangerously_plain() } else { builder }
}

/// Carries out `aemp bench-peer`: takes messages until the other node is gone.
pub(crate) fn work(peer: &BenchPeer) -> Result<(), Failure> {
    let secret = env::var(SECRET).ok().and_then(|text| Secret::from_text(&text).ok());
    let secret = secret.ok_or_else(|| Failure::Usage(format!("{SECRET} has no secret")))?;
    peer.core.map_or(Ok(()), bind)?;
    let node = start(builder("peer", &secret, peer.plain))?;
    let started = clock().saturating_sub(peer.begun);
    let _events = node.events();
    let watch = node.monitor(&peer.parent);
    let crowd = Crowd::new(secret, peer.plain);
    let port = node.run(move |cx| {
        let mut sink = Sink { tally: Rc::default(), open: Vec::new(), crowd, started };
        cx.port(move |cx, message| sink.take(cx, message))
    });
    node.send(&peer.parent, port.wait().map_err(failed)?);
    watch.wait();
    stop(&node);
    Ok(())
}

/// What the other process does.
struct Sink {
    tally: Rc<Cell<Tally>>,
    open: Vec<Port<()>>,
    crowd: Crowd,
    started: u64,
}

impl Sink {
    fn take(&mut self, cx: &Cx<Flow>, message: Flow) -> aemp::Result<()> {
        match message {
            Flow::Small(number, octets) => count(&self.tally, number, &*octets),
            Flow::Large(number, octets) => count(&self.tally, number, &octets),
            Flow::Echo(number, reply) => cx.reply(reply, number),
            Flow::Started(reply) => cx.reply(reply, self.started),
            Flow::Take(octets, reply) => cx.reply(reply, octets.len() as u64),
            Flow::Tally(reply) => {
                let work = u64::try_from(work_so_far().as_nanos()).unwrap_or(u64::MAX);
                cx.reply(reply, Tally { work, ..self.tally.get() });
            }
            Flow::Counters(number, reply) => cx.reply(reply, counters(cx, &self.tally, number)),
            Flow::Nodes(number, reply) => cx.reply(reply, self.crowd.start(number)?),
            Flow::Open(count, reply) => {
                let opened: Vec<Port<()>> = (0..count).map(|_| cx.port(|_, (): ()| {})).collect();
                self.open.extend(opened.iter().cloned());
                cx.reply(reply, opened);
            }
            Flow::Close => self.open.drain(..).for_each(|port| cx.kill(&port, aemp::Reason::normal())),
            Flow::Die => std::process::abort(),
        }
        Ok(())
    }
}

/// Ports that count what they get, all together, or take it.
pub(super) fn counters(cx: &Context, tally: &Rc<Cell<Tally>>, number: usize) -> Vec<Port<Flow>> {
    let port = |_| {
        let tally = Rc::clone(tally);
        cx.port(move |cx, message| match message {
            Flow::Small(number, octets) => count(&tally, number, &*octets),
            Flow::Take(octets, reply) => cx.reply(reply, octets.len() as u64),
            _ => {}
        })
    };
    (0..number).map(port).collect()
}

fn count(tally: &Cell<Tally>, number: u64, octets: &[u8]) {
    let mut counted = tally.get();
    counted.count(number, octets);
    tally.set(counted);
}

/// Two nodes, each in a process of its own.
pub(super) struct Pair {
    pub(super) node: Node,
    /// The port of the other one.
    pub(super) peer: Port<Flow>,
    process: Child,
    /// How long it took until the first message of the other process had arrived.
    pub(super) spoke: Duration,
    /// Whoever takes the events is not told of them on standard error.
    _events: Events,
}

impl Pair {
    /// Starts both, and waits until they are connected.
    pub(super) fn start(setting: &Setting) -> Result<Self, Failure> {
        Self::start_with(setting, Limits::default())
    }

    /// The same, with other limits for this process.
    pub(super) fn start_with(setting: &Setting, limits: Limits) -> Result<Self, Failure> {
        let secret = Secret::generate().map_err(failed)?;
        let node = start(builder("bench", &secret, setting.plain).limits(limits))?;
        let events = node.events();
        let (tell, told) = mpsc::channel();
        let port = node.port(move |_, peer: Port<Flow>| {
            let _ = tell.send(peer);
        });
        let begun = Instant::now();
        let mut process = start_process(&port, &secret, setting).map_err(failed)?;
        match told.recv_timeout(PATIENCE) {
            Ok(peer) => Ok(Self { node, peer, process, spoke: begun.elapsed(), _events: events }),
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

fn start_process(port: &Port<Port<Flow>>, secret: &Secret, setting: &Setting) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(PEER).arg(port.to_string()).arg("--begun").arg(clock().to_string());
    if setting.plain {
        command.arg("--plain");
    }
    if let Some((_, core)) = setting.cores {
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
