//! Failures to reach a place, which come again and again while it is down.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The same failure is told once in this time.
const PERIOD: Duration = Duration::from_secs(600);
/// Failures that are remembered; of more the oldest are told again.
const REMEMBERED: usize = 100;

/// Failures that were told lately, as lines, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Failures(VecDeque<(Instant, String)>);

impl Failures {
    /// Whether a failure is to be told now.
    pub(super) fn is_news(&mut self, line: &str, now: Instant) -> bool {
        while self.0.front().is_some_and(|(told, _)| now.duration_since(*told) >= PERIOD) {
            self.0.pop_front();
        }
        if self.0.iter().any(|(_, known)| known == line) {
            return false;
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((now, line.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_is_told_once_in_its_time() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        assert!(failures.is_news("refused", start));
        assert!(!failures.is_news("refused", start));
        assert!(failures.is_news("no answer", start + Duration::from_secs(1)));
        assert!(!failures.is_news("refused", start + PERIOD - Duration::from_secs(1)));
        assert!(failures.is_news("refused", start + PERIOD));
        assert!(!failures.is_news("no answer", start + PERIOD));
    }

    #[test]
    fn no_more_than_some_failures_are_remembered() {
        let (mut failures, now) = (Failures::default(), Instant::now());
        for number in 0..=REMEMBERED {
            assert!(failures.is_news(&number.to_string(), now));
        }
        assert_eq!(failures.0.len(), REMEMBERED);
        assert!(!failures.is_news("1", now));
        assert!(failures.is_news("0", now));
    }
}
