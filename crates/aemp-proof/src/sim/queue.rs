//! What is going to happen, in the order of virtual time.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::facts::Process;

/// Something that is going to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// Something written at one end of a connection reaches the other.
    Arrive { wire: usize, end: usize },
    /// An end of a connection may write again.
    Room { wire: usize, end: usize },
    /// The process has waited long enough for this connection.
    DialTimeout { wire: usize },
    /// An end of a connection sees it break, which is young.
    Falter { wire: usize, end: usize },
    /// The machine of a node has slept.
    Suspended { node: usize, step: u64 },
    /// A kernel's deadline may have come.
    Tick(Process),
    /// A process that dialled has said its first words, which are to be its last.
    LastWords { wire: usize },
    /// A process shows itself to a node.
    Introduce { node: usize, other: usize },
    /// What connects two nodes breaks.
    Cut { a: usize, b: usize },
    /// A node's program does something.
    Act { node: usize },
    /// A node's program does something with the database.
    Database { node: usize },
    /// The faults are over, and one node goes for longer.
    Desert,
    /// A fault begins.
    Fault,
    /// What was between two nodes is there no more.
    Recovered { a: usize, b: usize },
    /// A slow link is fast again.
    Fast { from: usize, to: usize },
    /// A stopped process goes on.
    Resume(Process),
    /// An orderly end has had its time.
    StopDeadline(Process),
    /// A process begins at a node that has none.
    Start { node: usize },
    /// The second process under a node ID ends.
    TwinEnds(Process),
    /// The oracle looks whether something is overdue.
    Check,
    /// The next part of the run.
    Phase(usize),
}

/// Happenings by their time; those of one time in the order in which they were planned.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    planned: u64,
}

impl Queue {
    pub(super) fn plan(&mut self, at: u64, what: Happening) {
        self.planned += 1;
        self.heap.push(Reverse((at, self.planned, what)));
    }

    pub(super) fn next(&mut self) -> Option<(u64, Happening)> {
        self.heap.pop().map(|Reverse((at, _, what))| (at, what))
    }
}
