//! G6: no monitor fires on a living port while the network was well enough.

use std::collections::HashSet;

use super::{
    Finding,
    counts::{Alarm, Counts},
    due::death,
    history::{Fired, History, Moment, NameKey, PortKey, Watch},
    timeline::Patience,
};

pub(super) fn check(history: &History, patience: &Patience, counts: &mut Counts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let refused = refused(history);
    for watch in &history.watches {
        let Some(Fired { at, code, text, .. }) = watch.fired.first() else { continue };
        let alarm = justification(history, patience, &refused, watch, *at, code);
        if let Some(alarm) = alarm {
            counts.count_alarm(alarm);
        } else {
            let (place, name) = (history.place(watch.run, *at), &history.names[watch.name]);
            let what = format!(
                "{place}: the monitor of {name} fired ({code}: {text}) though nothing was wrong for long enough"
            );
            findings.push(Finding::new("G6", what));
        }
    }
    findings
}

/// The ports that refused a message of a run, and since when: all their names are closed for that run.
fn refused(history: &History) -> HashSet<(usize, NameKey)> {
    let mut closed = HashSet::new();
    for ((run, name), stream) in &history.streams {
        if stream.sent.iter().any(|sent| sent.is_bad) {
            closed.insert((*run, *name));
            let names = history.owner(*name).and_then(|owner| history.ports.get(&owner)).map(|port| &port.names);
            closed.extend(names.into_iter().flatten().map(|name| (*run, *name)));
        }
    }
    closed
}

/// Why a monitor was right to fire.
fn justification(
    history: &History,
    patience: &Patience,
    refused: &HashSet<(usize, NameKey)>,
    watch: &Watch,
    at: Moment,
    code: &str,
) -> Option<Alarm> {
    let first = history.declared.get(&(watch.run, watch.name));
    if first.is_some_and(|(first, _)| first.line < at.line) {
        return Some(Alarm::Repeated);
    }
    let Some(owner) = history.owner(watch.name) else {
        let is_spawned = history.spawns.contains_key(&watch.name);
        return Some(if is_spawned { Alarm::NeverBegun } else { Alarm::Unknown });
    };
    if death(history, watch.name).is_some_and(|time| time <= at.time) {
        let alone = history.ports.get(&owner).is_some_and(|port| port.died.is_some_and(|died| died.time <= at.time));
        return Some(if alone { Alarm::Death } else { Alarm::EndOfNode });
    }
    if code == "bad_message" && refused.contains(&(watch.run, watch.name)) {
        return Some(Alarm::Refused);
    }
    if is_too_early(history, watch, owner) {
        return Some(Alarm::TooEarly);
    }
    if may_have_lost_session(history, patience, watch, at) {
        return Some(Alarm::LostSession);
    }
    // Before it has met a node, one does not wait for it if it seems to be another one.
    let (observer, observed) = (&history.runs[watch.run].node, history.node_of(watch.name));
    let is_young = !history.runs[watch.run].last_heard.keys().any(|(run, _)| *run == owner.0);
    let is_rejected = code == "auth_failed" && is_young && history.timeline.is_troubled(observer, observed, at.time);
    is_rejected.then_some(Alarm::LostSession)
}

/// A port that one run spawned was used by another one before it began: the name is closed for that run.
fn is_too_early(history: &History, watch: &Watch, owner: PortKey) -> bool {
    let by_others = history.spawns.get(&watch.name).is_some_and(|spawner| *spawner != watch.run);
    let opened = history.ports.get(&owner).and_then(|port| port.opened);
    let first_use = history.first_uses.get(&(watch.run, watch.name));
    by_others && opened.zip(first_use).is_some_and(|(opened, used)| used.time < opened.time)
}

/// Either the session may have failed just now, or it had before, with a message in doubt, and this monitor is the first to ask.
fn may_have_lost_session(history: &History, patience: &Patience, watch: &Watch, at: Moment) -> bool {
    let (observer, observed) = (&history.runs[watch.run].node, history.node_of(watch.name));
    let excuses = |since, until| history.timeline.excuses(observer, observed, since, until, patience);
    let stream = history.streams.get(&(watch.run, watch.name));
    // Whatever failed, nothing that was sent later was delivered.
    let delivered = stream.and_then(|stream| stream.sent.get(stream.received.len().checked_sub(1)?));
    let first_use = history.first_uses.get(&(watch.run, watch.name)).copied();
    let doubted = delivered.map(|sent| sent.at).or(first_use).unwrap_or(watch.set);
    excuses(at.time, at.time) || excuses(doubted.time.min(watch.set.time), watch.set.time)
}
