//! What was wrong with the network and the processes, and when.

use std::collections::BTreeMap;

use super::{
    Finding,
    log::{At, Inner, Logs, Outer},
};

/// Reconnecting takes at most this long once nothing is wrong any more, in milliseconds: a handshake that was caught by
/// the fault times out, and the next one succeeds.
const RECONNECT: u64 = 1_500;

/// A process of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) node: String,
    pub(super) started: u64,
    /// When its end began, in order or by a kill.
    pub(super) ending: Option<u64>,
}

/// A time in which something was wrong between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trouble {
    from: u64,
    to: u64,
    effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// As long as nothing changes, either everything passes or a side notices that nothing does.
    Plain,
    /// Octets pass, too few of them.
    Slow,
    /// The process of the lower or the higher node does not run.
    Stopped { lower: bool },
}

/// What the parent has written down.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    pub(super) processes: BTreeMap<String, Process>,
    pub(super) nodes: Vec<String>,
    pub(super) millis: u64,
    pub(super) heartbeat: u64,
    pub(super) session_timeout: u64,
    pub(super) is_finished: bool,
    pub(super) faults: BTreeMap<String, u64>,
    troubles: BTreeMap<(String, String), Vec<Trouble>>,
    /// The faults that stopped a node, each with its beginning and end.
    stops: Vec<(String, u64, u64)>,
    /// For how many milliseconds processes did not run that nobody had stopped.
    pub(super) absences: Vec<u64>,
}

/// How long things may take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// For a notice while nothing is wrong.
    pub(super) undisturbed: u64,
    /// For a notice while nothing changes.
    pub(super) unchanged: u64,
    pub(super) session_timeout: u64,
    /// By so much the sides may differ in when they give a session up.
    pub(super) difference: u64,
}

impl Patience {
    pub(super) const fn of(timeline: &Timeline, margin: u64) -> Self {
        let silence = 3 * timeline.heartbeat;
        Self {
            undisturbed: silence + margin,
            unchanged: silence + timeline.session_timeout + margin,
            session_timeout: timeline.session_timeout,
            difference: silence + RECONNECT,
        }
    }
}

impl Timeline {
    pub(super) fn of(logs: &Logs, findings: &mut Vec<Finding>) -> Self {
        let mut timeline = Self::default();
        let mut open = BTreeMap::new();
        for At { line, time, event } in &logs.outer {
            timeline.add(*line, *time, event, &mut open, findings);
        }
        for (kind, nodes, from) in open.into_values() {
            timeline.trouble(&kind, &nodes, from, u64::MAX);
        }
        timeline.add_absences(logs);
        timeline.troubles.values_mut().for_each(|troubles| troubles.sort_unstable());
        if !timeline.is_finished {
            findings.push(Finding::new("log", "the torture was not finished".into()));
        }
        timeline
    }

    fn add(
        &mut self,
        line: usize,
        time: u64,
        event: &Outer,
        open: &mut BTreeMap<u64, (String, Vec<String>, u64)>,
        findings: &mut Vec<Finding>,
    ) {
        match event {
            Outer::Plan { nodes, millis, heartbeat, session_timeout } => {
                self.nodes.clone_from(nodes);
                (self.millis, self.heartbeat, self.session_timeout) = (*millis, *heartbeat, *session_timeout);
            }
            Outer::Started { run, node } => {
                let process = Process { node: node.clone(), started: time, ending: None };
                self.processes.insert(run.clone(), process);
            }
            Outer::Ready { run } => {
                // Until its first process listens, nobody can reach a node.
                if let Some(process) = self.processes.get(run).filter(|_| run.ends_with(".1")) {
                    let node = process.node.clone();
                    self.trouble("start", &[node], 0, time);
                }
            }
            Outer::Ending { run } => {
                if let Some(process) = self.processes.get_mut(run) {
                    process.ending = process.ending.or(Some(time));
                }
            }
            Outer::Ended { run, how } => {
                if how == "crashed" {
                    findings.push(Finding::new("log", format!("faults:{line}: {run} ended by itself")));
                }
            }
            Outer::Fault { fault, kind, nodes } => {
                *self.faults.entry(kind.clone()).or_insert(0) += 1;
                open.insert(*fault, (kind.clone(), nodes.clone(), time));
            }
            Outer::Healed { fault } => {
                if let Some((kind, nodes, from)) = open.remove(fault) {
                    self.trouble(&kind, &nodes, from, time);
                    self.stops.extend(nodes.into_iter().filter(|_| kind == "stop").map(|node| (node, from, time)));
                }
            }
            // The proxies between all nodes are threads of the parent.
            Outer::Absent { millis } => self.absence("delay", &[], time, *millis),
            Outer::Calm {} => {}
            Outer::Finished {} => self.is_finished = true,
        }
    }

