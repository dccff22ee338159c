//! Bugs that break no promise in random programs, and why.

use std::fmt;

use aemp_proto::planted::Bug;

/// A bug that is not looked for.
#[derive(Debug)]
pub(super) struct Harmless {
    pub(super) bug: Bug,
    /// Why random programs find no broken promise.
    pub(super) why: &'static str,
    /// What is looked for in its place.
    pub(super) instead: Bug,
}

pub(super) const HARMLESS: &[Harmless] = &[
    Harmless {
        bug: Bug::DeadlineBeforeReading,
        why: "a driver that was away says for how long before it looks at deadlines, and its kernel puts all of them off by as \
              much: none is due that was not before. What is left is a needless break, after which the session goes on",
        instead: Bug::AbsenceCounts,
    },
    Harmless {
        bug: Bug::NoRuleR3,
        why: "whoever accepts a connection states how many the session has had when it reads the other side's first frame, and \
              an older connection never carries the session again, so both ends keep the latest one. Two nodes that act in \
              lockstep can connect without end, which `aemp-proof model --mutants --only no-rule-r3` shows; delays that vary, \
              as in the simulation, end it",
        instead: Bug::RankForgotten,
    },
];

/// Whether a bug breaks a promise.
pub(super) fn is_harmful(bug: Bug) -> bool {
    HARMLESS.iter().all(|harmless| harmless.bug != bug)
}

impl fmt::Display for Harmless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bug, why, instead } = self;
        write!(f, "`{}` is not looked for: {why}. `{}` takes its place.", bug.name(), instead.name())
    }
}
