//! The node's clock, read once per turn of the loop.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, UNIX_EPOCH},
};

use aemp_proto::time::Time;

/// A loop that comes later than this was away: blocked by a handler, or stopped with its process.
const LATE: Duration = Duration::from_millis(50);

/// The node's clock.
pub(super) struct Clock {
    start: Instant,
    last: Cell<Time>,
    slept: Arc<AtomicBool>,
    /// When the loop, which sleeps, will read the clock again at the latest.
    next: Cell<Time>,
    /// How long the loop was away.
    away: Cell<Duration>,
}

impl Clock {
    /// A clock that starts now. `slept` is set by the runtime when the thread has slept.
    pub(super) fn new(slept: Arc<AtomicBool>) -> Self {
        let (last, next) = (Cell::new(Time::ZERO), Cell::new(Time::ZERO));
        Self { start: Instant::now(), last, slept, next, away: Cell::default() }
    }

    /// When it started, by the clock of the system. A clock that stands before 1970 is wrong, and 0 says so.
    pub(super) fn start_since_1970(&self) -> Duration {
        let now = UNIX_EPOCH.elapsed().unwrap_or_default();
        now.saturating_sub(self.start.elapsed())
    }

    /// The time of this turn, or the present time if the thread has slept since it was read.
    #[inline]
    pub(super) fn now(&self) -> Time {
        if self.slept.load(Ordering::Relaxed) { self.read() } else { self.last.get() }
    }

    /// Reads the clock.
    pub(super) fn read(&self) -> Time {
        self.slept.store(false, Ordering::Relaxed);
        let now = Time::new(self.start.elapsed());
        let late = now.since(self.last.replace(now).max(self.next.get()));
        if late >= LATE {
            self.away.set(self.away.get() + late);
        }
        now
    }

    /// The loop sleeps: the clock is read again at `next`, or when there is work.
    pub(super) fn sleeps_until(&self, next: Option<Time>) {
        self.next.set(next.unwrap_or(Time::new(Duration::MAX)));
    }

    /// The loop sleeps no longer. How long it was away since it was last asked.
    pub(super) fn woke(&self) -> Duration {
        self.next.set(Time::ZERO);
        self.away.take()
    }

    /// The moment as the runtime counts it.
    pub(super) fn instant(&self, time: Time) -> Option<Instant> {
        self.start.checked_add(time.since_start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_system_is_asked_for_the_start_however_late() {
        let before = UNIX_EPOCH.elapsed().unwrap();
        let clock = Clock::new(Arc::default());
        let after = UNIX_EPOCH.elapsed().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let told = clock.start_since_1970();
        // Both clocks may be set a little meanwhile.
        let little = Duration::from_millis(20);
        assert!(before.saturating_sub(little) <= told && told <= after + little, "{before:?} {told:?} {after:?}");
    }
}
