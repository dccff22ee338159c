//! Messages that may be lost: once or never, in order among all others, and not to what is dead for their sender.

use super::Oracle;
use crate::sim::{
    facts::{Name, Port, Process},
    violation::Guarantee,
};

/// The stream, how many other messages were sent in it before, which of its lossy ones it is, and whether its port was
/// dead for the sender.
pub(in crate::sim) type LossyStamp = [u32; 4];

impl Oracle {
    /// A process sends a message that may be lost.
    pub(in crate::sim) fn sending_lossy(&mut self, sender: Process, name: Name) -> LossyStamp {
        let stream = self.stream(sender, name);
        let state = self.streams[stream];
        let (sent, _) = self.lossy.entry(stream as u32).or_default();
        *sent += 1;
        [stream as u32, state.sent, *sent, u32::from(state.dead_after.is_some())]
    }

    /// One arrived.
    pub(in crate::sim) fn lossy_received(&mut self, process: Process, port: Port, stamp: LossyStamp, now: u64) {
        let [stream, after, number, was_dead] = stamp;
        let (sent, received) = self.lossy.get(&stream).copied().unwrap_or_default();
        if number > sent {
            return self.complain(Guarantee::Order, now, || "a lossy message arrived that nobody sent".to_owned());
        }
        self.lossy.insert(stream, (sent, number));
        let name = self.streams[stream as usize].name;
        let wrong = self.facts.name(name).port != port || self.facts.port(port).home != Some(process);
        let shown = self.facts.show_name(name);
        if wrong {
            self.complain(Guarantee::Names, now, || format!("a lossy message to {shown} reached p{}", port.0));
        } else if self.is_void(stream as usize) {
            // Nothing is promised.
        } else if number <= received {
            self.complain(Guarantee::Order, now, || format!("lossy message {number} to {shown} came after {received}"));
        } else if was_dead != 0 {
            self.complain(Guarantee::Dead, now, || format!("a lossy message reached {shown}, which was declared dead"));
        } else {
            self.overtaken(stream, after, now, "a lossy message");
        }
    }
}
