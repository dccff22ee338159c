//! G7: what a port said before it died arrives before the notice of its death.

use super::{
    Finding,
    history::{Fired, History},
};

/// The codes with which a port's own node tells its death; all others may stand for a lost session.
const TOLD: [&str; 4] = ["normal", "error", "torture", "linked"];

pub(super) fn check(history: &History) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watch in &history.watches {
        let told = watch.fired.first().filter(|fired| TOLD.contains(&fired.code.as_str()));
        let Some(Fired { at, code, .. }) = told else { continue };
        let Some(owner) = history.owner(watch.name) else { continue };
        let heard = history.runs[watch.run].last_heard.get(&owner);
        if let Some(line) = heard.filter(|line| **line > at.line) {
            let (place, name) = (history.place(watch.run, *at), &history.names[watch.name]);
            let text = format!(
                "{place}: the death of {name} ({code}) was told before what it had said, which came at line {line}"
            );
            findings.push(Finding::new("G7", text));
        }
    }
    findings
}
