//! Timers of ports.

use std::{cmp::Reverse, collections::BinaryHeap, rc::Rc, time::Duration};

use aemp_proto::{kernel::LocalPort, time::Time};
use rustc_hash::FxHashMap;

use super::{
    dispatch::{contained, drop_quietly},
    engine::Engine,
    jobs::Job,
};

/// Timers that fire in one turn, before sockets are looked at again.
const BUDGET: usize = 1_024;
/// The shortest period: below it a timer would be all that the node does.
const MIN_PERIOD: Duration = Duration::from_millis(1);
/// Places of cancelled timers in the order that are worth no work.
const MAX_STALE: usize = 64;

/// A timer of the node; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TimerId(u64);

type Tick = Box<dyn FnMut(&Rc<Engine>)>;

pub(super) enum Action {
    Once(Job),
    Every(Duration, Tick),
}

struct Entry {
    owner: Option<LocalPort>,
    /// Absent while it runs.
    action: Option<Action>,
}

/// All timers, in the order in which they are due.
#[derive(Default)]
pub(super) struct Timers {
    made: u64,
    /// Cancelled timers stay in it until their time comes, or until they are the most: nearly all are cancelled, and none is looked for.
    order: BinaryHeap<Reverse<(Time, TimerId)>>,
    entries: FxHashMap<TimerId, Entry>,
}

impl Timers {
    fn insert(&mut self, due: Time, owner: Option<LocalPort>, action: Action) -> TimerId {
        let id = self.keep(owner, action);
        self.order.push(Reverse((due, id)));
        id
    }

    fn keep(&mut self, owner: Option<LocalPort>, action: Action) -> TimerId {
        let id = TimerId(self.made);
        self.made += 1;
        self.entries.insert(id, Entry { owner, action: Some(action) });
        id
    }

    fn remove(&mut self, id: TimerId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        if self.order.len() / 2 > self.entries.len() + MAX_STALE {
            self.order.retain(|Reverse((_, id))| self.entries.contains_key(id));
        }
        Some(entry)
    }

    /// When the first timer is due; it may be a cancelled one.
    fn first(&self) -> Option<Time> {
        self.order.peek().map(|Reverse((due, _))| *due)
    }

    /// The first timer that is due, and since when, out of the order until it is put back.
    fn pop_due(&mut self, now: Time) -> Option<(Time, TimerId, Action)> {
        while self.first().is_some_and(|due| due <= now) {
            let Reverse((due, id)) = self.order.pop()?;
            if let Some(action) = self.entries.get_mut(&id).and_then(|entry| entry.action.take()) {
                return Some((due, id, action));
            }
        }
        None
    }

    /// Puts a periodic timer back that was `late`, skipping what was missed, or gives it back if it was cancelled while it
    /// ran.
    fn put_back(&mut self, id: TimerId, now: Time, late: Duration, period: Duration, tick: Tick) -> Option<Tick> {
        let Some(entry) = self.entries.get_mut(&id) else { return Some(tick) };
        let late = Duration::from_nanos(u64::try_from(late.as_nanos() % period.as_nanos()).unwrap_or(u64::MAX));
        entry.action = Some(Action::Every(period, tick));
        self.order.push(Reverse((now.after(period.saturating_sub(late)), id)));
        None
    }
}

impl Engine {
    /// Calls `then` once, `delay` from now, unless the timer is cancelled or its owner dies.
    pub(crate) fn after(
        &self,
        owner: Option<LocalPort>,
        delay: Duration,
        then: impl FnOnce(&Rc<Self>) + 'static,
    ) -> TimerId {
        self.add_timer(owner, delay, Action::Once(Job::Other(Box::new(then))))
    }

    /// Calls `then` every `period`, at least a millisecond; what is missed is skipped.
    pub(crate) fn every(
        &self,
        owner: Option<LocalPort>,
        period: Duration,
        then: impl FnMut(&Rc<Self>) + 'static,
    ) -> TimerId {
        let period = period.max(MIN_PERIOD);
        self.add_timer(owner, period, Action::Every(period, Box::new(then)))
    }

    /// The clock is read, since a handler may have run for long: a timer is never early.
    fn add_timer(&self, owner: Option<LocalPort>, delay: Duration, action: Action) -> TimerId {
        let due = self.clock.read().after(delay);
        let id = self.timers.borrow_mut().insert(due, owner, action);
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned(port)
        {
            owned.timers.insert(id);
        }
        if self.is_owner_dead(owner) {
            self.cancel_timer(id);
        }
        if self.asleep.get() && self.alarm.get().is_none_or(|alarm| due < alarm) {
            self.wake();
        }
        id
    }

    /// Ends a timer. Does nothing if it has fired.
    pub(crate) fn cancel_timer(&self, id: TimerId) {
        let entry = self.timers.borrow_mut().remove(id);
        let Some(entry) = entry else { return };
        if let Some(port) = entry.owner
            && let Some(owned) = self.ports.borrow_mut().owned_if_any(port)
        {
            owned.timers.remove(&id);
        }
        drop_quietly(entry);
    }

    /// When the first timer is due.
    pub(super) fn next_timer(&self) -> Option<Time> {
        self.timers.borrow().first()
    }

    /// Ends the calls whose time is over, and fires the timers that are due: a bounded number of each.
    pub(super) fn run_timers(self: &Rc<Self>) {
        let now = self.clock.read();
        self.end_expired_calls(now);
        for _ in 0..BUDGET {
            let due = self.timers.borrow_mut().pop_due(now);
            match due {
                None => break,
                Some((_, id, Action::Once(job))) => {
                    self.cancel_timer(id);
                    self.do_job(job);
                }
                Some((due, id, Action::Every(period, mut then))) => {
                    contained(|| then(self));
                    let cancelled = self.timers.borrow_mut().put_back(id, now, now.since(due), period, then);
                    drop_quietly(cancelled);
                }
            }
        }
    }

    pub(super) fn drop_timers(&self) {
        let all = std::mem::take(&mut *self.timers.borrow_mut());
        drop_quietly(all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Action {
        Action::Once(Job::Other(Box::new(|_| ())))
    }

    #[test]
    fn timers_come_when_they_are_due_in_order_and_cancelled_ones_never() {
        let mut timers = Timers::default();
        let at = |second| Time::new(Duration::from_secs(second));
        let [late, cancelled, early, as_early] = [3, 1, 2, 2].map(|second| timers.insert(at(second), None, nothing()));
        assert!(timers.remove(cancelled).is_some() && timers.remove(cancelled).is_none());
        let mut due =
            |second| std::iter::from_fn(|| timers.pop_due(at(second)).map(|(_, id, _)| id)).collect::<Vec<_>>();
        assert_eq!([due(1), due(2), due(3)], [vec![], vec![early, as_early], vec![late]]);
    }

    #[test]
    fn cancelled_timers_leave_the_order_before_they_are_due() {
        let mut timers = Timers::default();
        let kept = timers.insert(Time::ZERO, None, nothing());
        for _ in 0..10_000 {
            let id = timers.insert(Time::new(Duration::from_secs(30)), None, nothing());
            timers.remove(id);
        }
        assert!(timers.order.len() <= 2 * (MAX_STALE + 2), "{} places", timers.order.len());
        assert_eq!(timers.pop_due(Time::ZERO).map(|(_, id, _)| id), Some(kept));
    }
}
