//! G1 and G3: what a process sends to a port name.

use aemp_proto::id::PortId;

use super::Oracle;
use crate::sim::{
    facts::{Life, Name, Port, Process},
    violation::Guarantee,
};

/// A message: which stream it belongs to, and which one of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Stamp {
    pub(in crate::sim) stream: u32,
    pub(in crate::sim) number: u32,
}

/// What one process sends to one port name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) sender: Process,
    pub(super) name: Name,
    pub(super) sent: u32,
    pub(super) received: u32,
    /// How much had been sent when a monitor of the sender fired.
    pub(super) dead_after: Option<u32>,
    /// The port did not take a message of it.
    pub(super) is_refused: bool,
    /// The sender's kernel said that it dropped something.
    pub(super) is_dropped: bool,
    /// Somebody else than its spawner used the name of a port that was not there yet: it is closed for them.
    pub(super) is_early: bool,
}

impl Oracle {
    pub(super) fn stream(&mut self, sender: Process, name: Name) -> usize {
        let streams = &mut self.streams;
        *self.by_name.entry((sender, name)).or_insert_with(|| {
            let (dead_after, is_refused, is_dropped, is_early) = (None, false, false, false);
            streams.push(Stream { sender, name, sent: 0, received: 0, dead_after, is_refused, is_dropped, is_early });
            streams.len() - 1
        })
    }

    /// The same for a process that uses the name now.
    pub(super) fn use_name(&mut self, sender: Process, name: Name) -> usize {
        let stream = self.stream(sender, name);
        let port = self.facts.port_of(name);
        self.streams[stream].is_early |= port.life == Life::Promised && port.spawner != Some(sender);
        stream
    }

    /// A process, or one of its ports, sends a message.
    pub(in crate::sim) fn sending(&mut self, sender: Process, name: Name, from: Option<Port>) -> Stamp {
        let stream = self.use_name(sender, name);
        self.streams[stream].sent += 1;
        let stamp = Stamp { stream: stream as u32, number: self.streams[stream].sent };
        self.declared.sent(stamp);
        if let Some(port) = from {
            let node = self.facts.port_of(name).node;
            let failures = self.failures(sender, node);
            self.words.entry(port).or_default().push((stamp, failures));
        }
        stamp
    }

    /// The kernel of a process said that it dropped a message to a name.
    pub(in crate::sim) fn dropped(&mut self, process: Process, id: &PortId) {
        if let Some(name) = self.facts.find(id)
            && self.facts.port_of(name).node != self.facts.process(process).node
        {
            let stream = self.stream(process, name);
            self.streams[stream].is_dropped = true;
        }
    }

    /// A message arrived at a port: in order, once, without a gap (G1), and not after a monitor fired (G3).
    pub(in crate::sim) fn received(&mut self, process: Process, port: Port, stamp: Stamp, now: u64) {
        let Some(stream) = self.streams.get_mut(stamp.stream as usize) else {
            return self.complain(Guarantee::Order, now, || "a message arrived that nobody sent".to_owned());
        };
        let (last, name) = (stream.received, stream.name);
        stream.received = stamp.number;
        let (dead, refused) = (stream.dead_after.is_some_and(|sent| stamp.number > sent), stream.is_refused);
        let meant = self.facts.name(name).port;
        let wrong = meant != port || self.facts.port(port).home != Some(process);
        let is_void = self.is_void(stamp.stream as usize);
        let (guarantee, what) = if wrong {
            (Guarantee::Names, "reached another port")
        } else if is_void {
            return;
        } else if stamp.number != last + 1 {
            (Guarantee::Order, "is out of turn")
        } else if dead {
            (Guarantee::Dead, "was sent after its sender had learned of the port's death")
        } else if refused {
            (Guarantee::Order, "came after one that was refused")
        } else {
            return;
        };
        let text = format!("{} (p{} received {last} before): it {what}", self.show(stamp), port.0);
        self.complain(guarantee, now, || text);
    }

    /// Something that is no message of the stream arrived behind `after` messages of it: a call, or a kill.
    pub(in crate::sim) fn overtaken(&mut self, stream: u32, after: u32, now: u64, what: &str) {
        let Some(state) = self.streams.get(stream as usize) else { return };
        let excused = state.dead_after.is_some() || state.is_refused || state.is_dropped;
        if state.received != after
            && !excused
            && !self.is_void(stream as usize)
            && !self.is_in_doubt(stream as usize, now)
        {
            let text = format!("{what} behind {} found {}", self.show(Stamp { stream, number: after }), state.received);
            self.complain(Guarantee::Order, now, || text);
        }
    }

    /// Whether a name is closed for a process that used it before its port was spawned: messages and calls do not arrive then,
    /// but nothing closes a port to kills.
    pub(super) fn is_closed_early(&self, stream: u32) -> bool {
        self.streams.get(stream as usize).is_some_and(|stream| stream.is_early && stream.received == 0)
    }

    /// A call is made, or a kill, behind everything that was sent before.
    pub(in crate::sim) fn position(&mut self, sender: Process, name: Name) -> Stamp {
        let stream = self.use_name(sender, name);
        Stamp { stream: stream as u32, number: self.streams[stream].sent }
    }

    /// A port did not take a message: nothing that follows may reach it under the names that it has now.
    pub(in crate::sim) fn refused(&mut self, port: Port, stream: u32) {
        let Some(sender) = self.streams.get(stream as usize).map(|stream| stream.sender) else { return };
        let names = self.facts.port(port).names.clone();
        self.refusals.insert((sender, port), names.len());
        for name in names {
            let stream = self.stream(sender, name);
            self.streams[stream].is_refused = true;
        }
    }

    /// Whether nothing is promised about a stream: two processes with one node ID stand behind one of its ends.
    pub(super) fn is_void(&self, stream: usize) -> bool {
        let Stream { sender, name, .. } = self.streams[stream];
        let to = self.facts.port_of(name);
        let twin = |process: Process| self.facts.process(process).is_twin;
        twin(sender) || to.home.is_some_and(twin) || self.is_contested(sender, to.node)
    }

    /// Whether the sender's sessions with the port's node may have failed since the port's name is known.
    fn is_in_doubt(&self, stream: usize, now: u64) -> bool {
        let state = &self.streams[stream];
        let name = self.facts.name(state.name);
        let (a, b) = (self.facts.process(state.sender).node, self.facts.port(name.port).node);
        self.contacts.excused_since(a, b, name.born, now)
    }

    pub(super) fn show(&self, stamp: Stamp) -> String {
        let stream = &self.streams[stamp.stream as usize];
        let (sender, name) = (self.facts.show(stream.sender), self.facts.show_name(stream.name));
        format!("message {} of {} from {sender} to {name}", stamp.number, stream.sent)
    }
}
