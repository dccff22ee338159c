//! The calls that wait for their answers, and when they end without one.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use aemp_proto::{id::PortNumber, time::Time};
use rustc_hash::FxHashMap;

/// Places of calls that have ended in the order that are worth no work.
const MAX_STALE: usize = 64;

/// When a call ends that nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    /// So long after the clock is read next: once for all calls of a turn. It is never early.
    Unread(Duration),
    At(Time),
}

struct Waiter<C> {
    expiry: Expiry,
    call: C,
}

/// Calls that wait for their answers.
pub(super) struct Waiting<C> {
    calls: FxHashMap<PortNumber, Waiter<C>>,
    /// When they end. Nearly all are answered before, and none of those is looked for: a place counts only if its call says the same.
    order: BinaryHeap<Reverse<(Time, PortNumber)>>,
    unread: Vec<PortNumber>,
}

impl<C> Default for Waiting<C> {
    fn default() -> Self {
        Self { calls: FxHashMap::default(), order: BinaryHeap::new(), unread: Vec::new() }
    }
}

impl<C> Waiting<C> {
    /// A call that ends `timeout` after the clock is read next, or when it is removed.
    pub(super) fn insert(&mut self, number: PortNumber, timeout: Duration, call: C) {
        self.calls.insert(number, Waiter { expiry: Expiry::Unread(timeout), call });
        self.unread.push(number);
    }

    /// Gives a call another time-out, which begins when the clock is read next.
    pub(super) fn set_timeout(&mut self, number: PortNumber, timeout: Duration) {
        if let Some(waiter) = self.calls.get_mut(&number) {
            waiter.expiry = Expiry::Unread(timeout);
            self.unread.push(number);
        }
    }

    pub(super) fn remove(&mut self, number: PortNumber) -> Option<C> {
        let waiter = self.calls.remove(&number)?;
        if self.order.len() / 2 > self.calls.len() + MAX_STALE {
            let calls = &self.calls;
            self.order.retain(|Reverse((due, number))| expires(calls, *number, *due));
        }
        Some(waiter.call)
    }

    /// Whether the time of some calls has not begun.
    pub(super) const fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// The clock was read.
    fn begin_unread(&mut self, now: Time) {
        for number in self.unread.drain(..) {
            if let Some(waiter) = self.calls.get_mut(&number)
                && let Expiry::Unread(timeout) = waiter.expiry
            {
                let due = now.after(timeout);
                waiter.expiry = Expiry::At(due);
                self.order.push(Reverse((due, number)));
            }
        }
    }

    /// When the first call ends, if it was not answered before; `now` is later than when any was made.
    pub(super) fn first(&mut self, now: Time) -> Option<Time> {
        self.begin_unread(now);
        self.order.peek().map(|Reverse((due, _))| *due)
    }

    /// The first call that was not answered in time. It still has to be removed.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<PortNumber> {
        while self.first(now).is_some_and(|due| due <= now) {
            let Reverse((due, number)) = self.order.pop()?;
            if expires(&self.calls, number, due) {
                return Some(number);
            }
        }
        None
    }
}

fn expires<C>(calls: &FxHashMap<PortNumber, Waiter<C>>, number: PortNumber, due: Time) -> bool {
    calls.get(&number).is_some_and(|waiter| waiter.expiry == Expiry::At(due))
}

#[cfg(test)]
mod tests {
    use aemp_proto::id::PortNumber;

    use super::*;

    fn at(second: u64) -> Time {
        Time::new(Duration::from_secs(second))
    }

    fn call(number: u64) -> PortNumber {
        PortNumber::from_bits(number)
    }

    fn due(waiting: &mut Waiting<()>, second: u64) -> Vec<PortNumber> {
        std::iter::from_fn(|| waiting.pop_due(at(second))).collect()
    }

    #[test]
    fn calls_end_in_order_and_answered_ones_never() {
        let mut waiting = Waiting::default();
        for (number, timeout) in [(1, 3), (2, 1), (3, 2)] {
            waiting.insert(call(number), Duration::from_secs(timeout), ());
        }
        assert_eq!(waiting.first(at(0)), Some(at(1)));
        assert!(waiting.remove(call(2)).is_some() && waiting.remove(call(2)).is_none());
        assert_eq!([1, 2, 3].map(|second| due(&mut waiting, second)), [vec![], vec![call(3)], vec![call(1)]]);
    }

    #[test]
    fn the_time_of_a_call_begins_when_the_clock_is_read() {
        let mut waiting = Waiting::default();
        waiting.insert(call(1), Duration::from_secs(2), ());
        assert!(waiting.has_unread());
        assert_eq!(waiting.first(at(9)), Some(at(11)));
        assert!(!waiting.has_unread() && due(&mut waiting, 10).is_empty());
        assert_eq!(due(&mut waiting, 11), [call(1)]);
    }

    #[test]
    fn another_time_out_takes_the_place_of_the_first() {
        let mut waiting = Waiting::default();
        for number in [1, 2] {
            waiting.insert(call(number), Duration::from_secs(2), ());
        }
        assert_eq!(waiting.first(at(0)), Some(at(2)));
        waiting.set_timeout(call(1), Duration::from_secs(5));
        waiting.set_timeout(call(2), Duration::from_secs(1));
        assert_eq!(
            [0, 1, 4, 5].map(|second| due(&mut waiting, second)),
            [vec![], vec![call(2)], vec![], vec![call(1)]]
        );
    }

    #[test]
    fn answered_calls_leave_the_order_before_they_would_have_ended() {
        let mut waiting = Waiting::default();
        waiting.insert(call(0), Duration::from_secs(60), ());
        for number in 1..10_000 {
            waiting.insert(call(number), Duration::from_secs(30), ());
            assert!(waiting.first(at(0)).is_some());
            waiting.remove(call(number));
        }
        assert!(waiting.order.len() <= 2 * (MAX_STALE + 2), "{} places", waiting.order.len());
        assert_eq!(due(&mut waiting, 60), [call(0)]);
    }
}
