//! What happened, put together from the logs of all runs: ports, their names, streams of messages, watches and calls.

use std::collections::{BTreeMap, HashMap};

use super::{
    Finding,
    log::{At, Inner, Logs, RunLog},
    lost_calls,
    timeline::Timeline,
};

/// A port: the index of its run, and its number there.
pub(super) type PortKey = (usize, u64);
/// The index of a name.
pub(super) type NameKey = usize;

/// A moment in the log of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) line: usize,
    pub(super) time: u64,
}

/// A run of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) node: String,
    /// When its end began; later than anything if it never did.
    pub(super) end: u64,
    /// Its log up to here is final: it was at rest.
    pub(super) settled: Option<Moment>,
    pub(super) stopping: Option<Moment>,
    pub(super) stopped: bool,
    pub(super) reached: Vec<String>,
    pub(super) troubles: Vec<(Moment, String)>,
    /// When sessions with other nodes failed.
    pub(super) downs: Vec<(u64, String)>,
    /// The last line in which each port of others was heard.
    pub(super) last_heard: HashMap<PortKey, usize>,
}

/// A port.
#[derive(Clone, Debug, Default)]
pub(super) struct Port {
    pub(super) opened: Option<Moment>,
    pub(super) names: Vec<NameKey>,
    pub(super) spawned: bool,
    pub(super) private: bool,
    /// It has said that it would end.
    pub(super) ending: bool,
    pub(super) died: Option<Moment>,
    /// The names of those that it linked itself to.
    pub(super) links: Vec<(u64, NameKey)>,
}

/// What one run sent to one name.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// All that has to arrive before what was sent behind it.
    pub(super) sent: Vec<Sent>,
    /// The numbers of calls that were lost with their session: they tell their own loss.
    pub(super) lost_calls: Vec<u64>,
    pub(super) received: Vec<Received>,
    /// Messages that may be lost.
    pub(super) lossy_sent: Vec<Sent>,
    /// Those of them that arrived, each with how many others had been received before.
    pub(super) lossy_received: Vec<(Received, usize)>,
}

/// A message that was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Moment,
    pub(super) number: u64,
    pub(super) size: usize,
    pub(super) is_bad: bool,
    pub(super) is_call: bool,
}

/// A message that was received.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) at: Moment,
    pub(super) number: u64,
    pub(super) size: usize,
    pub(super) intact: bool,
    pub(super) port: PortKey,
}

/// A watch.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) run: usize,
    pub(super) owner: u64,
    pub(super) name: NameKey,
    pub(super) set: Moment,
    pub(super) ended: Option<Moment>,
    pub(super) fired: Vec<Fired>,
}

/// That a watch fired.
#[derive(Clone, Debug)]
pub(super) struct Fired {
    pub(super) at: Moment,
    pub(super) code: String,
    pub(super) text: String,
    /// How many messages were delivered, at least and at most, as far as the observer was told.
    pub(super) delivered: Option<(u64, u64)>,
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) run: usize,
    pub(super) owner: u64,
    pub(super) name: NameKey,
    pub(super) number: u64,
    pub(super) made: Moment,
    pub(super) answered: Vec<(Moment, String)>,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) timeline: Timeline,
    pub(super) runs: Vec<Run>,
    pub(super) names: Vec<String>,
    /// Whose names they are, as far as anybody has said; each with where it is said.
    pub(super) owners: HashMap<NameKey, Vec<(PortKey, String)>>,
    pub(super) ports: BTreeMap<PortKey, Port>,
    /// By run and name.
    pub(super) streams: BTreeMap<(usize, NameKey), Stream>,
    pub(super) watches: Vec<Watch>,
    pub(super) calls: Vec<Call>,
    /// The names that were made for spawned ports, with the run that spawned.
    pub(super) spawns: HashMap<NameKey, usize>,
    /// When names were killed.
    pub(super) kills: HashMap<NameKey, Vec<u64>>,
    /// The first time that a name was declared dead in a run, and since when it had been watched then.
    pub(super) declared: HashMap<(usize, NameKey), (Moment, Moment)>,
    /// When a run first sent something to a name, or watched it.
    pub(super) first_uses: HashMap<(usize, NameKey), Moment>,
    numbers: HashMap<String, NameKey>,
    run_numbers: HashMap<String, usize>,
    watch_numbers: HashMap<(usize, u64), usize>,
    call_numbers: HashMap<(usize, u64), usize>,
}

