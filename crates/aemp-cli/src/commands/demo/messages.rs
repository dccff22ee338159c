//! What the nodes of the demo say to each other.

use aemp::{Port, Reason};
use serde::{Deserialize, Serialize};

use super::{
    plan::{Unit, Worker},
    text::Counts,
};

/// What a worker is told.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    /// Count the words of a text.
    Count(Unit, String),
    /// It tells itself: one unit has taken its time.
    #[serde(skip)]
    Finish,
}

/// What the coordinator is told.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum News {
    /// It tells itself: a worker is needed.
    #[serde(skip)]
    Hire,
    /// A worker is there and takes tasks at this port.
    Ready(Worker, Port<Task>),
    /// A worker has counted a unit.
    Counted(Worker, Unit, Counts),
    /// Its own monitor: a worker is dead.
    #[serde(skip)]
    Gone(Worker, Reason),
    /// It tells itself: no more time.
    #[serde(skip)]
    Finish,
}
