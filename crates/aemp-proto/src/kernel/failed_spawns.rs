//! Spawns that failed, and why: monitors on them may come later.

use std::collections::VecDeque;

use crate::{id::PortName, reason::Reason, wire::write::MAX_REASON};

/// How many are remembered, and with how many octets of reasons.
const MAX_SPAWNS: usize = 1024;
const MAX_OCTETS: usize = 1 << 20;

/// The latest spawns that failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailedSpawns {
    oldest_first: VecDeque<FailedSpawn>,
    octets: usize,
}

#[derive(Clone, Debug)]
struct FailedSpawn {
    name: PortName,
    reason: Reason,
    /// What the reason takes where it is told.
    octets: usize,
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for FailedSpawns {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { oldest_first, octets: _ } = self; // They follow from the reasons.
        for FailedSpawn { name, reason, octets: _ } in oldest_first {
            view.put(name);
            view.reason(reason);
        }
    }
}

impl FailedSpawns {
    pub(crate) fn note(&mut self, name: PortName, reason: Reason) {
        let (reason, octets) = tellable(reason);
        self.oldest_first.push_back(FailedSpawn { name, reason, octets });
        self.octets = self.octets.saturating_add(octets);
        while self.oldest_first.len() > MAX_SPAWNS || self.octets > MAX_OCTETS {
            let oldest = self.oldest_first.pop_front().map_or(0, |oldest| oldest.octets);
            self.octets = self.octets.saturating_sub(oldest);
        }
    }

    /// Why the latest spawn under this name failed.
    pub(crate) fn reason(&self, name: &PortName) -> Option<&Reason> {
        self.oldest_first.iter().rev().find(|failed| failed.name == *name).map(|failed| &failed.reason)
    }
}

/// As much of a reason as can be told, and how many octets that are at most.
pub(super) fn tellable(reason: Reason) -> (Reason, usize) {
    let mut encoded = Vec::new();
    match reason.encode(&mut encoded) {
        Ok(()) if encoded.len() <= MAX_REASON => (reason, encoded.len()),
        _ => (reason.shortened(MAX_REASON / 8), MAX_REASON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(n: usize) -> PortName {
        format!("n{n}").parse().unwrap()
    }

    #[test]
    fn the_latest_reason_counts() {
        let mut failed = FailedSpawns::default();
        failed.note(name(1), Reason::new("first", ""));
        failed.note(name(2), Reason::new("other", ""));
        failed.note(name(1), Reason::new("second", "").with_details(vec![7.into()]));
        assert_eq!(failed.reason(&name(1)), Some(&Reason::new("second", "").with_details(vec![7.into()])));
        assert_eq!(failed.reason(&name(3)), None);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut failed = FailedSpawns::default();
        (0..=MAX_SPAWNS).for_each(|n| failed.note(name(n), Reason::new("error", "")));
        assert_eq!((failed.reason(&name(0)), failed.oldest_first.len()), (None, MAX_SPAWNS));
        assert!(failed.reason(&name(1)).is_some());
    }

    #[test]
    fn long_reasons_displace_older_ones_and_are_cut() {
        let mut failed = FailedSpawns::default();
        (0..100).for_each(|n| failed.note(name(n), Reason::new("error", "x".repeat(1 << 20))));
        let kept: usize = failed.oldest_first.iter().map(|failed| failed.reason.text().len()).sum();
        assert!(kept <= MAX_OCTETS && failed.octets <= MAX_OCTETS, "{kept} octets");
        assert_eq!(failed.oldest_first.len(), MAX_OCTETS / MAX_REASON);
        assert!(failed.reason(&name(99)).is_some_and(|reason| !reason.text().is_empty()));
    }
}
