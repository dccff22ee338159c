//! `aemp bench`: what messages, ports and monitors cost on this machine.

mod beside;
mod crowd;
mod growth;
mod inside;
mod measure;
mod memory;
mod message;
mod peer;
mod plot;
mod proxy;
mod record;
mod remote;
mod resume;
mod start_up;
mod storms;

pub(crate) use self::peer::{BenchPeer, work as serve};
use self::record::Record;
use crate::{exit::Failure, output::Output};

/// The command by which the other process is started.
pub(crate) const PEER: &str = "bench-peer";

/// Measures this machine: messages inside a node, messages between two processes over loopback, ports and monitors. Compare
/// only what was measured in one run: other work on the machine counts.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    series: Option<Series>,
    /// Measure these only
    #[arg(value_enum)]
    works: Vec<Work>,
    /// Octets in a message between nodes
    #[arg(long, value_name = "OCTETS", default_value_t = message::SMALL)]
    size: usize,
    /// Messages, round trips, ports or monitors; each work has its own number by default
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    setting: Setting,
}

/// Measurements with options of their own.
#[derive(clap::Subcommand, Debug)]
enum Series {
    Growth(growth::Growth),
    BesideLarge(beside::BesideLarge),
    Resume(resume::Resume),
    Memory(memory::Memory),
    StartUp(start_up::StartUp),
}

/// How the two processes of a measurement are set up.
#[derive(clap::Args, Clone, Copy, Debug)]
struct Setting {
    /// Without encryption between the processes
    #[arg(long)]
    plain: bool,
    /// Bind this process to one core and the other to another one, or the same
    #[arg(long, value_name = "OURS,ITS", value_parser = measure::parse_cores)]
    cores: Option<(usize, usize)>,
}

impl Setting {
    fn bind(&self) -> Result<(), Failure> {
        self.cores.map_or(Ok(()), |(ours, _)| measure::bind(ours))
    }
}

/// What can be measured.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// One port of a node sends to another one
    Local,
    /// Two ports of a node send one message to and fro
    PingPong,
    /// Another thread sends to a port
    Outside,
    /// Ports are opened
    Open,
    /// Monitored ports of the same node are killed
    Kill,
    /// One process sends to another one
    Stream,
    /// One process calls another one, and waits for the answer
    RoundTrip,
    /// The same with 100 calls at a time
    Window,
    /// Monitored ports of another process are killed
    KillAway,
    /// Another process with monitored ports dies
    NodeDeath,
}

/// Carries out `aemp bench`.
pub(crate) fn run(bench: &Bench, output: Output) -> Result<(), Failure> {
    match &bench.series {
        None => works(bench, output),
        Some(Series::Growth(growth)) => growth::run(growth, output),
        Some(Series::BesideLarge(beside)) => beside::run(beside, output),
        Some(Series::Resume(resume)) => resume::run(resume, output),
        Some(Series::Memory(memory)) => memory::run(memory, output),
        Some(Series::StartUp(start_up)) => start_up::run(start_up, output),
    }
}

fn works(bench: &Bench, output: Output) -> Result<(), Failure> {
    bench.setting.bind()?;
    let all = <Work as clap::ValueEnum>::value_variants();
    let works = if bench.works.is_empty() { all } else { &bench.works };
    for work in works {
        output.print(&measure(*work, bench)?)?;
    }
    Ok(())
}

fn measure(work: Work, bench: &Bench) -> Result<Record, Failure> {
    let count = bench.count.unwrap_or_else(|| work.usual_count(bench.size));
    match work {
        Work::Local => inside::stream(count),
        Work::PingPong => inside::ping_pong(count),
        Work::Outside => inside::from_outside(count),
        Work::Open => inside::open(count),
        Work::Kill => storms::kill(count),
        Work::Stream => remote::stream(bench, count),
        Work::RoundTrip => remote::round_trips(bench, count),
        Work::Window => remote::window(bench, count),
        Work::KillAway => storms::kill_away(bench, count),
        Work::NodeDeath => storms::node_death(bench, count),
    }
}

impl Work {
    /// So many that it takes about a second.
    const fn usual_count(self, size: usize) -> u64 {
        match self {
            Self::Local | Self::PingPong => 10_000_000,
            Self::Outside => 5_000_000,
            Self::Open => 1_000_000,
            Self::Stream if size > 16 << 10 => 20_000,
            Self::Stream if size > 256 => 500_000,
            Self::Stream => 5_000_000,
            Self::RoundTrip => 20_000,
            Self::Window => 500_000,
            Self::Kill | Self::KillAway | Self::NodeDeath => 100_000,
        }
    }
}

/// A node of a measurement.
fn start(builder: aemp::Builder) -> Result<aemp::Node, Failure> {
    builder.start().map_err(|error| Failure::Failed(error.to_string()))
}

/// Something that a node of a measurement does not fail at.
fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(format!("a node of the measurement failed: {error}"))
}
