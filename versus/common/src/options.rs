//! The arguments: those of `aemp bench`.

use clap::{Parser, ValueEnum};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Serialize;

use crate::Result;

/// What can be chosen.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// What to measure
    pub work: Work,
    /// Messages, round trips, actors or monitors
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: u64,
    /// Octets in a message
    #[arg(long, default_value_t = crate::SMALL)]
    pub size: usize,
    /// Without encryption
    #[arg(long)]
    pub plain: bool,
    /// Bind this process to one core and the other to another one, or the same
    #[arg(long, value_name = "OURS,ITS", value_parser = parse_cores)]
    pub cores: Option<(usize, usize)>,
    /// Be the other process
    #[arg(long, hide = true)]
    pub serve: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// One actor sends to another one of the same process
    Local,
    /// Two actors send one message to and fro
    PingPong,
    /// Another thread sends to an actor
    Outside,
    /// Actors are started
    Open,
    /// Monitored actors of the same process are killed
    Kill,
    /// One process sends to another one
    Stream,
    /// One process asks another one, and waits for the answer
    RoundTrip,
    /// The same with 100 questions at a time
    Window,
}

impl Options {
    /// Binds this process, and the threads that it will start, to its core.
    pub(crate) fn bind(&self) -> Result<()> {
        let Some((ours, its)) = self.cores else { return Ok(()) };
        let core = if self.serve { its } else { ours };
        let mut set = CpuSet::new();
        if core < CpuSet::MAX_CPU {
            set.set(core);
        }
        sched_setaffinity(None, &set).map_err(|error| format!("this process cannot have core {core}: {error}").into())
    }
}

fn parse_cores(text: &str) -> std::result::Result<(usize, usize), String> {
    let cores = text.split_once(',').and_then(|(ours, its)| Some((ours.parse().ok()?, its.parse().ok()?)));
    cores.ok_or_else(|| "the numbers of two cores are needed, as in 0,1".to_owned())
}
