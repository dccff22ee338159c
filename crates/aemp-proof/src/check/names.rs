//! G4, and what becomes of ports that were declared dead: names are never used twice, bound ports die, others live on.

use super::{
    Finding,
    counts::Counts,
    history::{History, Moment, NameKey, Port, PortKey},
    timeline::Patience,
};

/// A monitor that was set by so much earlier has not fired because of what was before, in milliseconds.
const WATCHED: u64 = 3_000;

pub(super) fn check(history: &History, patience: &Patience, counts: &mut Counts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, owners) in &history.owners {
        if let [(_, first), (_, second), ..] = owners.as_slice() {
            let text = format!("{} names one port at {first} and another one at {second}", history.names[*name]);
            findings.push(Finding::new("G4", text));
        }
    }
    for ((run, name), (declared, watched)) in &history.declared {
        check_bound(history, patience, (*run, *name), (*declared, *watched), counts, &mut findings);
    }
    for (key, port) in &history.ports {
        check_cause_of_death(history, *key, port, &mut findings);
    }
    findings
}

/// A living port that a run has declared dead, and that is bound to it, is killed as soon as the two nodes meet again.
fn check_bound(
    history: &History,
    patience: &Patience,
    (run, name): (usize, NameKey),
    (declared, watched): (Moment, Moment),
    counts: &mut Counts,
    findings: &mut Vec<Finding>,
) {
    let Some(owner) = history.owner(name) else { return };
    let Some(port) = history.ports.get(&owner) else { return };
    let was_dead = port.died.is_some_and(|died| died.time <= declared.time);
    if was_dead || !is_bound(history, port, run, name, (declared, watched)) {
        return;
    }
    let (observer, home) = (&history.runs[run], &history.runs[owner.0]);
    let deadline = history.timeline.end_of_quiet(&observer.node, &home.node, declared.time, patience.undisturbed);
    if deadline >= observer.end.min(home.end) {
        return;
    }
    counts.count_bound();
    if port.died.is_none_or(|died| died.time > deadline) {
        let (place, name) = (history.place(run, declared), &history.names[name]);
        let text =
            format!("{place}: {name} was declared dead by a node that it is bound to, and lived on after {deadline}");
        findings.push(Finding::new("G3", text));
    }
}

/// Whether the port was bound to a run when that declared it dead. Where the monitor that says so had only just been set, that may
/// have been long before, and nobody knows what it was linked with then.
fn is_bound(history: &History, port: &Port, run: usize, name: NameKey, (declared, watched): (Moment, Moment)) -> bool {
    let is_spawned_by = history.spawns.get(&name) == Some(&run);
    let links = port.links.iter().filter(|(time, _)| *time < watched.time && watched.time + WATCHED < declared.time);
    let is_linked_with = links.map(|(_, to)| to).any(|to| {
        let target = history.owner(*to).filter(|target| target.0 == run);
        target.and_then(|target| history.ports.get(&target)).is_some_and(|target| target.died.is_none())
    });
    port.private || is_spawned_by || is_linked_with
}

/// A port that is bound to nobody dies only if it ends, is killed, or is linked.
fn check_cause_of_death(history: &History, key: PortKey, port: &Port, findings: &mut Vec<Finding>) {
    let Some(died) = port.died.filter(|died| died.time < history.runs[key.0].end) else { return };
    let was_killed = port.names.iter().any(|name| {
        let kills = history.kills.get(name);
        kills.is_some_and(|times| times.iter().any(|time| *time <= died.time))
    });
    if port.ending || port.private || port.spawned || !port.links.is_empty() || was_killed {
        return;
    }
    let place = history.place(key.0, died);
    findings.push(Finding::new("G3", format!("{place}: port {} died, and nothing had killed it", key.1)));
}
