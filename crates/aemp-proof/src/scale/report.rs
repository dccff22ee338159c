//! The table.

use std::{fmt, time::Duration};

use super::traffic::Traffic;

/// What something took: virtual microseconds, and what went over the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) time: u64,
    pub(super) traffic: Traffic,
}

/// What was measured of one network.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) nodes: usize,
    /// What went over the network until all had joined.
    pub(super) joining: Traffic,
    /// Virtual microseconds from the start of a node until it has the content of its watch.
    pub(super) median: u64,
    pub(super) slowest: u64,
    /// The processor's time in all kernels until all had joined.
    pub(super) work: Duration,
    /// A change that reaches all nodes.
    pub(super) news: Cost,
    /// The death of a global node, until all others have a master again.
    pub(super) loss: Option<Cost>,
    /// The real time of the simulation.
    pub(super) took: Duration,
}

/// Prints the heads of the columns.
pub(super) fn print_heads() {
    println!(
        "{:>7} | {:>11} {:>9} {:>9} | {:>8} {:>8} {:>8} | {:>9} {:>9} | {:>9} {:>9} | {:>8}",
        "nodes",
        "connections",
        "messages",
        "octets",
        "median",
        "slowest",
        "work",
        "to all",
        "messages",
        "recovery",
        "messages",
        "real"
    );
    println!(
        "{:>7} | {:>11} {:>9} {:>9} | {:>8} {:>8} {:>8} | {:>9} {:>9} | {:>9} {:>9} | {:>8}",
        "", "per join", "per join", "per join", "ms", "ms", "us/join", "ms", "per node", "ms", "per node", "s"
    );
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes as f64;
        let per_node = |count: u64| count as f64 / nodes;
        let millis = |micros: u64| micros as f64 / 1000.0;
        let Traffic { connections, messages, octets } = self.joining;
        write!(
            f,
            "{:>7} | {:>11.2} {:>9.1} {:>9.0} | {:>8.2} {:>8.2} {:>8.1} | {:>9.2} {:>9.2} | ",
            self.nodes,
            per_node(connections),
            per_node(messages),
            per_node(octets),
            millis(self.median),
            millis(self.slowest),
            self.work.as_secs_f64() * 1e6 / nodes,
            millis(self.news.time),
            per_node(self.news.traffic.messages)
        )?;
        match &self.loss {
            Some(loss) => write!(f, "{:>9.1} {:>9.2}", millis(loss.time), per_node(loss.traffic.messages))?,
            None => write!(f, "{:>9} {:>9}", "-", "-")?,
        }
        write!(f, " | {:>8.1}", self.took.as_secs_f64())
    }
}
