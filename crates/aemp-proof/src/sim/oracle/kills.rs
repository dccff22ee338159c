//! What was killed dies: at the latest when its killer's node has a session with it again.

use super::{Oracle, Stamp};
use crate::sim::{facts::Process, violation::Guarantee};

/// A kill of a port that lived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kill {
    /// The killer, and the name under which it killed.
    stream: usize,
    /// When the killer gave the session up that the kill was made in.
    failed: Option<u64>,
}

impl Oracle {
    /// A living port is killed.
    pub(super) fn note_kill(&mut self, stream: usize) {
        self.kills.push(Kill { stream, failed: None });
    }

    /// A process gave its session with a node up: its kills may be lost, and are to be made again before all else.
    pub(super) fn doubt_kills(&mut self, process: Process, node: usize) {
        let moment = self.declared.next_moment();
        for at in 0..self.kills.len() {
            let state = &self.streams[self.kills[at].stream];
            if state.sender == process && self.facts.port_of(state.name).node == node {
                self.kills[at].failed.get_or_insert(moment);
            }
        }
    }

    /// A message arrived: what its sender had killed in an earlier session than the message's is dead by now.
    pub(in crate::sim) fn check_kills_before(&mut self, process: Process, stamp: Stamp, now: u64) {
        let Some(sender) = self.streams.get(stamp.stream as usize).map(|stream| stream.sender) else { return };
        let sent = self.declared.moment_of(stamp);
        let survivor = self.kills.iter().find(|kill| {
            let state = &self.streams[kill.stream];
            state.sender == sender
                && kill.failed.is_some_and(|failed| failed < sent)
                && self.facts.port_of(state.name).home == Some(process)
                && self.is_survived(kill.stream)
        });
        if let Some(kill) = survivor.copied() {
            let text = format!("{} arrived, but {} lives on", self.show(stamp), self.show_kill(kill.stream));
            self.complain(Guarantee::Dead, now, || text);
        }
    }

    /// Whatever was killed is dead at the end.
    pub(super) fn check_kills(&mut self, now: u64) {
        let survivor = self
            .kills
            .iter()
            .map(|kill| kill.stream)
            .find(|stream| self.facts.is_running(self.streams[*stream].sender) && self.is_survived(*stream));
        if let Some(stream) = survivor {
            let text = format!("{} lives on", self.show_kill(stream));
            self.complain(Guarantee::Dead, now, || text);
        }
    }

    /// Whether a port lives that should not.
    fn is_survived(&self, stream: usize) -> bool {
        let state = &self.streams[stream];
        let port = self.facts.name(state.name).port;
        let (a, b) = (self.facts.process(state.sender).node, self.facts.port(port).node);
        self.facts.is_alive(port) && !self.is_void(stream) && !self.is_estranged(a, b)
    }

    fn show_kill(&self, stream: usize) -> String {
        let state = &self.streams[stream];
        format!("{}, which {} killed,", self.facts.show_name(state.name), self.facts.show(state.sender))
    }
}
