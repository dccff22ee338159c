//! What the parent writes down. `docs/torture-log.md` says what each record means, and when it is written.

use serde::Serialize;

use super::kind::Kind;

/// A record in the log of the parent.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Record<'a> {
    Plan { nodes: &'a [String], seed: u64, millis: u128, heartbeat: u128, session_timeout: u128 },
    Started { run: &'a str, node: &'a str },
    Ready { run: &'a str },
    Ending { run: &'a str, how: &'a str },
    Ended { run: &'a str, how: &'a str },
    Fault { fault: u64, kind: Kind, nodes: &'a [&'a str] },
    Healed { fault: u64 },
    Calm {},
    Finished {},
}