impl History {
    pub(super) fn of(logs: &Logs, findings: &mut Vec<Finding>) -> Self {
        let mut history = Self { timeline: Timeline::of(logs, findings), ..Self::default() };
        for log in &logs.runs {
            history.add_run(log, findings);
        }
        for (index, log) in logs.runs.iter().enumerate() {
            for record in &log.records {
                history.add(index, record, findings);
            }
        }
        lost_calls::set_aside(&mut history);
        history
    }

    fn add_run(&mut self, log: &RunLog, findings: &mut Vec<Finding>) {
        let process = self.timeline.processes.get(&log.run);
        if process.is_none() {
            findings.push(Finding::new("log", format!("{}: the parent knows no such run", log.run)));
        }
        let node = process.map_or_else(String::new, |process| process.node.clone());
        let stopping = log.records.iter().find(|record| matches!(record.event, Inner::Stopping {}));
        let ends = [process.and_then(|process| process.ending), stopping.map(|record| record.time)];
        let end = ends.into_iter().flatten().min().unwrap_or(u64::MAX);
        self.run_numbers.insert(log.run.clone(), self.runs.len());
        self.runs.push(Run { name: log.run.clone(), node, end, ..Run::default() });
    }

    fn add(&mut self, run: usize, record: &At<Inner>, findings: &mut Vec<Finding>) {
        let at = Moment { line: record.line, time: record.time };
        match &record.event {
            Inner::Open { port, name, spawned } => {
                self.name_port((run, *port), name, at);
                let port = self.port((run, *port));
                (port.opened, port.spawned) = (Some(at), *spawned);
            }
            Inner::Renamed { port, name } => self.name_port((run, *port), name, at),
            Inner::Private { port } => self.port((run, *port)).private = true,
            Inner::Ending { port } => self.port((run, *port)).ending = true,
            Inner::Died { port } => {
                self.port((run, *port)).died.get_or_insert(at);
            }
            Inner::Link { port, name } => {
                let name = self.name(name);
                self.port((run, *port)).links.push((at.time, name));
            }
            Inner::Send { .. } => self.add_sending(run, at, &record.event, findings),
            Inner::Receive { .. } => self.add_receipt(run, at, &record.event, findings),
            Inner::Kill { name } => {
                let name = self.name(name);
                self.kills.entry(name).or_default().push(at.time);
            }
            Inner::Spawn { name } => {
                let name = self.name(name);
                self.spawns.insert(name, run);
            }
            Inner::Monitor { .. } | Inner::Demonitor { .. } | Inner::Fired { .. } => {
                self.add_watching(run, at, &record.event, findings);
            }
            Inner::Call { .. } | Inner::Answered { .. } => self.add_calling(run, at, &record.event, findings),
            event => self.add_to_run(run, at, event),
        }
    }

    fn add_to_run(&mut self, run: usize, at: Moment, event: &Inner) {
        let run = &mut self.runs[run];
        match event {
            Inner::Settled {} => run.settled = Some(at),
            Inner::Stopping {} => run.stopping = Some(at),
            Inner::Stopped { .. } => run.stopped = true,
            Inner::Reached { node } => run.reached.push(node.clone()),
            Inner::Peer { what, text, .. } if what == "misbehaved" || what == "in_use" => {
                run.troubles.push((at, text.clone()));
            }
            Inner::Peer { node, what, .. } if what == "down" => run.downs.push((at.time, node.clone())),
            _ => {}
        }
    }

    fn add_sending(&mut self, run: usize, at: Moment, event: &Inner, findings: &mut Vec<Finding>) {
        let Inner::Send { name, number, size, kind } = event else { return };
        let (name, place) = (self.name(name), self.place(run, at));
        self.first_uses.entry((run, name)).or_insert(at);
        let sent = Sent { at, number: *number, size: *size, is_bad: kind == "bad", is_call: kind == "call" };
        let stream = self.streams.entry((run, name)).or_default();
        let sent_before = if kind == "lossy" { &mut stream.lossy_sent } else { &mut stream.sent };
        let expected = sent_before.len() as u64 + 1;
        if *number != expected {
            // Who numbers wrongly makes everything else worthless.
            findings.push(Finding::new("log", format!("{place}: number {number} in place of {expected}")));
        }
        sent_before.push(sent);
    }

