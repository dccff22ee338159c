//! What happens in the demo, as it is shown.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::plan::{Unit, Worker};

/// Something that happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub(super) enum Event {
    /// A node runs in this process.
    Coordinator { pid: u32, port: String, units: usize },
    /// A process was started.
    Started { pid: Worker },
    /// A worker has said where it takes tasks.
    Ready { pid: Worker, port: String },
    /// A task was sent.
    Sent { pid: Worker, unit: Unit },
    /// An answer came, and was added up.
    Counted { pid: Worker, unit: Unit, words: u64, done: usize, units: usize },
    /// This process killed another.
    Killed { pid: Worker },
    /// A monitor fired.
    Died { pid: Worker, reason: String, after_ms: Option<u64>, unfinished: Vec<Unit> },
    /// The result.
    Result { words: u64, different: usize, most_frequent: Vec<(String, u64)> },
    /// Something that was to be observed, and whether it was.
    Observed { ok: bool, what: String },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coordinator { pid, port, units } => {
                write!(f, "coordinator  process {pid}, port {port}, {units} units of work")
            }
            Self::Started { pid } => write!(f, "start        worker {pid}: all it is told is that port ID"),
            Self::Ready { pid, port } => write!(f, "ready     <- worker {pid}: send me tasks at {port}"),
            Self::Sent { pid, unit } => write!(f, "count     -> worker {pid}: unit {unit}"),
            Self::Counted { pid, unit, words, done, units } => {
                write!(f, "counted   <- worker {pid}: unit {unit} has {words} words ({done} of {units} done)")
            }
            Self::Killed { pid } => write!(f, "SIGKILL   -> worker {pid}"),
            Self::Died { pid, reason, after_ms, unfinished } => {
                write!(f, "died      <- worker {pid}: {reason}")?;
                after_ms.map_or(Ok(()), |after| write!(f, ", told after {after} ms"))?;
                write!(f, "; not counted yet: units {unfinished:?}")
            }
            Self::Result { words, different, most_frequent } => {
                write!(f, "result       {words} words, {different} different; most frequent:")?;
                most_frequent.iter().try_for_each(|(word, count)| write!(f, " {word} {count}"))
            }
            Self::Observed { ok, what } => write!(f, "{} {what}", if *ok { "[x]" } else { "[ ]" }),
        }
    }
}

/// An event with the time since the start.
#[derive(Debug, Serialize)]
pub(super) struct Timed {
    ms: u64,
    #[serde(flatten)]
    event: Event,
}

impl Timed {
    /// The event at this time since the start.
    pub(super) fn new(since: Duration, event: Event) -> Self {
        Self { ms: milliseconds(since), event }
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Event::Observed { .. } => self.event.fmt(f),
            _ => write!(f, "{:>3}.{:03}  {}", self.ms / 1000, self.ms % 1000, self.event),
        }
    }
}

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
