//! G3: what a node has declared dead is dead or has another name before anything arrives that the node sent later; and no
//! port gets a further name without need.

use std::collections::BTreeMap;

use aemp_proto::reason::Reason;

use super::{Oracle, Stamp};
use crate::sim::{
    facts::{Name, Port, Process},
    violation::Guarantee,
};

/// In which order processes declared names dead, and sent messages.
#[derive(Debug, Default)]
pub(super) struct Declared {
    moment: u64,
    sent: BTreeMap<(u32, u32), u64>,
    dead: BTreeMap<Process, Vec<(Name, u64)>>,
}

impl Declared {
    pub(super) fn next_moment(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    pub(super) fn sent(&mut self, stamp: Stamp) {
        let moment = self.next_moment();
        self.sent.insert((stamp.stream, stamp.number), moment);
    }

    /// A monitor of a process fired. At overload its session goes on, and the certificate is in no hurry.
    pub(super) fn dead(&mut self, process: Process, name: Name, reason: &Reason) {
        if reason.code().as_str() != "overload" {
            let moment = self.next_moment();
            self.dead.entry(process).or_default().push((name, moment));
        }
    }

    /// When a message was sent.
    pub(super) fn moment_of(&self, stamp: Stamp) -> u64 {
        self.sent.get(&(stamp.stream, stamp.number)).copied().unwrap_or(0)
    }
}

impl Oracle {
    /// Names of living ports of a process that the sender of a message had declared dead before it sent it. They must not
    /// be the newest names of these ports any more.
    pub(in crate::sim) fn declared_dead(&self, process: Process, stamp: Stamp) -> Vec<Name> {
        let Some(stream) = self.streams.get(stamp.stream as usize) else { return Vec::new() };
        let sent = self.declared.moment_of(stamp);
        let dead = self.declared.dead.get(&stream.sender).into_iter().flatten();
        let names = dead.filter(|(_, moment)| *moment < sent).map(|(name, _)| *name);
        let is_first = |name: &Name| {
            let port = self.facts.name(*name).port;
            self.facts.port(port).home == Some(process)
                && self.facts.is_alive(port)
                && self.by_name.get(&(stream.sender, *name)).is_some_and(|stream| self.is_certified_first(*stream))
        };
        names.filter(is_first).collect()
    }

    /// A message arrived before a certificate that was owed when it was sent.
    pub(in crate::sim) fn uncertified(&mut self, name: Name, stamp: Stamp, now: u64) {
        let name = self.facts.show_name(name);
        let text = format!("{} arrived before the certificate of {name}, which was owed already", self.show(stamp));
        self.complain(Guarantee::Dead, now, || text);
    }

    /// Whether nothing but a failed session has closed the name.
    fn is_certified_first(&self, stream: usize) -> bool {
        let state = &self.streams[stream];
        !state.is_refused && !state.is_early && !self.is_void(stream)
    }

    /// A port is to get a further name: somebody must have declared the present one dead, or sent what it refused.
    pub(in crate::sim) fn check_renaming(&mut self, port: Port, now: u64) {
        let Some(newest) = self.facts.newest(port) else { return };
        let is_used = self.streams.iter().any(|stream| stream.name == newest) || self.on_name.contains_key(&newest);
        let has_refused = self.refusals.keys().any(|(_, other)| *other == port);
        if !is_used && !has_refused {
            let name = self.facts.show_name(newest);
            self.complain(Guarantee::Alarms, now, || {
                format!("nobody knows {name}, and its port is given another name")
            });
        }
    }
}
