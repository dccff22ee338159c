//! One of the nodes under torture: a process of its own.

mod keeper;
mod message;
mod record;
mod worker;
mod world;

use std::{
    io::{self, BufRead},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

use aemp::{Event, Limits, Node, RefusedIsDeath, Timing};
use aemp_proto::planted::{Bug, plant};
use serde::{Deserialize, Serialize};

use self::{
    keeper::Keeper,
    message::{Message, Order},
    record::Record,
    worker::{MAX_PORTS, SERVICE, Worker},
    world::{Peer, World},
};
use super::{HEARTBEAT, SESSION_TIMEOUT, journal::Journal};

/// What a node prints when it listens.
pub(super) const READY: &str = "ready";
/// What a node is told to end in order.
pub(super) const STOP: &str = "stop";
/// From the start of a connection to its first frame; the default would outlast sessions.
const HANDSHAKE: Duration = Duration::from_millis(800);
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// What a node is started with.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Its plan, as JSON.
    plan: String,
}

/// What a node has to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) name: String,
    /// Names this process in all logs.
    pub(super) run: String,
    /// Where it listens.
    pub(super) bind: String,
    /// The proxy in front of it.
    pub(super) advertise: String,
    pub(super) secret: String,
    /// The IDs of the others, with the addresses of their proxies.
    pub(super) peers: Vec<String>,
    pub(super) log: PathBuf,
    pub(super) seed: u64,
    /// The name of a bug that is planted.
    pub(super) bug: Option<String>,
}

/// The bug with this name.
pub(super) fn bug(name: &str) -> Option<Bug> {
    Bug::ALL.iter().copied().find(|bug| bug.name() == name)
}

/// Runs until it is told to stop, or until the parent is gone.
pub(crate) fn run(options: Options) -> ExitCode {
    let plan: Plan = match serde_json::from_str(&options.plan) {
        Ok(plan) => plan,
        Err(error) => return fail(&format!("the plan does not parse: {error}")),
    };
    plant(plan.bug.as_deref().and_then(bug));
    match Member::start(&plan) {
        Ok(member) => member.obey(),
        Err(error) => fail(&format!("the node does not start: {error}")),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::FAILURE
}

/// A node with its ports.
struct Member {
    node: Node,
    world: Arc<World>,
    keeper: aemp::Port<Message>,
}

impl Member {
    fn start(plan: &Plan) -> Result<Self, Box<dyn std::error::Error>> {
        let journal = Journal::create(&plan.log)?;
        let node = builder(plan).start()?;
        let (id, peers) = (node.id(), plan.peers.iter().map(|id| peer(id)).collect::<Result<_, _>>()?);
        journal.note(&Record::Start { run: &plan.run, node: id.as_str() });
        let world = Arc::new(World::new(plan.run.clone(), id.as_str().to_owned(), peers, journal, plan.seed));
        observe(&node, &world);
        let present = Arc::clone(&world);
        thread::spawn(move || present.journal.note_absences());
        let serving = Arc::clone(&world);
        node.serve(SERVICE, move |start, ()| {
            if serving.own_ports() >= MAX_PORTS {
                return Err("there are too many already".into());
            }
            Ok(Worker::start(start, &serving))
        });
        let keeper = node.open(Keeper::new(&world));
        node.send(&keeper, Message::Tick);
        Ok(Self { node, world, keeper })
    }

    /// Does what the parent says, line by line.
    fn obey(self) -> ExitCode {
        println!("{READY}");
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if line == STOP {
                self.world.journal.note(&Record::Stopping {});
                let left = self.node.stop().wait().unwrap_or(0);
                self.world.journal.note(&Record::Stopped { left });
                return ExitCode::SUCCESS;
            }
            if let Some(order) = Order::parse(&line) {
                self.node.send(&self.keeper, Message::Order(order));
            }
        }
        // The parent is gone: nobody wants the logs.
        ExitCode::FAILURE
    }
}

fn builder(plan: &Plan) -> aemp::Builder {
    let mut timing = Timing::default();
    timing.heartbeat = HEARTBEAT;
    timing.session_timeout = SESSION_TIMEOUT;
    timing.handshake = HANDSHAKE;
    timing.probe = HANDSHAKE;
    timing.redial_min = Duration::from_millis(50);
    timing.redial_max = Duration::from_millis(250);
    // All connections come from the proxies, from one address.
    let mut limits = Limits::default();
    limits.handshakes_per_address = 128;
    let builder = Node::builder().unconfigured().name(&plan.name).bind(&plan.bind).advertise(&plan.advertise);
    // A proxy that refuses proves nothing.
    let builder = builder.secret(&plan.secret).limits(limits).refused_is_death(RefusedIsDeath::Never);
    builder.timing(timing).stop_timeout(STOP_TIMEOUT)
}

fn peer(id: &str) -> Result<Peer, Box<dyn std::error::Error>> {
    let id: aemp::NodeId = id.parse()?;
    let address = id.recipe().first().ok_or("a peer without an address")?.to_string();
    Ok(Peer { id, address })
}

/// Writes down what the node tells of its peers.
fn observe(node: &Node, world: &Arc<World>) {
    let (mut events, world) = (node.events(), Arc::clone(world));
    thread::spawn(move || {
        while let Some(event) = events.wait() {
            let (node, what) = match &event {
                Event::PeerUp { node, .. } => (node, "up"),
                Event::SessionResumed { node, .. } => (node, "resumed"),
                Event::ConnectionLost { node, .. } => (node, "lost"),
                Event::PeerDown { node, .. } => (node, "down"),
                Event::Misbehaved { node, .. } => (node, "misbehaved"),
                Event::NodeIdInUse { node } => (node, "in_use"),
                _ => continue,
            };
            let text = aemp::describe(&event);
            world.journal.note(&Record::Peer { node: node.name(), what, text: &text });
        }
    });
}
