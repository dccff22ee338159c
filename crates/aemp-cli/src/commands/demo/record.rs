//! What was observed, and whether that is all that was to be observed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::plan::{Unit, Worker};

/// A death on the same host is told within this time.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// What was observed.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Workers that said that they are ready, in this order.
    pub(super) ready: Vec<Worker>,
    /// The units that each worker counted.
    pub(super) counted: BTreeMap<Worker, BTreeSet<Unit>>,
    /// Deaths, in this order.
    pub(super) deaths: Vec<Death>,
    /// Answers that were not added, because their unit was no longer the sender's.
    pub(super) ignored: usize,
}

/// The death of a worker.
#[derive(Debug)]
pub(super) struct Death {
    pub(super) worker: Worker,
    /// The time from our SIGKILL to the notice, if it was ours.
    pub(super) told_after: Option<Duration>,
    pub(super) unfinished: Vec<Unit>,
}

/// Something that was to be observed, and whether it was.
#[derive(Debug, PartialEq)]
pub(super) struct Check {
    pub(super) ok: bool,
    pub(super) what: String,
}

impl Record {
    /// The checks, given the number of units and whether the sum is right.
    pub(super) fn checks(&self, units: usize, sum_is_right: bool) -> Vec<Check> {
        let mut checks = vec![self.found_each_other(), self.shared_the_work(), self.told_in_time()];
        checks.extend([self.replaced(), self.nothing_lost(), self.each_once(units)]);
        let what = "the result is that of a direct count".to_owned();
        checks.push(Check { ok: sum_is_right, what });
        checks
    }

    fn found_each_other(&self) -> Check {
        let nodes = self.ready.len() + 1;
        Check {
            ok: nodes >= 3,
            what: format!("{nodes} nodes in processes of their own found each other by port IDs alone"),
        }
    }

    fn shared_the_work(&self) -> Check {
        let workers = self.counted.len();
        Check { ok: workers >= 3, what: format!("{workers} workers counted, the replacement among them") }
    }

    /// The death that was not the user's doing.
    fn ours(&self) -> Option<(&Death, Duration)> {
        self.deaths.iter().find_map(|death| Some((death, death.told_after?)))
    }

    fn told_in_time(&self) -> Check {
        let Some((death, after)) = self.ours() else {
            return Check { ok: false, what: "a worker was killed, and the coordinator was told".to_owned() };
        };
        let what = format!("the coordinator was told of the SIGKILL of worker {} after {after:.0?}", death.worker);
        Check { ok: after < TOLD_WITHIN, what }
    }

    fn replaced(&self) -> Check {
        let (started, died) = (self.ready.len(), self.deaths.len());
        let what = format!("{died} died, {} took their place", started.saturating_sub(2));
        Check { ok: died >= 1 && started == died + 2, what }
    }

    fn nothing_lost(&self) -> Check {
        let unfinished: BTreeSet<Unit> = self.deaths.iter().flat_map(|death| &death.unfinished).copied().collect();
        let counted: BTreeSet<Unit> = self.counted.values().flatten().copied().collect();
        let what = format!("{} units that the dead had not finished were counted by others", unfinished.len());
        Check { ok: !unfinished.is_empty() && unfinished.is_subset(&counted), what }
    }

    fn each_once(&self, units: usize) -> Check {
        let counted: usize = self.counted.values().map(BTreeSet::len).sum();
        let what = format!("{counted} of {units} units were counted, each exactly once");
        Check { ok: counted == units && self.ignored == 0, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let death = Death { worker: 1, told_after: Some(Duration::from_millis(3)), unfinished: vec![1] };
        let counted = [(1, BTreeSet::from([0])), (2, BTreeSet::from([1])), (3, BTreeSet::from([2]))];
        Record { ready: vec![1, 2, 3], counted: counted.into(), deaths: vec![death], ignored: 0 }
    }

    fn failed(record: &Record, units: usize, sum_is_right: bool) -> usize {
        record.checks(units, sum_is_right).iter().filter(|check| !check.ok).count()
    }

    #[test]
    fn a_full_record_passes() {
        assert_eq!(failed(&record(), 3, true), 0);
    }

    #[test]
    fn an_empty_record_passes_nothing_but_the_sum() {
        let checks = Record::default().checks(3, true);
        assert_eq!(checks.iter().filter(|check| check.ok).count(), 1, "{checks:?}");
    }

    #[test]
    fn a_late_notice_fails() {
        let mut record = record();
        record.deaths[0].told_after = Some(TOLD_WITHIN);
        assert_eq!(failed(&record, 3, true), 1);
    }

    #[test]
    fn a_missing_unit_fails() {
        assert_eq!(failed(&record(), 4, true), 1);
    }

    #[test]
    fn a_wrong_sum_fails() {
        assert_eq!(failed(&record(), 3, false), 1);
    }
}