    fn add_receipt(&mut self, run: usize, at: Moment, event: &Inner, findings: &mut Vec<Finding>) {
        let Inner::Receive { port, name, number, size, run: from, sender, intact, lossy } = event else { return };
        let Some(sending) = self.run_numbers.get(from).copied() else {
            let text = format!("{}: a message of the unknown run {from}", self.place(run, at));
            return findings.push(Finding::new("G1", text));
        };
        self.name_port((run, *port), name, at);
        let name = self.name(name);
        let received = Received { at, number: *number, size: *size, intact: *intact, port: (run, *port) };
        let stream = self.streams.entry((sending, name)).or_default();
        if *lossy {
            stream.lossy_received.push((received, stream.received.len()));
        } else {
            stream.received.push(received);
        }
        self.runs[run].last_heard.insert((sending, *sender), at.line);
    }

    fn add_watching(&mut self, run: usize, at: Moment, event: &Inner, findings: &mut Vec<Finding>) {
        if let Inner::Monitor { monitor, port, name } = event {
            let name = self.name(name);
            self.first_uses.entry((run, name)).or_insert(at);
            self.watch_numbers.insert((run, *monitor), self.watches.len());
            let watch = Watch { run, owner: *port, name, set: at, ended: None, fired: Vec::new() };
            return self.watches.push(watch);
        }
        let (Inner::Demonitor { monitor } | Inner::Fired { monitor, .. }) = event else { return };
        let Some(index) = self.watch_numbers.get(&(run, *monitor)).copied() else {
            let text = format!("{}: monitor {monitor} was never set", self.place(run, at));
            return findings.push(Finding::new("log", text));
        };
        let watch = &mut self.watches[index];
        if let Inner::Fired { code, text, delivered, .. } = event {
            let (code, text) = (code.clone(), text.clone());
            watch.fired.push(Fired { at, code, text, delivered: *delivered });
            self.declared.entry((run, watch.name)).or_insert((at, watch.set));
        } else {
            watch.ended = Some(at);
        }
    }

    fn add_calling(&mut self, run: usize, at: Moment, event: &Inner, findings: &mut Vec<Finding>) {
        match event {
            Inner::Call { call, port, name, number } => {
                let name = self.name(name);
                self.call_numbers.insert((run, *call), self.calls.len());
                let (owner, number) = (*port, *number);
                self.calls.push(Call { run, owner, name, number, made: at, answered: Vec::new() });
            }
            Inner::Answered { call, code } => match self.call_numbers.get(&(run, *call)) {
                Some(index) => self.calls[*index].answered.push((at, code.clone())),
                None => {
                    let text = format!("{}: call {call} was never made", self.place(run, at));
                    findings.push(Finding::new("log", text));
                }
            },
            _ => {}
        }
    }

    fn name(&mut self, name: &str) -> NameKey {
        if let Some(key) = self.numbers.get(name) {
            return *key;
        }
        self.numbers.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    fn port(&mut self, key: PortKey) -> &mut Port {
        self.ports.entry(key).or_default()
    }

    fn name_port(&mut self, port: PortKey, name: &str, at: Moment) {
        let (key, place) = (self.name(name), self.place(port.0, at));
        let owners = self.owners.entry(key).or_default();
        if !owners.iter().any(|(owner, _)| *owner == port) {
            owners.push((port, place));
            self.port(port).names.push(key);
        }
    }

    /// Whose name it is, if anybody has ever said so.
    pub(super) fn owner(&self, name: NameKey) -> Option<PortKey> {
        Some(self.owners.get(&name)?.first()?.0)
    }

    /// The node of the port with this name.
    pub(super) fn node_of(&self, name: NameKey) -> &str {
        node_in(&self.names[name])
    }

    /// A line in the log of a run, for people.
    pub(super) fn place(&self, run: usize, at: Moment) -> String {
        format!("{}:{}", self.runs[run].name, at.line)
    }
}

/// The node in a port ID.
pub(super) fn node_in(id: &str) -> &str {
    id.split('@').next().unwrap_or_default()
}
