//! `aemp demo`: three nodes in three processes count the words of a text, and one of them is killed.

mod coordinator;
mod crew;
mod event;
mod messages;
mod plan;
mod record;
mod text;
mod worker;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::mpsc,
    time::{Duration, Instant},
};

use aemp::{Node, Secret};

pub(crate) use self::worker::{DemoWorker, work};
use self::{
    coordinator::Coordinator,
    crew::Crew,
    event::{Event, Timed},
    messages::News,
    plan::Plan,
    record::Record,
};
use crate::{exit::Failure, node::stop, output::Output};

/// The command by which the demo starts its workers.
pub(crate) const WORKER: &str = "demo-worker";

/// The text that is counted where the user has none.
const TEXT: &str = include_str!("../../../assets/the-signal-stations.txt");
/// Of fewer words two workers cannot be given a fair share.
const FEWEST_WORDS: u64 = 200;
/// The number of units: enough for a death in the middle.
const UNITS: usize = 40;
/// How long a worker takes for a unit at least, so that people can follow and have time to kill one.
const PACE: Duration = Duration::from_millis(150);
/// The demo ends after this, and longer for large files.
const LIMIT: Duration = Duration::from_secs(14);
/// Octets that are counted in a second even by slow machines.
const OCTETS_PER_SECOND: u64 = 1 << 20;

/// Shows what aemp does: two workers, each a process with a node of its own, count the words of a text for a
/// coordinator. They find each other by port IDs alone. In the middle one worker is killed with SIGKILL, the
/// coordinator is told, starts another and has its unfinished part counted again. Kill one yourself!
#[derive(clap::Args, Debug)]
pub(crate) struct Demo {
    /// Count these files instead of the text that comes with aemp
    files: Vec<PathBuf>,
}

/// Carries out `aemp demo`.
pub(crate) fn run(demo: &Demo, output: Output) -> Result<(), Failure> {
    let text = read(&demo.files)?;
    let expected = text::count(&text);
    if expected.values().sum::<u64>() < FEWEST_WORDS {
        return Err(Failure::Usage(format!(
            "that is too little to be shared: give files with {FEWEST_WORDS} words or more"
        )));
    }
    let secret = Secret::generate().map_err(|error| Failure::Failed(error.to_string()))?;
    let node = node("coordinator", secret.clone())?;
    // Whoever takes the events is not told of them on standard error: here the coordinator tells what matters.
    let _events = node.events();
    let parts = text::cut(&text, UNITS);
    let (finished, end) = mpsc::channel();
    let start = Instant::now();
    let units = parts.len();
    let mut coordinator = Coordinator {
        output,
        start,
        plan: Plan::new(units),
        parts,
        expected,
        crew: Crew::new(secret, PACE),
        workers: BTreeMap::new(),
        record: Record::default(),
        has_killed: false,
        finished,
    };
    let port = node.port(move |cx, news| coordinator.receive(cx, news));
    let event = Event::Coordinator { pid: std::process::id(), port: port.to_string(), units };
    output.print(&Timed::new(start.elapsed(), event))?;
    node.send(&port, News::Hire);
    node.send(&port, News::Hire);

    let limit = LIMIT + Duration::from_secs(text.len() as u64 / OCTETS_PER_SECOND);
    let observed = end.recv_timeout(limit).unwrap_or_else(|_| {
        // Too late: it shows what it has seen.
        node.send(&port, News::Finish);
        end.recv().unwrap_or(Ok(false))
    });
    stop(&node);
    if observed? { Ok(()) } else { Err(Failure::Failed("not all of it was observed".to_owned())) }
}

fn read(files: &[PathBuf]) -> Result<String, Failure> {
    if files.is_empty() {
        return Ok(TEXT.to_owned());
    }
    let mut text = String::new();
    for path in files {
        let octets =
            fs::read(path).map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
        text.push_str(&String::from_utf8_lossy(&octets));
        text.push('\n');
    }
    Ok(text)
}

/// A node of the demo: it listens on loopback, at a port that the system chooses.
fn node(name: &str, secret: Secret) -> Result<Node, Failure> {
    let builder = Node::builder().unconfigured().secret(&**secret.to_text()).name(name);
    builder.bind("127.0.0.1:0").start().map_err(|error| Failure::Failed(error.to_string()))
}
