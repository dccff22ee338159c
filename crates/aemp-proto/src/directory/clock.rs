//! The clock that orders writes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    planted::{Bug, planted},
    time::Time,
};

/// When something was written: microseconds since 1970 by the clock of its writer, and more than everything that it knew of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Stamp(pub(crate) u64);

impl Stamp {
    /// Older than all others: of what came from a global node that gives no stamps.
    pub(crate) const UNKNOWN: Self = Self(0);
}

/// A hybrid clock: it follows the wall clock, and is never behind what it has seen of others.
///
/// At the end of the numbers, where only a broken or hostile member leads, it stands still; then the IDs of the nodes
/// decide between writes, the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The time since 1970 at the start of the node's own clock.
    offset: Duration,
    last: Stamp,
}

impl Clock {
    pub(crate) const fn new(offset: Duration) -> Self {
        Self { offset, last: Stamp::UNKNOWN }
    }

    /// A stamp that is greater than all that were given or seen.
    pub(crate) fn next(&mut self, now: Time) -> Stamp {
        let wall = self.offset.saturating_add(now.since_start()).as_micros();
        let wall = u64::try_from(wall).unwrap_or(u64::MAX);
        self.last = Stamp(self.last.0.saturating_add(1).max(wall));
        self.last
    }

    /// Another node knows of this stamp.
    pub(crate) fn observe(&mut self, stamp: Stamp) {
        if !planted(Bug::ClockOfItsOwn) {
            self.last = self.last.max(stamp);
        }
    }

    /// The latest stamp.
    pub(crate) const fn last(&self) -> Stamp {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_follows_the_wall_clock_and_all_that_was_seen() {
        let mut clock = Clock::new(Duration::from_micros(100));
        let at = |micros| Time::new(Duration::from_micros(micros));
        assert_eq!(clock.next(at(5)), Stamp(105));
        assert_eq!(clock.next(at(5)), Stamp(106));
        clock.observe(Stamp(1000));
        assert_eq!(clock.next(at(6)), Stamp(1001));
        clock.observe(Stamp(7));
        assert_eq!(clock.next(at(2000)), Stamp(2100));
        clock.observe(Stamp(u64::MAX));
        assert_eq!(clock.next(at(2001)), Stamp(u64::MAX));
    }
}
