//! How much of everything there was to check: an empty run cannot pass.

use std::{collections::BTreeMap, fmt};

use super::{
    Finding,
    history::History,
    log::{Inner, Logs},
};

/// Why a monitor was right to fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// The port was dead.
    Death,
    /// Its process had ended.
    EndOfNode,
    /// The session may have failed.
    LostSession,
    /// It was to be spawned, and never was.
    NeverBegun,
    /// It had refused a message.
    Refused,
    /// The name was declared dead before.
    Repeated,
    /// It was used before it was spawned by somebody else.
    TooEarly,
    /// Nobody has said whose name it was: its process was killed before it could.
    Unknown,
}

/// How much of everything there was to check.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    minutes: f64,
    records: usize,
    events: BTreeMap<&'static str, u64>,
    faults: BTreeMap<String, u64>,
    alarms: BTreeMap<Alarm, u64>,
    deadlines: u64,
    /// From deaths to their notices, in milliseconds.
    delays: Vec<u64>,
    bound: u64,
    tallies: u64,
    whole_tallies: u64,
    owed_watches: u64,
    /// Times in which a process did not run, in milliseconds.
    absences: Vec<u64>,
}

impl Counts {
    pub(super) fn of(logs: &Logs, history: &History) -> Self {
        let timeline = &history.timeline;
        let mut counts = Self { minutes: timeline.millis as f64 / 60_000.0, ..Self::default() };
        counts.faults.clone_from(&timeline.faults);
        counts.absences.clone_from(&timeline.absences);
        for record in logs.runs.iter().flat_map(|log| &log.records) {
            counts.records += 1;
            if let Some(event) = countable(&record.event) {
                *counts.events.entry(event).or_insert(0) += 1;
            }
        }
        let lost = history.streams.values().map(|stream| stream.sent.len().saturating_sub(stream.received.len()));
        counts.events.insert("messages not delivered", lost.sum::<usize>() as u64);
        let lost_calls = history.streams.values().map(|stream| stream.lost_calls.len());
        counts.events.insert("calls left out of streams", lost_calls.sum::<usize>() as u64);
        counts.events.insert("streams", history.streams.len() as u64);
        counts.events.insert("processes", timeline.processes.len() as u64);
        let restarts = timeline.processes.len().saturating_sub(timeline.nodes.len());
        counts.events.insert("restarts", restarts as u64);
        counts
    }

    pub(super) fn count_watch(&mut self, is_owed: bool) {
        self.owed_watches += u64::from(is_owed);
    }

    pub(super) fn count_delay(&mut self, millis: u64) {
        self.delays.push(millis);
    }

    pub(super) const fn count_deadline(&mut self) {
        self.deadlines += 1;
    }

    pub(super) fn count_alarm(&mut self, alarm: Alarm) {
        *self.alarms.entry(alarm).or_insert(0) += 1;
    }

    /// A reason has said how many messages were delivered, of all that were sent or of some.
    pub(super) const fn count_tally(&mut self, of_all: bool) {
        self.tallies += 1;
        self.whole_tallies += of_all as u64;
    }

    pub(super) const fn count_bound(&mut self) {
        self.bound += 1;
    }

    /// What there was too little of to say anything.
    pub(super) fn too_few(&self) -> Vec<Finding> {
        // For each minute; of everything at least one.
        let required = [
            ("messages received", 5_000.0),
            ("messages not delivered", 20.0),
            ("lossy messages received", 200.0),
            ("calls", 100.0),
            ("monitors", 100.0),
            ("monitors fired", 50.0),
            ("deaths", 30.0),
            ("connections resumed", 15.0),
            ("sessions failed", 2.0),
            ("ports renamed", 2.0),
            ("restarts", 1.0),
        ];
        let few = |(what, per_minute): &(&str, f64)| {
            self.events.get(what).copied().unwrap_or(0) < (per_minute * self.minutes).max(1.0) as u64
        };
        let mut missing: Vec<_> = required.iter().filter(|required| few(required)).map(|(what, _)| *what).collect();
        if (self.faults.values().sum::<u64>() as f64) < 50.0 * self.minutes {
            missing.push("faults");
        }
        if self.deadlines == 0 {
            missing.push("deadlines");
        }
        missing.into_iter().map(|what| Finding::new("counts", format!("too few {what} to say anything"))).collect()
    }
}

fn countable(event: &Inner) -> Option<&'static str> {
    Some(match event {
        Inner::Send { kind, .. } if kind == "lossy" => "lossy messages sent",
        Inner::Send { .. } => "messages sent",
        Inner::Receive { lossy: true, .. } => "lossy messages received",
        Inner::Receive { .. } => "messages received",
        Inner::Call { .. } => "calls",
        Inner::Answered { code, .. } if code == "ok" => "calls answered",
        Inner::Monitor { .. } => "monitors",
        Inner::Fired { .. } => "monitors fired",
        Inner::Demonitor { .. } => "monitors dropped",
        Inner::Link { .. } => "links",
        Inner::Kill { .. } => "kills",
        Inner::Spawn { .. } => "spawns",
        Inner::Open { .. } => "ports opened",
        Inner::Died { .. } => "deaths",
        Inner::Renamed { .. } => "ports renamed",
        Inner::Found { .. } => "look-ups",
        Inner::Peer { what, .. } if what == "resumed" => "connections resumed",
        Inner::Peer { what, .. } if what == "down" => "sessions failed",
        _ => return None,
    })
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} records of {:.2} minutes", self.records, self.minutes)?;
        for (what, count) in &self.events {
            writeln!(f, "  {what:25} {count:9}")?;
        }
        let faults: Vec<_> = self.faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        writeln!(f, "  {:25} {:9}  ({})", "faults", self.faults.values().sum::<u64>(), faults.join(", "))?;
        let (number, longest) = (self.absences.len(), self.absences.iter().max().copied().unwrap_or(0));
        writeln!(f, "  {:25} {number:9}  (longest {longest} ms)", "absences of processes")?;
        let alarms: Vec<_> = self.alarms.iter().map(|(alarm, count)| format!("{alarm:?} {count}")).collect();
        writeln!(f, "  monitors fired because of: {}", alarms.join(", "))?;
        writeln!(f, "  {:25} {:9}", "monitors that had to", self.owed_watches)?;
        writeln!(f, "  {:25} {:9}", "deadlines judged", self.deadlines)?;
        writeln!(f, "  {:25} {:9}", "bound ports judged", self.bound)?;
        writeln!(f, "  {:25} {:9}  (all messages counted: {})", "tallies judged", self.tallies, self.whole_tallies)?;
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        if let (Some(median), Some(longest)) = (delays.get(delays.len() / 2), delays.last()) {
            write!(f, "  from a death to its notice: median {median} ms, longest {longest} ms (faults included)")?;
        }
        Ok(())
    }
}
