//! How well two nodes could reach each other: what excuses a session that failed, and a death that is told late.

use super::Bounds;

/// What was between two nodes, as one interval: faults between which they had no time to recover count as one.
#[derive(Clone, Debug, Default)]
struct Contact {
    /// Faults that last.
    active: u32,
    /// The beginning of the interval.
    since: u64,
    /// When a fault began or ended last, or much was on its way and got through.
    changed: u64,
    /// The end of the last fault.
    ended: u64,
    /// Time that a clock skipped.
    skipped: u64,
    /// The last moment at which a session could fail for good reason.
    excused: Option<u64>,
    /// The last moment at which much was on its way.
    busy: u64,
    /// What was sent well before this had arrived by then.
    delivered: u64,
}

/// How well all pairs of nodes could reach each other.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Contacts {
    nodes: usize,
    recovery: u64,
    session_timeout: u64,
    /// How long it takes to connect.
    connecting: u64,
    pairs: Vec<Contact>,
}

impl Contacts {
    pub(super) fn new(nodes: usize, bounds: &Bounds) -> Self {
        let Bounds { recovery, session_timeout, prompt, .. } = *bounds;
        Self { nodes, recovery, session_timeout, connecting: prompt, pairs: vec![Contact::default(); nodes * nodes] }
    }

    fn pair(&self, a: usize, b: usize) -> &Contact {
        &self.pairs[a.min(b) * self.nodes + a.max(b)]
    }

    fn pair_mut(&mut self, a: usize, b: usize) -> &mut Contact {
        &mut self.pairs[a.min(b) * self.nodes + a.max(b)]
    }

    /// A fault begins between two nodes.
    pub(in crate::sim) fn begin(&mut self, a: usize, b: usize, now: u64) {
        let (recovery, session_timeout, connecting) = (self.recovery, self.session_timeout, self.connecting);
        let pair = self.pair_mut(a, b);
        if pair.active == 0 && now > pair.ended + recovery {
            pair.settle(recovery, session_timeout);
            // Perhaps they were just connecting.
            (pair.since, pair.skipped) = (now.saturating_sub(connecting), 0);
            if now > pair.busy + recovery {
                pair.delivered = pair.since;
            }
        }
        pair.changed = now;
        pair.active += 1;
    }

    /// A fault ends.
    pub(in crate::sim) fn end(&mut self, a: usize, b: usize, now: u64) {
        let pair = self.pair_mut(a, b);
        pair.active = pair.active.saturating_sub(1);
        pair.changed = now;
        pair.ended = pair.ended.max(now);
    }

    /// A fault without a length, but for the time that a clock skips with it.
    pub(in crate::sim) fn jolt(&mut self, a: usize, b: usize, now: u64, skipped: u64) {
        self.begin(a, b, now);
        let pair = self.pair_mut(a, b);
        pair.skipped = pair.skipped.saturating_add(skipped);
        self.end(a, b, now);
    }

    /// The same between a node and all others.
    pub(in crate::sim) fn jolt_all(&mut self, node: usize, now: u64, skipped: u64) {
        (0..self.nodes).filter(|other| *other != node).for_each(|other| self.jolt(node, other, now, skipped));
    }

    pub(in crate::sim) fn begin_all(&mut self, node: usize, now: u64) {
        (0..self.nodes).filter(|other| *other != node).for_each(|other| self.begin(node, other, now));
    }

    pub(in crate::sim) fn end_all(&mut self, node: usize, now: u64) {
        (0..self.nodes).filter(|other| *other != node).for_each(|other| self.end(node, other, now));
    }

    /// Much is on its way between two nodes: notices may be late. As long as the other side is heard they may be as late as you
    /// like, for no session fails.
    pub(in crate::sim) fn busy(&mut self, a: usize, b: usize, is_heard: bool, now: u64) {
        let pair = self.pair_mut(a, b);
        pair.busy = now;
        if is_heard {
            pair.changed = now;
        }
    }

    /// Whether a session of the two nodes could fail for good reason at `since` or later.
    pub(super) fn excused_since(&self, a: usize, b: usize, since: u64, now: u64) -> bool {
        let pair = self.pair(a, b);
        let lasts = pair.active > 0 || now <= pair.ended + self.recovery;
        let until = if lasts { now } else { pair.ended + self.recovery };
        let present =
            (until.saturating_sub(pair.since).saturating_add(pair.skipped) >= self.session_timeout).then_some(until);
        present.max(pair.excused).is_some_and(|excused| excused >= since)
    }

    /// From now on everything has a good reason.
    pub(super) fn estrange(&mut self, a: usize, b: usize) {
        self.pair_mut(a, b).excused = Some(u64::MAX);
    }

    pub(super) fn is_estranged(&self, a: usize, b: usize) -> bool {
        self.pair(a, b).excused == Some(u64::MAX)
    }

    /// Since when nothing was in the way of the two nodes, and not much on it; `None` while something is.
    pub(super) fn clear_since(&self, a: usize, b: usize) -> Option<u64> {
        let pair = self.pair(a, b);
        (pair.active == 0).then_some(pair.ended.max(pair.busy))
    }

    /// When what was sent at that moment, and on a session that lasts, had arrived for sure; `None` if that is not sure by now.
    pub(super) fn surely_by(&self, a: usize, b: usize, sent: u64, now: u64) -> Option<u64> {
        let pair = self.pair(a, b);
        if sent + self.recovery <= pair.delivered {
            return Some(pair.delivered);
        }
        let by = sent.max(pair.ended).max(pair.busy) + self.recovery;
        (pair.active == 0 && by <= now).then_some(by)
    }

    /// When what arrives now was sent at the earliest.
    pub(super) fn sent_since(&self, a: usize, b: usize, now: u64) -> u64 {
        let pair = self.pair(a, b);
        let is_calm = pair.active == 0 && now > pair.ended.max(pair.busy) + self.recovery;
        if is_calm { now } else { pair.delivered }.saturating_sub(self.recovery)
    }

    /// Since when the same things are in the way.
    pub(super) fn unchanged_since(&self, a: usize, b: usize) -> u64 {
        self.pair(a, b).changed
    }
}

impl Contact {
    /// The interval is over: was it long enough for a session to fail?
    fn settle(&mut self, recovery: u64, session_timeout: u64) {
        let until = self.ended + recovery;
        if until.saturating_sub(self.since).saturating_add(self.skipped) >= session_timeout {
            self.excused = self.excused.max(Some(until));
        }
    }
}
