//! What a node writes down. `docs/torture-log.md` says what each record means, and when it is written.

use aemp::Reason;
use serde::Serialize;

/// A record in the log of a node.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Record<'a> {
    Start { run: &'a str, node: &'a str },
    Open { port: u64, name: &'a str, spawned: bool },
    Private { port: u64 },
    Renamed { port: u64, name: &'a str },
    Ending { port: u64, code: &'a str },
    Died { port: u64 },
    Send { port: u64, name: &'a str, number: u64, size: usize, kind: Kind },
    Receive { port: u64, name: &'a str, number: u64, size: usize, run: &'a str, sender: u64, intact: bool, lossy: bool },
    Call { call: u64, port: u64, name: &'a str, number: u64 },
    Answered { call: u64, code: &'a str },
    Monitor { monitor: u64, port: u64, name: &'a str },
    Demonitor { monitor: u64 },
    Fired { monitor: u64, code: &'a str, text: &'a str, delivered: Option<[u64; 2]> },
    Link { port: u64, name: &'a str },
    Kill { name: &'a str },
    Spawn { name: &'a str },
    Found { name: &'a str },
    Peer { node: &'a str, what: &'a str, text: &'a str },
    Resting {},
    Reached { node: &'a str },
    Settled {},
    Stopping {},
    Stopped { left: usize },
}

impl<'a> Record<'a> {
    /// The death of a watched port.
    pub(super) fn fired(monitor: u64, reason: &'a Reason) -> Self {
        let delivered = reason.delivered().map(|range| [*range.start(), *range.end()]);
        Self::Fired { monitor, code: reason.code().as_str(), text: reason.text(), delivered }
    }
}

/// What a numbered message is.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Data,
    Call,
    /// The ID of another port.
    Hand,
    /// What the receiver cannot decode.
    Bad,
    /// Octets that may be lost: numbered on their own.
    Lossy,
}
