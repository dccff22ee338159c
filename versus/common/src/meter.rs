//! Time, work and memory.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::{
    param::page_size,
    time::{ClockId, clock_gettime},
};

use crate::{Child, Result};

/// A stopwatch of time, and of the work of this process and the other one.
#[derive(Debug)]
pub struct Meter {
    other: Option<u32>,
    work: Duration,
    start: Instant,
}

impl Meter {
    /// Starts for this process alone.
    pub fn start() -> Result<Self> {
        Self::start_of(None)
    }

    /// Starts for this process and the other one.
    pub fn start_with(child: &Child) -> Result<Self> {
        Self::start_of(Some(child.id()))
    }

    fn start_of(other: Option<u32>) -> Result<Self> {
        Ok(Self { other, work: work_so_far(other)?, start: Instant::now() })
    }

    /// The time and the work since the start.
    pub fn read(&self) -> Result<(Duration, Duration)> {
        let time = self.start.elapsed();
        Ok((time, work_so_far(self.other)?.saturating_sub(self.work)))
    }
}

fn work_so_far(other: Option<u32>) -> Result<Duration> {
    let ours = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime))?;
    Ok(ours + other.map_or(Ok(Duration::ZERO), work_of)?)
}

/// What the living threads of another process have worked. They wait when this is read, so the kernel has counted all of it.
fn work_of(process: u32) -> Result<Duration> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        sum += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(sum))
}

/// The octets of memory that this process has.
pub fn resident() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(pages * page_size() as u64)
}
