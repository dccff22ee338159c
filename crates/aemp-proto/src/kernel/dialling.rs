//! When and where to connect: all addresses of a node, in rounds, with growing pauses.

use std::{collections::VecDeque, time::Duration};

use crate::{id::Address, reason::Reason, time::Time};

use super::{DialFailure, DialId, Timing};

/// The attempts to reach one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dialling {
    /// Attempts that are under way.
    pending: Vec<(DialId, Address)>,
    /// Addresses that this round has not tried yet.
    queue: VecDeque<Address>,
    /// When the next address, or the next round, is due.
    pub(crate) next_at: Option<Time>,
    pause: Duration,
    /// Whether every attempt of this round was refused.
    all_refused: bool,
    /// Since when every attempt was refused.
    refused_since: Option<Time>,
    rejected: Option<Reason>,
    last_error: Option<String>,
}

/// What a failed attempt means for the node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing yet.
    GoOn,
    /// Every address refuses connections, and has for long enough.
    Refused,
    /// It is reached, but does not want us, or is not the node that was meant.
    Rejected(Reason),
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Dialling {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        // Attempts differ by their keys only.
        let Self { pending, queue, next_at, pause, all_refused, refused_since, rejected, last_error } = self;
        view.put(&(pending.len(), queue, pause, all_refused, refused_since.is_some(), last_error));
        view.due(*next_at);
        rejected.iter().for_each(|reason| view.reason(reason));
    }
}

impl Dialling {
    /// The next address to dial now, if its time has come. `addresses` are asked for when a round begins.
    pub(crate) fn next_address(
        &mut self,
        now: Time,
        timing: &Timing,
        addresses: impl FnOnce() -> Vec<Address>,
    ) -> Option<Address> {
        if self.next_at.is_none_or(|due| due > now) {
            return None;
        }
        self.next_at = None;
        if self.queue.is_empty() {
            if !self.pending.is_empty() {
                return None;
            }
            self.queue = addresses().into();
            self.all_refused = true;
            self.rejected = None;
        }
        let address = self.queue.pop_front();
        if !self.queue.is_empty() {
            self.next_at = Some(now.after(timing.dial_stagger));
        }
        address
    }

    pub(crate) fn began(&mut self, dial: DialId, address: Address) {
        self.pending.push((dial, address));
    }

    /// The address of an attempt that is under way.
    pub(crate) fn address_of(&self, dial: DialId) -> Option<Address> {
        self.pending.iter().find(|(other, _)| *other == dial).map(|(_, address)| address.clone())
    }

    /// The attempts that are under way end, and so does the plan for more.
    pub(crate) fn cancel(&mut self) -> impl Iterator<Item = DialId> {
        self.queue.clear();
        self.next_at = None;
        self.refused_since = None;
        std::mem::take(&mut self.pending).into_iter().map(|(dial, _)| dial)
    }

    /// An attempt was answered by an authenticated connection.
    pub(crate) fn succeeded(&mut self, dial: DialId) {
        self.pending.retain(|(other, _)| *other != dial);
        self.refused_since = None;
    }

    /// An attempt failed. `jitter` spreads the next round over time, in thousandths of the pause.
    pub(crate) fn failed(
        &mut self,
        dial: DialId,
        failure: DialFailure,
        now: Time,
        timing: &Timing,
        jitter: u32,
    ) -> Verdict {
        self.pending.retain(|(other, _)| *other != dial);
        self.all_refused &= failure == DialFailure::Refused;
        self.last_error = Some(match failure {
            DialFailure::Refused => "connection refused".to_owned(),
            DialFailure::OwnNode => {
                let text = failure.to_string();
                self.rejected = Some(Reason::new("node_id_in_use", &*text));
                text
            }
            DialFailure::Unreachable(error) => error,
            DialFailure::Rejected(reason) => {
                let text = reason.to_string();
                self.rejected = Some(reason);
                text
            }
        });
        if !self.pending.is_empty() || !self.queue.is_empty() {
            self.next_at = if self.queue.is_empty() { None } else { Some(now) };
            return Verdict::GoOn;
        }
        self.end_of_round(now, timing, jitter)
    }

