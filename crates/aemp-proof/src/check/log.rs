//! The logs as they stand in the files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};

use super::Finding;

/// How a node begins a line that tells an event.
const EVENT: &str = "aemp: ";

/// A record with the time in milliseconds, and the line that it stands in.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) line: usize,
    pub(super) time: u64,
    pub(super) event: T,
}

/// What the parent writes.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Outer {
    Plan { nodes: Vec<String>, millis: u64, heartbeat: u64, session_timeout: u64 },
    Started { run: String, node: String },
    Ready { run: String },
    Ending { run: String },
    Ended { run: String, how: String },
    Fault { fault: u64, kind: String, nodes: Vec<String> },
    Healed { fault: u64 },
    Calm {},
    Absent { millis: u64 },
    Finished {},
}

/// What a node writes.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Inner {
    Start {},
    Open { port: u64, name: String, spawned: bool },
    Private { port: u64 },
    Renamed { port: u64, name: String },
    Ending { port: u64 },
    Died { port: u64 },
    Send { name: String, number: u64, size: usize, kind: String },
    Receive { port: u64, name: String, number: u64, size: usize, run: String, sender: u64, intact: bool, lossy: bool },
    Call { call: u64, port: u64, name: String, number: u64 },
    Answered { call: u64, code: String },
    Monitor { monitor: u64, port: u64, name: String },
    Demonitor { monitor: u64 },
    Fired { monitor: u64, code: String, text: String, delivered: Option<(u64, u64)> },
    Link { port: u64, name: String },
    Kill { name: String },
    Spawn { name: String },
    Found {},
    Peer { node: String, what: String, text: String },
    Absent { millis: u64 },
    Resting {},
    Reached { node: String },
    Settled {},
    Stopping {},
    Stopped {},
}

#[derive(Deserialize)]
struct Line<T> {
    time: u64,
    #[serde(flatten)]
    event: T,
}

/// The log of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct RunLog {
    pub(super) run: String,
    pub(super) records: Vec<At<Inner>>,
}

/// All logs of a torture.
#[derive(Clone, Debug, Default)]
pub(super) struct Logs {
    pub(super) outer: Vec<At<Outer>>,
    pub(super) runs: Vec<RunLog>,
    pub(super) findings: Vec<Finding>,
}

impl Logs {
    /// Reads `faults.jsonl` and all other `.jsonl` and `.stderr` files of a folder.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let mut logs = Self::default();
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        paths.sort();
        for path in paths {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let extension = path.extension().unwrap_or_default();
            if extension == "stderr" {
                logs.notice_stderr(&stem, &fs::read(&path)?);
            } else if extension == "jsonl" && stem == "faults" {
                logs.outer = parse(&stem, &fs::read(&path)?, &mut logs.findings);
            } else if extension == "jsonl" {
                let records = parse(&stem, &fs::read(&path)?, &mut logs.findings);
                logs.runs.push(RunLog { run: stem, records });
            }
        }
        Ok(logs)
    }

    /// A node says nothing there, unless it panics, but for what it did before anybody watched its events.
    fn notice_stderr(&mut self, run: &str, octets: &[u8]) {
        let text = String::from_utf8_lossy(octets);
        let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(EVENT)).collect();
        if !lines.is_empty() {
            let text: String = lines.join("\n").chars().take(300).collect();
            self.findings.push(Finding::new("log", format!("{run} said on stderr: {text}")));
        }
    }
}

/// The records of a file. What stands behind the last end of a line is what a kill has cut off.
pub(super) fn parse<T: DeserializeOwned>(name: &str, octets: &[u8], findings: &mut Vec<Finding>) -> Vec<At<T>> {
    let end = octets.iter().rposition(|octet| *octet == b'\n').unwrap_or(0);
    let mut records = Vec::new();
    for (index, line) in octets[..end].split(|octet| *octet == b'\n').enumerate() {
        match serde_json::from_slice::<Line<T>>(line) {
            Ok(Line { time, event }) => records.push(At { line: index + 1, time, event }),
            Err(_) if line.is_empty() && end == 0 => {}
            Err(error) => findings.push(Finding::new("log", format!("{name}:{}: {error}", index + 1))),
        }
    }
    records
}
