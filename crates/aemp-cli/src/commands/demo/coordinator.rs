//! The coordinator of the demo: hands out units, watches the workers, replaces the dead.

use std::{collections::BTreeMap, io, sync::mpsc::Sender, time::Instant};

use aemp::{Cx, Port, Reason};

use super::{
    crew::Crew,
    event::{Event, Timed, milliseconds},
    messages::{News, Task},
    plan::{Plan, Unit, Worker},
    record::{Death, Record},
    text::{Counts, most_frequent},
};
use crate::output::Output;

/// How many units a worker has at once.
const AT_ONCE: usize = 2;

/// The state of the coordinator.
pub(super) struct Coordinator {
    pub(super) output: Output,
    pub(super) start: Instant,
    /// The units of work.
    pub(super) parts: Vec<String>,
    /// The result that is to be reached.
    pub(super) expected: Counts,
    pub(super) plan: Plan,
    pub(super) crew: Crew,
    pub(super) workers: BTreeMap<Worker, Port<Task>>,
    pub(super) record: Record,
    /// Whether this process has killed its worker.
    pub(super) has_killed: bool,
    /// Told at the end whether all was observed.
    pub(super) finished: Sender<io::Result<bool>>,
}

impl Coordinator {
    /// Takes one message. What the system refuses (output, processes) ends the demo.
    pub(super) fn receive(&mut self, cx: &mut Cx<News>, news: News) {
        let taken = match news {
            News::Hire => self.hire(cx),
            News::Ready(worker, port) => self.ready(cx, worker, port),
            News::Counted(worker, unit, counts) => self.counted(cx, worker, unit, counts),
            News::Gone(worker, reason) => self.gone(cx, worker, &reason),
            News::Finish => self.finish(cx),
        };
        if let Err(error) = taken {
            // Whoever has stopped listening has got an end already.
            let _ = self.finished.send(Err(error));
        }
    }

    fn hire(&mut self, cx: &mut Cx<News>) -> io::Result<()> {
        let pid = self.crew.start(&cx.me())?;
        self.show(Event::Started { pid })
    }

    fn ready(&mut self, cx: &mut Cx<News>, worker: Worker, port: Port<Task>) -> io::Result<()> {
        if !self.crew.has(worker) {
            return Ok(());
        }
        self.show(Event::Ready { pid: worker, port: port.to_string() })?;
        cx.monitor(&port, move |reason| News::Gone(worker, reason)).forever();
        self.workers.insert(worker, port);
        self.record.ready.push(worker);
        self.hand_out(cx, worker)
    }

    /// Sends a worker as many units as it may have at once.
    fn hand_out(&mut self, cx: &mut Cx<News>, worker: Worker) -> io::Result<()> {
        let Some(port) = self.workers.get(&worker) else { return Ok(()) };
        while let Some(unit) = self.plan.give(worker, AT_ONCE) {
            self.show(Event::Sent { pid: worker, unit })?;
            cx.send(port, Task::Count(unit, self.parts[unit].clone()));
        }
        Ok(())
    }

    fn counted(&mut self, cx: &mut Cx<News>, worker: Worker, unit: Unit, counts: Counts) -> io::Result<()> {
        let words = counts.values().sum();
        if !self.plan.take(worker, unit, counts) {
            self.record.ignored += 1;
            return Ok(());
        }
        self.record.counted.entry(worker).or_default().insert(unit);
        let (done, units) = (self.plan.done(), self.plan.units());
        self.show(Event::Counted { pid: worker, unit, words, done, units })?;
        if self.plan.is_complete() {
            return self.finish(cx);
        }
        self.hand_out(cx, worker)?;
        if !self.has_killed && done * 3 >= units {
            self.has_killed = true;
            self.show(Event::Killed { pid: worker })?;
            self.crew.kill(worker)?;
        }
        Ok(())
    }

    fn gone(&mut self, cx: &mut Cx<News>, worker: Worker, reason: &Reason) -> io::Result<()> {
        let told_after = self.crew.bury(worker);
        self.workers.remove(&worker);
        let unfinished = self.plan.bury(worker);
        self.show(Event::Died {
            pid: worker,
            reason: reason.to_string(),
            after_ms: told_after.map(milliseconds),
            unfinished: unfinished.clone(),
        })?;
        self.record.deaths.push(Death { worker, told_after, unfinished });
        self.hire(cx)?;
        // The living need not wait for the replacement.
        let living: Vec<Worker> = self.workers.keys().copied().collect();
        living.into_iter().try_for_each(|worker| self.hand_out(cx, worker))
    }

    /// Shows the result and what was observed, and dies, which the workers are told.
    fn finish(&mut self, cx: &mut Cx<News>) -> io::Result<()> {
        let counts = self.plan.counts();
        let most_frequent =
            most_frequent(counts, 5).into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
        self.show(Event::Result { words: counts.values().sum(), different: counts.len(), most_frequent })?;
        let checks = self.record.checks(self.plan.units(), *counts == self.expected);
        let all_observed = checks.iter().all(|check| check.ok);
        for check in checks {
            self.show(Event::Observed { ok: check.ok, what: check.what })?;
        }
        let _ = self.finished.send(Ok(all_observed));
        cx.stop();
        Ok(())
    }

    fn show(&self, event: Event) -> io::Result<()> {
        self.output.print(&Timed::new(self.start.elapsed(), event))
    }
}