    fn end_of_round(&mut self, now: Time, timing: &Timing, jitter: u32) -> Verdict {
        if let Some(reason) = self.rejected.take() {
            self.pause_before_next(now, timing, jitter);
            return Verdict::Rejected(reason);
        }
        if !self.all_refused {
            self.refused_since = None;
            self.pause_before_next(now, timing, jitter);
            return Verdict::GoOn;
        }
        let since = *self.refused_since.get_or_insert(now);
        if now.since(since) >= timing.refused_pause {
            self.pause_before_next(now, timing, jitter);
            return Verdict::Refused;
        }
        self.next_at = Some(now.after(timing.refused_pause));
        Verdict::GoOn
    }

    /// The next round is due after a pause, longer each time.
    pub(crate) fn pause_before_next(&mut self, now: Time, timing: &Timing, jitter: u32) {
        let pause = self.pause.max(timing.redial_min).min(timing.redial_max);
        self.pause = pause.saturating_mul(2);
        let spread = pause.saturating_mul(jitter).checked_div(1000).unwrap_or(pause);
        self.next_at = Some(now.after(spread));
    }

    /// A connection proved to be of use: the next break is no reason for a pause.
    pub(crate) fn reset_pause(&mut self) {
        self.pause = Duration::ZERO;
    }

    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::arena::Arena;

    fn at(millis: u64) -> Time {
        Time::new(Duration::from_millis(millis))
    }

    fn addresses() -> Vec<Address> {
        vec!["127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap()]
    }

    fn ids() -> Vec<DialId> {
        let mut arena = Arena::default();
        (0..4).map(|_| DialId(arena.insert(()))).collect()
    }

    #[test]
    fn a_silent_address_holds_the_next_one_up_only_for_a_moment() {
        let (mut dialling, timing, ids) = (Dialling::default(), Timing::default(), ids());
        dialling.next_at = Some(at(0));
        let first = dialling.next_address(at(0), &timing, addresses).unwrap();
        dialling.began(ids[0], first);
        assert_eq!(dialling.next_address(at(299), &timing, addresses), None);
        let second = dialling.next_address(at(300), &timing, Vec::new).unwrap();
        assert_eq!(second.to_string(), "127.0.0.1:2");
        dialling.began(ids[1], second);
        assert_eq!(dialling.next_at, None);
    }

    #[test]
    fn two_refused_rounds_a_quarter_of_a_second_apart_prove_an_end() {
        let (mut dialling, timing, ids) = (Dialling::default(), Timing::default(), ids());
        for (round, (start, verdict)) in [(0, Verdict::GoOn), (250, Verdict::Refused)].into_iter().enumerate() {
            dialling.next_at = Some(at(start));
            for id in &ids[..2] {
                let address = dialling.next_address(at(start), &timing, addresses).unwrap();
                dialling.began(*id, address);
                let got = dialling.failed(*id, DialFailure::Refused, at(start), &timing, 1000);
                assert_eq!(got, if *id == ids[1] { verdict.clone() } else { Verdict::GoOn }, "round {round}");
            }
        }
    }

    #[test]
    fn a_silent_address_is_no_proof() {
        let (mut dialling, timing, ids) = (Dialling::default(), Timing::default(), ids());
        for start in [0, 1000, 2000] {
            dialling.next_at = Some(at(start));
            for (id, failure) in [(ids[0], DialFailure::Refused), (ids[1], DialFailure::Unreachable("silent".into()))] {
                let address = dialling.next_address(at(start), &timing, addresses).unwrap();
                dialling.began(id, address);
                assert_eq!(dialling.failed(id, failure, at(start), &timing, 1000), Verdict::GoOn);
            }
        }
    }

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew_after_success() {
        let (mut dialling, timing) = (Dialling::default(), Timing::default());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            dialling.pause_before_next(at(0), &timing, 1000);
            pauses.push(dialling.next_at.unwrap().since_start().as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        dialling.reset_pause();
        dialling.pause_before_next(at(0), &timing, 500);
        assert_eq!(dialling.next_at, Some(at(50)));
    }
}
