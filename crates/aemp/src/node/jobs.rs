//! Work of the node itself that waits in the run queue, between messages.

use std::rc::Rc;

use aemp_proto::{
    kernel::{LocalPort, WatchId},
    reason::Reason,
};

use super::{
    calls::Sink,
    dispatch::contained,
    engine::Engine,
    queue::{QueueIndex, Token},
};

/// Work that is done once.
pub(super) type Work = Box<dyn FnOnce(&Rc<Engine>)>;

/// What the node itself has to do. Deaths and answers come in large numbers, and need no memory of their own.
pub(super) enum Job {
    /// A port is to be killed.
    Kill(LocalPort, Reason),
    /// A watched port died.
    Fire(WatchId, Reason),
    /// A call is over, and its caller is to be told.
    Answer(Box<dyn Sink>),
    Other(Work),
}

impl Engine {
    /// Does `work` after everything that waits now.
    pub(crate) fn later(&self, work: impl FnOnce(&Rc<Self>) + 'static) {
        self.push_job(Job::Other(Box::new(work)));
    }

    /// Does a job after everything that waits now.
    // Else it would be made in one place and moved to another, and a processor waits for what was just written.
    #[inline(always)]
    pub(super) fn push_job(&self, job: Job) {
        self.jobs.borrow_mut().push_back(job);
        self.push_token(Token { port: LocalPort { slot: 0, generation: 0 }, queue: QueueIndex::JOBS });
    }

    #[inline]
    pub(super) fn run_job(self: &Rc<Self>) {
        let job = self.jobs.borrow_mut().pop_front();
        if let Some(job) = job {
            self.do_job(job);
        }
    }

    #[inline]
    pub(super) fn do_job(self: &Rc<Self>, job: Job) {
        match job {
            Job::Kill(port, reason) => self.close(port, reason),
            Job::Fire(watch, reason) => self.fire(watch, reason),
            Job::Answer(sink) => contained(|| sink.hand_over(self)),
            Job::Other(work) => contained(|| work(self)),
        }
    }
}
