//! The nodes, their processes and what stands between them.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    journal::Journal,
    node::{Plan, STOP},
    process::Process,
    proxy::{self, Links, Proxy},
    record::Record,
};
use crate::random::Random;

/// An orderly end takes longer only if the node hangs.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

/// The nodes, their processes and what stands between them.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) members: Vec<Member>,
    pub(super) links: Links,
    pub(super) names: Vec<String>,
    folder: PathBuf,
    secret: String,
    bug: Option<String>,
    seed: u64,
}

/// A node over all its runs.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) process: Option<Process>,
    pub(super) proxy: Proxy,
    target: SocketAddr,
    address: SocketAddr,
    runs: u64,
}

impl Cluster {
    /// Makes proxies and links; no node runs.
    pub(super) fn new(nodes: usize, seed: u64, folder: &Path, bug: Option<String>) -> io::Result<Self> {
        let names: Vec<_> = (1..=nodes).map(|number| format!("n{number}")).collect();
        let links = proxy::links(nodes);
        // Far from those of another torture at the same time.
        let place = Random::new(seed ^ u64::from(std::process::id())).next();
        let addresses = proxy::free_addresses(2 * nodes, place);
        let mut members = Vec::new();
        for (index, pair) in addresses.chunks_exact(2).enumerate() {
            let (address, target) = (pair[0], pair[1]);
            let proxy = Proxy::start(index, address, target, names.clone(), links.clone())?;
            members.push(Member { process: None, proxy, target, address, runs: 0 });
        }
        if members.len() < nodes {
            return Err(io::Error::other("too few ports are free on loopback"));
        }
        let secret = aemp::Secret::generate().map_err(|error| io::Error::other(error.to_string()))?;
        let (secret, folder) = (secret.to_text().to_string(), folder.to_owned());
        Ok(Self { members, links, names, folder, secret, bug, seed })
    }

    /// The name of the present run of a node.
    pub(super) fn run_of(&self, index: usize) -> String {
        format!("{}.{}", self.names[index], self.members[index].runs)
    }

    /// Starts the next run of a node; it is ready later.
    pub(super) fn start(&mut self, index: usize, journal: &Journal) -> io::Result<()> {
        self.members[index].runs += 1;
        let plan = self.plan(index);
        journal.note(&Record::Started { run: &plan.run, node: &plan.name });
        let stderr = self.folder.join(format!("{}.stderr", plan.run));
        self.members[index].process = Some(Process::start(&plan, &stderr)?);
        Ok(())
    }

    fn plan(&self, index: usize) -> Plan {
        let (member, run) = (&self.members[index], self.run_of(index));
        let peers = (0..self.members.len()).filter(|peer| *peer != index);
        Plan {
            name: self.names[index].clone(),
            bind: member.target.to_string(),
            advertise: member.address.to_string(),
            secret: self.secret.clone(),
            peers: peers.map(|peer| format!("{}@{}", self.names[peer], self.members[peer].address)).collect(),
            log: self.folder.join(format!("{run}.jsonl")),
            seed: self.seed ^ (index as u64 + 1) << 32 ^ member.runs,
            bug: self.bug.clone(),
            run,
        }
    }

    /// Whether the present run of a node listens. That is noted.
    pub(super) fn is_ready(&self, index: usize, journal: &Journal) -> bool {
        let is_ready = self.members[index].process.as_ref().is_some_and(Process::is_ready);
        if is_ready {
            journal.note(&Record::Ready { run: &self.run_of(index) });
        }
        is_ready
    }

    /// As kill -9 does.
    pub(super) fn kill(&mut self, index: usize, journal: &Journal) {
        let run = self.run_of(index);
        if let Some(mut process) = self.members[index].process.take() {
            journal.note(&Record::Ending { run: &run, how: "killed" });
            process.kill();
            journal.note(&Record::Ended { run: &run, how: "killed" });
        }
    }

    /// Asks a node to end; it ends later.
    pub(super) fn ask_to_end(&mut self, index: usize, journal: &Journal) {
        let run = self.run_of(index);
        if let Some(process) = &mut self.members[index].process {
            journal.note(&Record::Ending { run: &run, how: "stopped" });
            process.tell(STOP);
        }
    }

    /// Whether a node has ended by itself. That is noted.
    pub(super) fn has_ended(&mut self, index: usize, expected: bool, journal: &Journal) -> bool {
        let run = self.run_of(index);
        let process = &mut self.members[index].process;
        let has_ended = process.as_mut().is_some_and(Process::has_ended);
        if has_ended {
            *process = None;
            journal.note(&Record::Ended { run: &run, how: if expected { "stopped" } else { "crashed" } });
        }
        has_ended
    }

    /// Stops a node in order and waits for it.
    pub(super) fn stop(&mut self, index: usize, journal: &Journal) {
        self.ask_to_end(index, journal);
        let deadline = Instant::now() + STOP_PATIENCE;
        while !self.has_ended(index, true, journal) && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
        self.kill(index, journal);
    }
}
