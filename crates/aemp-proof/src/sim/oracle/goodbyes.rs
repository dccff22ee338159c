//! G5: an orderly end is told within one message delay.

use super::{Oracle, watches::Stage};
use crate::sim::{facts::Process, swarm::SECOND, violation::Guarantee};

/// A monitor that a goodbye has to fire.
#[derive(Clone, Copy, Debug)]
struct Promise {
    watch: usize,
    /// When the process began to end: nothing has gone wrong since then if nothing has changed.
    stopping: u64,
    due: u64,
}

/// Processes that end in order.
#[derive(Debug, Default)]
pub(super) struct Goodbyes {
    /// Who is about to end, since when, and the nodes that nothing was between then.
    stopping: Vec<(Process, u64, Vec<usize>)>,
    promises: Vec<Promise>,
}

impl Oracle {
    /// A process is to end in order.
    pub(in crate::sim) fn stopping(&mut self, process: Process, nodes: usize, now: u64) {
        let own = self.facts.process(process).node;
        let is_clear = |other: &usize| {
            let clear = self.contacts.clear_since(own, *other);
            *other != own && clear.is_some_and(|since| now > since + self.bounds.recovery)
        };
        let clear = (0..nodes).filter(is_clear).collect();
        self.goodbyes.stopping.push((process, now, clear));
    }

    /// A process has said goodbye to everybody.
    pub(super) fn said_goodbye(&mut self, process: Process, now: u64) {
        let said = self.goodbyes.stopping.iter().find(|(other, ..)| *other == process).cloned();
        // Who has not got rid of everything in time may have no room for a goodbye.
        let Some((_, stopping, clear)) = said.filter(|(_, stopping, _)| now < stopping + 4 * SECOND) else { return };
        let node = self.facts.process(process).node;
        let due = now + self.bounds.prompt;
        for (at, watch) in self.watches.iter().enumerate() {
            let holder = watch.holder;
            let own = self.facts.process(holder).node;
            let is_met = self.met.get(&(holder, node)) == Some(&process) && self.facts.is_running(holder);
            let is_there = watch.name.is_none_or(|name| self.facts.port_of(name).home == Some(process));
            let is_old = watch.set + self.bounds.recovery < stopping;
            if watch.node == node
                && watch.stage == Stage::Open
                && is_met
                && is_there
                && is_old
                && clear.contains(&own)
                && !self.is_contested(holder, node)
                && !self.is_estranged(own, node)
            {
                self.goodbyes.promises.push(Promise { watch: at, stopping, due });
            }
        }
    }

    /// Looks whether a goodbye was overheard.
    pub(super) fn check_goodbyes(&mut self, now: u64) {
        let mut promises = std::mem::take(&mut self.goodbyes.promises);
        promises.retain(|promise| {
            let watch = &self.watches[promise.watch];
            let own = self.facts.process(watch.holder).node;
            watch.stage == Stage::Open
                && self.facts.is_running(watch.holder)
                && self.contacts.unchanged_since(own, watch.node) == promise.stopping
        });
        if let Some(late) = promises.iter().find(|promise| now > promise.due) {
            let text = format!("{} has not fired, although the node said goodbye", self.show_watch(late.watch));
            self.complain(Guarantee::Deaths, now, || text);
        }
        self.goodbyes.promises = promises;
    }
}
