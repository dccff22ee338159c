//! The node's clock, read once per turn of the loop.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use aemp_proto::time::Time;

/// The node's clock.
pub(super) struct Clock {
    start: Instant,
    last: Cell<Time>,
    slept: Arc<AtomicBool>,
}

impl Clock {
    /// A clock that starts now. `slept` is set by the runtime when the thread has slept.
    pub(super) fn new(slept: Arc<AtomicBool>) -> Self {
        Self { start: Instant::now(), last: Cell::new(Time::ZERO), slept }
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
        self.last.set(now);
        now
    }

    /// The moment as the runtime counts it.
    pub(super) fn instant(&self, time: Time) -> Option<Instant> {
        self.start.checked_add(time.since_start())
    }
}
