//! What was measured: a line as `aemp bench --json` prints it.

use std::time::Duration;

use serde::Serialize;

use crate::{Options, Work};

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Record {
    work: Work,
    count: u64,
    seconds: f64,
    /// What all threads of both processes worked for one, in nanoseconds.
    work_ns: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    octets_each: Option<u64>,
}

impl Record {
    /// Of one work, by what a [`Meter`](crate::Meter) read.
    #[must_use]
    pub fn new(options: &Options, (time, worked): (Duration, Duration)) -> Self {
        Self {
            work: options.work,
            count: options.count,
            seconds: time.as_secs_f64(),
            work_ns: worked.as_secs_f64() * 1e9 / options.count as f64,
            median_us: None,
            p99_us: None,
            octets_each: None,
        }
    }

    /// How long each took.
    #[must_use]
    pub fn with_times(mut self, mut times: Vec<Duration>) -> Self {
        self.median_us = Some(percentile(&mut times, 50).as_secs_f64() * 1e6);
        self.p99_us = Some(percentile(&mut times, 99).as_secs_f64() * 1e6);
        self
    }

    /// The memory of one, of what all took.
    #[must_use]
    pub fn with_memory(mut self, all: u64) -> Self {
        self.octets_each = Some(all / self.count);
        self
    }
}

/// The time that so many of a hundred do not exceed.
pub fn percentile(times: &mut [Duration], hundredths: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * hundredths / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}
