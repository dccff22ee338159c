//! What was measured.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::Work;

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    work: Work,
    count: u64,
    seconds: f64,
    /// What all threads of both processes worked for one, in nanoseconds.
    work_ns: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    octets_each: Option<u64>,
}

impl Record {
    pub(super) fn new(work: Work, count: u64, (time, worked): (Duration, Duration)) -> Self {
        let work_ns = worked.as_secs_f64() * 1e9 / count as f64;
        Self {
            work,
            count,
            seconds: time.as_secs_f64(),
            work_ns,
            size: None,
            median_us: None,
            p99_us: None,
            octets_each: None,
        }
    }

    /// The octets in a message.
    pub(super) fn of_size(mut self, size: usize) -> Self {
        self.size = Some(size);
        self
    }

    /// How long one took: the median, and what a hundredth exceeds.
    pub(super) fn with_times(mut self, median: Duration, p99: Duration) -> Self {
        self.median_us = Some(median.as_secs_f64() * 1e6);
        self.p99_us = Some(p99.as_secs_f64() * 1e6);
        self
    }

    /// The memory of one.
    pub(super) fn with_octets(mut self, each: u64) -> Self {
        self.octets_each = Some(each);
        self
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.work {
            Work::Local => "port to port",
            Work::PingPong => "port to port and back",
            Work::Outside => "thread to port",
            Work::Open => "ports opened",
            Work::Kill => "deaths told",
            Work::Stream => "node to node",
            Work::RoundTrip => "calls, one at a time",
            Work::Window => "calls, 100 at a time",
            Work::KillAway => "deaths told to another node",
            Work::NodeDeath => "deaths with a node",
        };
        let rate = self.count as f64 / self.seconds;
        write!(f, "{name:<28} {:>9} in {:>8.1} ms: {rate:>11.0} per second", self.count, self.seconds * 1e3)?;
        write!(f, ", {:>7.1} ns of work each", self.work_ns)?;
        if let (Some(median), Some(p99)) = (self.median_us, self.p99_us) {
            write!(f, ", median {median:.1} us, p99 {p99:.1} us")?;
        }
        if let Some(size) = self.size {
            write!(f, ", of {size} octets")?;
        }
        if let Some(octets) = self.octets_each {
            write!(f, ", {octets} octets of memory each")?;
        }
        Ok(())
    }
}
