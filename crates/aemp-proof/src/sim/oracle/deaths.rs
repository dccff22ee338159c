//! G5: every death is told, in time.

use aemp_proto::reason::Reason;

use super::{Oracle, watches::Stage};
use crate::sim::{
    facts::{Life, Port, Process},
    swarm::MILLI,
    violation::Guarantee,
};

impl Oracle {
    /// A port is dead from now on.
    pub(in crate::sim) fn port_died(&mut self, port: Port, reason: &Reason, now: u64) {
        self.facts.port_mut(port).life = Life::Dead(now, reason.clone());
        for name in self.facts.port(port).names.clone() {
            for at in self.on_name.get(&name).cloned().unwrap_or_default() {
                self.owe(at, now);
            }
        }
    }

    /// A process is over, and its ports with it.
    pub(in crate::sim) fn process_ended(&mut self, process: Process, is_orderly: bool, now: u64) {
        self.facts.processes[process.0].ended = Some(now);
        let node = self.facts.process(process).node;
        let reason = Reason::new("ended", if is_orderly { "its node said goodbye" } else { "its process crashed" });
        let dying = |port: &usize| self.facts.ports[*port].home == Some(process) && self.facts.is_alive(Port(*port));
        let dying: Vec<usize> = (0..self.facts.ports.len()).filter(dying).collect();
        for port in dying {
            self.port_died(Port(port), &reason, now);
        }
        if is_orderly {
            self.said_goodbye(process, now);
        }
        for at in 0..self.watches.len() {
            // Who has no session with this process does not miss it.
            let met = self.in_session.get(&(self.watches[at].holder, node)) == Some(&process);
            if self.watches[at].name.is_none() && self.watches[at].node == node && met {
                self.owe(at, now);
            }
        }
    }

    /// A monitor has to fire from now on.
    pub(super) fn owe(&mut self, at: usize, now: u64) {
        let watch = &mut self.watches[at];
        if watch.stage == Stage::Open && watch.owed_since.is_none() {
            watch.owed_since = Some(now);
            self.overdue.push(at);
        }
    }

    /// Looks whether any monitor is late.
    pub(in crate::sim) fn check_deaths(&mut self, now: u64) {
        let mut overdue = std::mem::take(&mut self.overdue);
        overdue.retain(|at| self.watches[*at].stage == Stage::Open && self.facts.is_running(self.watches[*at].holder));
        for at in &overdue {
            self.check_not_late(*at, now);
        }
        self.overdue = overdue;
        self.check_goodbyes(now);
    }

    pub(super) fn check_not_late(&mut self, at: usize, now: u64) {
        let Some(due) = self.due(at, now) else { return };
        if now > due {
            let late = (now - due) / MILLI;
            let text = format!("{} was owed and is {late} ms late", self.show_watch(at));
            self.complain(Guarantee::Deaths, now, || text);
        }
    }

    /// When a monitor that is owed has to have fired.
    fn due(&self, at: usize, now: u64) -> Option<u64> {
        let (watch, bounds) = (&self.watches[at], &self.bounds);
        let owed = watch.owed_since?;
        let own = self.facts.process(watch.holder).node;
        if self.facts.process(watch.holder).is_stopped {
            return None;
        }
        let silence = bounds.patience + bounds.session_timeout + bounds.recovery;
        let Some(clear) = self.contacts.clear_since(own, watch.node) else {
            // Something is in the way, for long enough to give up, or else the notice comes behind it.
            let since = self.contacts.unchanged_since(own, watch.node).max(owed);
            return (now >= since + silence).then_some(since + silence);
        };
        let home_lives =
            watch.name.is_none_or(|name| self.facts.port_of(name).home.is_some_and(|home| self.facts.is_running(home)));
        let ample = owed > clear + bounds.recovery && watch.set > clear + bounds.recovery;
        Some(if home_lives && watch.name.is_some() && ample {
            owed + bounds.prompt + bounds.recovery / 2
        } else {
            owed.max(clear) + bounds.patience + 2 * bounds.recovery
        })
    }
}
