//! How much memory things take. Each kind is measured in a process of its own, which has freed nothing before.

use std::{env, fmt, fs, process::Command};

use aemp::{Node, Port};
use serde::Serialize;

use super::{
    Setting, failed,
    growth::nodes,
    message::{Flow, Octets, SMALL},
    peer::Pair,
    start,
};
use crate::{exit::Failure, output::Output};

/// Measures the memory that idle nodes, connections and ports take, and messages under way.
#[derive(clap::Args, Debug)]
pub(super) struct Memory {
    /// Measure these only
    #[arg(value_enum)]
    kinds: Vec<Kind>,
    /// So many of each; each kind has its own number by default
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Measure this in this process
    #[arg(long, value_enum, hide = true)]
    alone: Option<Kind>,
    #[command(flatten)]
    setting: Setting,
}

/// What takes memory.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A node that does nothing, with its thread
    Node,
    /// A connection with another node that is idle
    Connection,
    /// A port that waits
    Port,
    /// A small message that waits for its handler
    Local,
    /// A small message that waits for the network
    Remote,
}

/// What one takes.
#[derive(Serialize)]
struct Taken {
    kind: Kind,
    count: u64,
    octets_each: u64,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            Kind::Node => "an idle node",
            Kind::Connection => "an idle connection",
            Kind::Port => "an idle port",
            Kind::Local => "a small message to a port of the same node",
            Kind::Remote => "a small message to another node",
        };
        write!(f, "{name:<44} {:>8} octets (of {})", self.octets_each, self.count)
    }
}

/// Carries out `aemp bench memory`.
pub(super) fn run(memory: &Memory, output: Output) -> Result<(), Failure> {
    memory.setting.bind()?;
    if let Some(kind) = memory.alone {
        let count = memory.count.unwrap_or_else(|| kind.usual_count());
        let octets = kind.measure(count, &memory.setting)?;
        return Ok(output.print(&Taken { kind, count, octets_each: octets / count })?);
    }
    let all = <Kind as clap::ValueEnum>::value_variants();
    let chosen = if memory.kinds.is_empty() { all } else { &memory.kinds };
    chosen.iter().try_for_each(|kind| alone(*kind))
}

/// Measures one kind in another process, which is told all that this one was told.
fn alone(kind: Kind) -> Result<(), Failure> {
    let name = clap::ValueEnum::to_possible_value(&kind).map(|value| value.get_name().to_owned());
    let mut command = Command::new(env::current_exe()?);
    let status = command.args(env::args_os().skip(1)).arg("--alone").args(name).status()?;
    if status.success() { Ok(()) } else { Err(failed(format_args!("the measurement ended with {status}"))) }
}

impl Kind {
    const fn usual_count(self) -> u64 {
        match self {
            Self::Node => 100,
            Self::Connection => 1_000,
            Self::Port | Self::Remote => 1_000_000,
            Self::Local => 900_000,
        }
    }

    /// The octets that so many take.
    fn measure(self, count: u64, setting: &Setting) -> Result<u64, Failure> {
        match self {
            Self::Node => {
                let _first = lonely()?;
                let before = resident();
                let nodes = (0..count).map(|_| lonely()).collect::<Result<Vec<_>, _>>()?;
                let taken = resident().saturating_sub(before);
                drop(nodes);
                Ok(taken)
            }
            Self::Connection => {
                let pair = Pair::start(setting)?;
                let nodes = nodes(&pair, count)?;
                let before = resident();
                for node in &nodes {
                    pair.node.call(node, |reply| Flow::Echo(0, reply)).wait().map_err(failed)?;
                }
                Ok(resident().saturating_sub(before))
            }
            Self::Port => {
                let node = lonely()?;
                let open = move || node.run(move |cx| (0..count).for_each(|_| drop(cx.port(|_, (): ()| {})))).wait();
                let before = resident();
                open().map_err(failed)?;
                Ok(resident().saturating_sub(before))
            }
            Self::Local => {
                let node = lonely()?;
                let to = node.port(|_, _: Flow| {});
                sent(&node, to, count)
            }
            Self::Remote => {
                let pair = Pair::start(setting)?;
                sent(&pair.node, pair.peer.clone(), count)
            }
        }
    }
}

fn lonely() -> Result<Node, Failure> {
    start(Node::builder().unconfigured().anonymous().secret("of a node without peers"))
}

/// The octets that messages take: while they are sent, nothing else is done.
fn sent(node: &Node, to: Port<Flow>, count: u64) -> Result<u64, Failure> {
    let sending = node.run(move |cx| {
        let before = resident();
        (0..count).for_each(|number| cx.send(&to, Flow::Small(number, Octets::new([7; SMALL]))));
        resident().saturating_sub(before)
    });
    sending.wait().map_err(failed)
}

/// The memory that this process has; 0 where the system does not say.
pub(super) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
    line.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok()).unwrap_or_default() << 10
}
