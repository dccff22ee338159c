//! Living nodes over real sockets: processes that are killed and stopped, connections that fail in every way, and logs of
//! all that happened, which a separate checker reads (`docs/torture-log.md`).

mod cluster;
mod director;
mod journal;
mod kind;
pub(crate) mod node;
mod process;
mod proxy;
mod record;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use self::{cluster::Cluster, director::Director, journal::Journal, record::Record};

/// Timings of the nodes, so short that a minute has many failures.
const HEARTBEAT: Duration = Duration::from_millis(300);
const SESSION_TIMEOUT: Duration = Duration::from_secs(3);
/// From the end of the last fault until all sessions that are to fail have failed, and all others are connected.
const HEALING: Duration = Duration::from_secs(6);
/// Until calls have timed out, and all that is under way has arrived.
const RESTING: Duration = Duration::from_secs(6);
/// Until all monitors of the audit have fired that are to fire.
const AUDIT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(10);
const PROGRESS: Duration = Duration::from_secs(10);

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long faults happen.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// How many nodes there are.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=9))]
    nodes: u64,
    /// Decides what fails when; drawn unless given. Processes and sockets are never quite the same twice.
    #[arg(long)]
    seed: Option<u64>,
    /// Writes the logs to this folder and leaves them there.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Plants a bug into all nodes, one of those that `mutants` names: the checker has to find violations.
    #[arg(long)]
    bug: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    match torture(options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("the torture cannot go on: {error}");
            ExitCode::FAILURE
        }
    }
}

fn torture(options: &Options) -> io::Result<ExitCode> {
    let temporary = tempfile::tempdir()?;
    let folder = options.keep.as_deref().unwrap_or_else(|| temporary.path());
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::Error::other(format!("{} is not empty", folder.display())));
    }
    let seed = options.seed.unwrap_or_else(drawn_seed);
    println!("{} nodes, {} minutes, seed {seed}", options.nodes, options.minutes);
    let bug = options.bug.clone();
    if let Some(name) = bug.as_deref().filter(|name| node::bug(name).is_none()) {
        return Err(io::Error::other(format!("no bug has the name {name:?}; `mutants` lists them")));
    }
    let nodes = usize::try_from(options.nodes).unwrap_or(2);
    let mut cluster = Cluster::new(nodes, seed, folder, bug)?;
    let journal = Arc::new(Journal::create(&folder.join("faults.jsonl"))?);
    let present = Arc::clone(&journal);
    thread::spawn(move || present.note_absences());
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    note_plan(&journal, &cluster, seed, length);
    start_all(&mut cluster, &journal)?;
    let mut director = Director::new(seed);
    let start = Instant::now();
    let carried_out =
        storm(&mut cluster, &mut director, &journal, length, folder).and_then(|()| calm(&mut cluster, &journal));
    if let Err(error) = carried_out {
        // The logs tell more.
        println!("the torture could not go on: {error}");
    }
    println!("{:.0} s, then it ended in order. Faults:", start.elapsed().as_secs_f64());
    for (kind, count) in &director.counts {
        println!("  {:12} {count:6}", serde_json::to_string(kind)?.trim_matches('"'));
    }
    println!("  {:12} {:6}", "in all", director.counts.values().sum::<u64>());
    check(folder)
}

fn drawn_seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(1, |now| now.as_secs() ^ u64::from(now.subsec_nanos()))
}

fn note_plan(journal: &Journal, cluster: &Cluster, seed: u64, length: Duration) {
    journal.note(&Record::Plan {
        nodes: &cluster.names,
        seed,
        millis: length.as_millis(),
        heartbeat: HEARTBEAT.as_millis(),
        session_timeout: SESSION_TIMEOUT.as_millis(),
    });
}

fn start_all(cluster: &mut Cluster, journal: &Journal) -> io::Result<()> {
    for index in 0..cluster.members.len() {
        cluster.start(index, journal)?;
        while !cluster.is_ready(index, journal) {
            if cluster.has_ended(index, false, journal) {
                return Err(io::Error::other(format!("{} does not start", cluster.run_of(index))));
            }
            thread::sleep(STEP);
        }
    }
    Ok(())
}

/// Everything fails, again and again.
fn storm(
    cluster: &mut Cluster,
    director: &mut Director,
    journal: &Journal,
    length: Duration,
    folder: &Path,
) -> io::Result<()> {
    let start = Instant::now();
    let mut told = PROGRESS;
    while start.elapsed() < length {
        director.step(cluster, journal)?;
        if start.elapsed() >= told {
            let faults = director.counts.values().sum::<u64>();
            println!("{:4} s  {faults:5} faults  {:5} MB of logs", told.as_secs(), size_of_logs(folder)? >> 20);
            told += PROGRESS;
        }
        thread::sleep(STEP);
    }
    director.heal_all(cluster, journal)
}

fn size_of_logs(folder: &Path) -> io::Result<u64> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

/// Nothing fails any more: everything comes to rest, is looked over, and ends.
fn calm(cluster: &mut Cluster, journal: &Journal) -> io::Result<()> {
    journal.note(&Record::Calm {});
    for (order, pause) in [("", HEALING), ("rest", RESTING), ("audit", AUDIT), ("settle", Duration::from_secs(1))] {
        tell_all(cluster, order);
        thread::sleep(pause);
    }
    for index in 0..cluster.members.len() {
        cluster.stop(index, journal);
    }
    journal.note(&Record::Finished {});
    Ok(())
}

fn tell_all(cluster: &mut Cluster, order: &str) {
    cluster.members.iter_mut().filter_map(|member| member.process.as_mut()).for_each(|process| process.tell(order));
}

/// Lets a process that has seen nothing of all this judge the logs.
fn check(folder: &Path) -> io::Result<ExitCode> {
    let status = Command::new(std::env::current_exe()?).arg("check").arg(folder).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
