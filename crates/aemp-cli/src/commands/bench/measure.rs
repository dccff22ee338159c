//! Time and work.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::exit::Failure;

/// What all threads of this process have worked so far.
pub(super) fn work_so_far() -> Duration {
    // It is never negative.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// The same clock in all processes, in nanoseconds.
pub(super) fn clock() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::try_from(now).map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

/// A stopwatch of time and work.
pub(super) struct Meter {
    start: Instant,
    work: Duration,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), work: work_so_far() }
    }

    /// The time and the work since the start.
    pub(super) fn read(&self) -> (Duration, Duration) {
        (self.start.elapsed(), work_so_far() - self.work)
    }
}

/// The time that so many of a hundred do not exceed.
pub(super) fn percentile(times: &mut [Duration], hundredths: f64) -> Duration {
    times.sort_unstable();
    let place = ((times.len() as f64 * hundredths / 100.0) as usize).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

/// Reads the numbers of two cores.
pub(super) fn parse_cores(text: &str) -> Result<(usize, usize), String> {
    let cores = text.split_once(',').and_then(|(ours, its)| Some((ours.parse().ok()?, its.parse().ok()?)));
    cores.ok_or_else(|| "the numbers of two cores are needed, as in 0,1".to_owned())
}

/// Binds the calling thread, and those that it starts, to one core.
#[cfg(target_os = "linux")]
pub(super) fn bind(core: usize) -> Result<(), Failure> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut cores = CpuSet::new();
    if core < CpuSet::MAX_CPU {
        cores.set(core);
    }
    sched_setaffinity(None, &cores)
        .map_err(|error| Failure::Usage(format!("this process cannot have core {core}: {error}")))
}

/// Binds the calling thread to one core, where the system can.
#[cfg(not(target_os = "linux"))]
pub(super) fn bind(core: usize) -> Result<(), Failure> {
    Err(Failure::Usage(format!("this system cannot bind a process to core {core}")))
}
