//! What has to be true at the end.

use super::{Oracle, Stamp, watches::Stage};
use crate::sim::{
    facts::{Life, Name, Process},
    violation::Guarantee,
};

impl Oracle {
    /// Names to which a process has sent anything, or that it was told are dead.
    pub(in crate::sim) fn names_used_by(&self, process: Process) -> Vec<Name> {
        let last = (Process(process.0), Name(usize::MAX));
        self.by_name.range((process, Name(0))..=last).map(|((_, name), _)| *name).collect()
    }

    /// A living port has to take what is sent to its newest name now, and no monitor on it may fire.
    pub(in crate::sim) fn expect(&mut self, process: Process, name: Name) {
        let stream = self.stream(process, name);
        if !self.streams[stream].is_early {
            self.expected.push((stream, self.streams[stream].sent));
        }
    }

    /// Everything arrived or was told, now that nothing is under way any more.
    pub(in crate::sim) fn check_end(&mut self, now: u64) {
        for stream in 0..self.streams.len() {
            if self.facts.is_running(self.streams[stream].sender) && !self.is_void(stream) {
                self.check_stream(stream, now);
            }
        }
        for at in 0..self.watches.len() {
            let watch = &self.watches[at];
            if watch.stage == Stage::Open && watch.owed_since.is_some() && self.facts.is_running(watch.holder) {
                let text = format!("{} was owed and never fired", self.show_watch(at));
                self.complain(Guarantee::Deaths, now, || text);
            }
        }
        for (stream, number) in std::mem::take(&mut self.expected) {
            let state = &self.streams[stream];
            let (a, b) = (self.facts.process(state.sender).node, self.facts.port_of(state.name).node);
            // With its linked ports it may have died of a process that was declared dead as a whole only now.
            let lives = self.facts.is_alive(self.facts.name(state.name).port);
            let is_promised = lives && !self.is_void(stream) && !self.is_estranged(a, b);
            if is_promised && (state.received < number || state.dead_after.is_some()) {
                let text =
                    format!("a living port cannot be reached: {}", self.show(Stamp { stream: stream as u32, number }));
                self.complain(Guarantee::Dead, now, || text);
            }
        }
        self.check_kills(now);
        let open = self.calls.iter().find(|((process, _), call)| call.ended == 0 && self.facts.is_running(*process));
        if let Some(((process, number), _)) = open {
            let text = format!("the call {number:?} of {} never ended", self.facts.show(*process));
            self.complain(Guarantee::Calls, now, || text);
        }
    }

    /// G2: what was lost is told to every monitor; G6: nothing is lost without need.
    fn check_stream(&mut self, at: usize, now: u64) {
        let stream = &self.streams[at];
        if stream.received == stream.sent && !stream.is_refused {
            return;
        }
        let name = stream.name;
        let silent =
            self.on_name.get(&name).into_iter().flatten().copied().find(|watch| {
                self.watches[*watch].holder == stream.sender && self.watches[*watch].stage == Stage::Open
            });
        if let Some(watch) = silent {
            let text = format!(
                "{} never fired, although {} of {} messages were lost",
                self.show_watch(watch),
                stream.sent - stream.received,
                stream.sent
            );
            return self.complain(Guarantee::Loss, now, || text);
        }
        self.check_need(at, now);
    }

    fn check_need(&mut self, at: usize, now: u64) {
        let stream = &self.streams[at];
        let facts = self.facts.name(stream.name);
        let port = self.facts.port(facts.port);
        let (a, b) = (self.facts.process(stream.sender).node, port.node);
        let excused = port.life != Life::Alive
            || stream.is_refused
            || stream.is_dropped
            || stream.is_early
            || self.contacts.excused_since(a, b, facts.born, now);
        if !excused {
            let text = format!(
                "{} of {} messages from {} to {} were lost without need",
                stream.sent - stream.received,
                stream.sent,
                self.facts.show(stream.sender),
                self.facts.show_name(stream.name)
            );
            self.complain(Guarantee::Alarms, now, || text);
        }
    }
}