    /// Processes that did not run for a while, though nobody had stopped them.
    fn add_absences(&mut self, logs: &Logs) {
        for log in &logs.runs {
            let Some(node) = self.processes.get(&log.run).map(|process| process.node.clone()) else { continue };
            for record in &log.records {
                if let Inner::Absent { millis } = record.event {
                    self.absence("stop", std::slice::from_ref(&node), record.time, millis);
                }
            }
        }
    }

    /// A process did not run for so long until `end`; it is counted if nobody had stopped it.
    fn absence(&mut self, kind: &str, nodes: &[String], end: u64, millis: u64) {
        let from = end.saturating_sub(millis);
        let was_stopped = |stop: &(String, u64, u64)| nodes.contains(&stop.0) && stop.1 <= end && stop.2 >= from;
        if !self.stops.iter().any(was_stopped) {
            self.absences.push(millis);
        }
        self.trouble(kind, nodes, from, end);
    }

    /// Something was wrong with a node, between two, or, if none is named, between all.
    fn trouble(&mut self, kind: &str, nodes: &[String], from: u64, to: u64) {
        for (index, low) in self.nodes.iter().enumerate() {
            for high in &self.nodes[index + 1..] {
                let concerns = nodes.iter().all(|node| node == low || node == high);
                if !concerns {
                    continue;
                }
                let effect = match kind {
                    "delay" | "rate_limit" | "slice" => Effect::Slow,
                    "stop" => Effect::Stopped { lower: nodes.first() == Some(low) },
                    _ => Effect::Plain,
                };
                let troubles = self.troubles.entry((low.clone(), high.clone())).or_default();
                troubles.push(Trouble { from, to, effect });
            }
        }
    }

    fn between(&self, one: &str, other: &str) -> &[Trouble] {
        let (low, high) = if self.position(one) < self.position(other) { (one, other) } else { (other, one) };
        self.troubles.get(&(low.to_owned(), high.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn position(&self, node: &str) -> Option<usize> {
        self.nodes.iter().position(|other| other == node)
    }

    /// When an observer at node `one` must have been told at the latest what was there to be told of node `other` from
    /// `since` on.
    pub(super) fn deadline(&self, one: &str, other: &str, since: u64, patience: &Patience) -> u64 {
        let quiet = self.end_of_quiet(one, other, since, patience.undisturbed);
        quiet.min(self.end_of_constancy(one, other, since, patience.unchanged))
    }

    /// The first moment with so long a time before it in which nothing was wrong.
    pub(super) fn end_of_quiet(&self, one: &str, other: &str, since: u64, length: u64) -> u64 {
        let mut from = since;
        for trouble in self.between(one, other) {
            if trouble.from > from.saturating_add(length) {
                break;
            }
            from = from.max(trouble.to);
        }
        from.saturating_add(length)
    }

    /// The first moment with so long a time before it in which nothing changed, the observer ran, and nothing was merely slow.
    fn end_of_constancy(&self, one: &str, other: &str, since: u64, length: u64) -> u64 {
        let troubles = self.between(one, other);
        let is_lower = self.position(one) < self.position(other);
        let mut from = since;
        loop {
            let to = from.saturating_add(length);
            let changes = troubles.iter().flat_map(|trouble| [trouble.from, trouble.to]);
            let last = changes.filter(|change| *change > from && *change < to).max();
            let hinders = |trouble: &&Trouble| {
                let hinders = matches!(trouble.effect, Effect::Slow | Effect::Stopped { .. })
                    && trouble.effect != Effect::Stopped { lower: !is_lower };
                hinders && trouble.from <= from && trouble.to > from
            };
            match (last, troubles.iter().find(hinders)) {
                (Some(change), _) => from = change,
                (None, Some(trouble)) if trouble.to == u64::MAX => return u64::MAX,
                (None, Some(trouble)) => from = trouble.to,
                (None, None) => return to,
            }
        }
    }

    /// Whether, at some time between `since` and `until`, enough was wrong for one of the two nodes to give up their session.
    pub(super) fn excuses(&self, one: &str, other: &str, since: u64, until: u64, patience: &Patience) -> bool {
        let mut block: Option<(u64, u64)> = None;
        for trouble in self.between(one, other) {
            let to = trouble.to.saturating_add(RECONNECT);
            block = match block {
                Some((from, end)) if trouble.from <= end => Some((from, end.max(to))),
                _ if trouble.from > until => break,
                _ => Some((trouble.from, to)),
            };
            if let Some((from, end)) = block
                && from.saturating_add(patience.session_timeout) <= end.min(until)
                && end >= since.saturating_sub(patience.difference)
            {
                return true;
            }
        }
        false
    }

    /// Whether something was wrong just before.
    pub(super) fn is_troubled(&self, one: &str, other: &str, time: u64) -> bool {
        let recent = |trouble: &Trouble| trouble.from <= time && trouble.to.saturating_add(RECONNECT) >= time;
        self.between(one, other).iter().any(recent)
    }
}
