//! G2, G3 and G5: every death, and every loss, is told by every monitor that is held or set later, in time.

use super::{
    Finding,
    counts::Counts,
    history::{History, Moment, NameKey, Watch},
    timeline::Patience,
};

/// Why a monitor has to fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Another one has fired before.
    Declared,
    /// The port or its node has died.
    Death,
    /// A message was not delivered.
    Loss { number: u64 },
}

impl Cause {
    const fn rule(self) -> &'static str {
        match self {
            Self::Declared => "G3",
            Self::Death => "G5",
            Self::Loss { .. } => "G2",
        }
    }
}

pub(super) fn check(history: &History, patience: &Patience, counts: &mut Counts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watch in &history.watches {
        check_uses(history, watch, &mut findings);
        let causes = causes(history, watch);
        counts.count_watch(!causes.is_empty());
        for (cause, since) in causes {
            check_cause(history, patience, watch, cause, since, counts, &mut findings);
        }
    }
    findings
}

/// A monitor fires once, and not after it or its owner has ended.
fn check_uses(history: &History, watch: &Watch, findings: &mut Vec<Finding>) {
    let name = &history.names[watch.name];
    let owner_died = history.ports.get(&(watch.run, watch.owner)).and_then(|port| port.died);
    for (index, fired) in watch.fired.iter().enumerate() {
        let at = fired.at;
        let place = history.place(watch.run, at);
        if index > 0 {
            findings.push(Finding::new("watch", format!("{place}: the monitor of {name} fired twice")));
        }
        if watch.ended.is_some_and(|ended| ended.line < at.line) {
            findings.push(Finding::new("watch", format!("{place}: the monitor of {name} fired after it was dropped")));
        }
        if owner_died.is_some_and(|died| died.line < at.line) {
            findings.push(Finding::new("watch", format!("{place}: the monitor of {name} fired for a dead port")));
        }
    }
}

/// All that makes a monitor fire, and since when.
fn causes(history: &History, watch: &Watch) -> Vec<(Cause, u64)> {
    let mut causes = Vec::new();
    if let Some((declared, _)) = history.declared.get(&(watch.run, watch.name)) {
        causes.push((Cause::Declared, declared.time));
    }
    if let Some(time) = death(history, watch.name) {
        causes.push((Cause::Death, time));
    }
    if let Some((number, at)) = loss(history, watch.run, watch.name) {
        causes.push((Cause::Loss { number }, at.time));
    }
    causes
}

/// When the port of a name died, with its node or alone.
pub(super) fn death(history: &History, name: NameKey) -> Option<u64> {
    let owner = history.owner(name)?;
    let alone = history.ports.get(&owner).and_then(|port| port.died).map(|died| died.time);
    let with_node = Some(history.runs[owner.0].end).filter(|end| *end < u64::MAX);
    alone.into_iter().chain(with_node).min()
}

/// The first message that was not delivered.
fn loss(history: &History, run: usize, name: NameKey) -> Option<(u64, Moment)> {
    let stream = history.streams.get(&(run, name))?;
    let lost = stream.sent.get(stream.received.len())?;
    Some((lost.number, lost.at))
}

fn check_cause(
    history: &History,
    patience: &Patience,
    watch: &Watch,
    cause: Cause,
    since: u64,
    counts: &mut Counts,
    findings: &mut Vec<Finding>,
) {
    let since = since.max(watch.set.time);
    let run = &history.runs[watch.run];
    let deadline = history.timeline.deadline(&run.node, history.node_of(watch.name), since, patience);
    let fired = watch.fired.first().map(|fired| fired.at.time);
    if let Some(fired) = fired
        && cause == Cause::Death
    {
        counts.count_delay(fired.saturating_sub(since));
    }
    // What the observer's own log says last is as good as a deadline: it was at rest by then.
    let settled = run.settled.filter(|settled| since < settled.time).map(|settled| settled.time);
    let deadline = deadline.min(settled.unwrap_or(u64::MAX));
    if excused_by_end(history, watch).is_some_and(|end| end <= deadline) {
        return;
    }
    counts.count_deadline();
    if fired.is_none_or(|fired| fired > deadline) {
        let (place, name) = (history.place(watch.run, watch.set), &history.names[watch.name]);
        let what = match cause {
            Cause::Declared => "another one had fired".to_owned(),
            Cause::Death => "the port was dead".to_owned(),
            Cause::Loss { number } => format!("message {number} was not delivered"),
        };
        let when = fired.map_or_else(|| "never".to_owned(), |fired| format!("only {} ms later", fired - deadline));
        let text = format!(
            "{place}: the monitor of {name} had to fire by {deadline} because {what} at {since}, and did {when}"
        );
        findings.push(Finding::new(cause.rule(), text));
    }
}

/// When a watch ended without having fired: with its owner, its node or by itself.
fn excused_by_end(history: &History, watch: &Watch) -> Option<u64> {
    let owner = history.ports.get(&(watch.run, watch.owner)).and_then(|port| port.died);
    let ends = [owner, watch.ended].into_iter().flatten().map(|at| at.time);
    ends.chain(std::iter::once(history.runs[watch.run].end)).min()
}
