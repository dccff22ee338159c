//! Calls end exactly once.

use aemp_proto::id::{PortId, PortNumber};

use super::Oracle;
use crate::sim::{
    facts::{Port, Process},
    violation::Guarantee,
};

#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) ended: u32,
}

impl Oracle {
    /// A process calls, or looks something up.
    pub(in crate::sim) fn calling(&mut self, process: Process, number: PortNumber) {
        self.calls.insert((process, number), Call::default());
    }

    /// A call ended.
    pub(in crate::sim) fn call_ended(&mut self, process: Process, number: PortNumber, now: u64) {
        let ended = self.calls.get_mut(&(process, number)).map(|call| {
            call.ended += 1;
            call.ended
        });
        if ended != Some(1) {
            let caller = self.facts.show(process);
            self.complain(Guarantee::Calls, now, || format!("the call {number:?} of {caller} ended {ended:?} times"));
        }
    }

    /// A call arrived at a port, behind so many messages of its stream.
    pub(in crate::sim) fn call_arrived(&mut self, port: Port, reply: &PortId, stream: u32, after: u32, now: u64) {
        let count = self.answered.entry(reply.clone()).or_default();
        *count += 1;
        let again = *count > 1;
        if again && !self.is_void(stream as usize) {
            self.complain(Guarantee::Order, now, || format!("the call {reply} arrived at p{} again", port.0));
        }
        self.overtaken(stream, after, now, "a call");
    }
}
