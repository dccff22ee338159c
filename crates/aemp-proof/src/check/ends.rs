//! When nothing fails any more, everything is well: all nodes are there, reach each other, and end in order. And nobody
//! has broken the protocol on the way.

use super::{
    Finding,
    history::{History, Run},
};

pub(super) fn check(history: &History) -> Vec<Finding> {
    let mut findings = Vec::new();
    for run in &history.runs {
        for (at, text) in &run.troubles {
            findings.push(Finding::new("protocol", format!("{}:{}: {text}", run.name, at.line)));
        }
    }
    for node in &history.timeline.nodes {
        let last = history.runs.iter().filter(|run| run.node == *node).max_by_key(|run| started(history, run));
        match last {
            Some(run) => check_last(history, run, &mut findings),
            None => findings.push(Finding::new("log", format!("{node} has no log"))),
        }
    }
    findings
}

fn started(history: &History, run: &Run) -> u64 {
    history.timeline.processes.get(&run.name).map_or(0, |process| process.started)
}

fn check_last(history: &History, run: &Run, findings: &mut Vec<Finding>) {
    let name = &run.name;
    if run.settled.is_none() || !run.stopped {
        findings.push(Finding::new("liveness", format!("{name} did not come to rest and end in order")));
    }
    for other in history.timeline.nodes.iter().filter(|other| **other != run.node) {
        if !run.reached.contains(other) {
            findings
                .push(Finding::new("liveness", format!("{name} did not reach {other} after everything was healed")));
        }
    }
}
