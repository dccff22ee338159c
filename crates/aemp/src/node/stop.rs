//! The orderly end of a node.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{Condvar, Mutex, PoisonError},
};

use aemp_proto::{
    reason::{Reason, ReasonCode},
    time::Time,
};

use super::{dispatch::drop_quietly, engine::Engine, shared::lock};
use crate::{
    call::Completer,
    error::{CallError, Stopped},
};

/// Whether a node is stopping.
#[derive(Default)]
pub(super) struct Stopping {
    /// When it ends at the latest.
    deadline: Cell<Option<Time>>,
}

impl Stopping {
    pub(super) const fn is_begun(&self) -> bool {
        self.deadline.get().is_some()
    }

    pub(super) const fn deadline(&self) -> Option<Time> {
        self.deadline.get()
    }
}

/// Where other threads learn that a node is stopped.
#[derive(Debug, Default)]
pub(crate) struct End {
    state: Mutex<EndState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct EndState {
    /// Octets that peers had not acknowledged, unless the node's thread failed; absent while the node runs.
    left: Option<Result<usize, Stopped>>,
    waiting: Vec<Completer<usize>>,
}

impl End {
    /// Completes when the node is stopped, at once if it is.
    pub(crate) fn when_stopped(&self, completer: Completer<usize>) {
        let mut state = lock(&self.state);
        match state.left {
            Some(left) => completer.complete(left.map_err(CallError::from)),
            None => state.waiting.push(completer),
        }
    }

    pub(crate) fn wait(&self) {
        let state = lock(&self.state);
        drop(self.changed.wait_while(state, |state| state.left.is_none()).unwrap_or_else(PoisonError::into_inner));
    }

    fn tell(&self, left: Result<usize, Stopped>) {
        let mut state = lock(&self.state);
        state.left = Some(left);
        for completer in state.waiting.drain(..) {
            completer.complete(left.map_err(CallError::from));
        }
        drop(state);
        self.changed.notify_all();
    }
}

impl Engine {
    /// Begins to stop: what waits is done and sent, as far as the time suffices.
    pub(crate) fn stop(&self) {
        if !self.stopping.is_begun() {
            let deadline = self.clock.read().after(self.stop_timeout);
            self.stopping.deadline.set(Some(deadline));
            self.wake();
        }
    }

    /// Whether everything is sent and acknowledged, or the time is over.
    pub(super) fn has_finished(&self) -> bool {
        let Some(deadline) = self.stopping.deadline() else { return false };
        let is_done = || self.tokens.borrow().is_empty() && self.kernel(|kernel, _| kernel.unacknowledged()) == 0;
        self.clock.now() >= deadline || is_done()
    }

    /// Says goodbye. Octets that peers have not acknowledged.
    pub(super) fn say_goodbye(self: &Rc<Self>) -> usize {
        let left = self.kernel(|kernel, _| kernel.unacknowledged());
        self.kernel(|kernel, _| kernel.goodbye());
        self.turn();
        left
    }

    /// Ends all ports and everything that waits; destructors may still use the node, to no effect.
    pub(super) fn tear_down(self: &Rc<Self>) {
        self.shared.close();
        // First, so that they end with `Stopped`, not for want of those who would have answered.
        self.drop_calls();
        let living = self.ports.borrow().living();
        for port in living {
            self.close(port, Reason::new(ReasonCode::NodeDown, "the node is stopped"));
        }
        self.tokens.borrow_mut().clear();
        drop_quietly(self.jobs.take());
        drop_quietly(self.queues.take_all());
        self.drop_timers();
        self.drop_watches();
        self.drop_family_watches();
        self.drop_services();
        self.drop_peers();
        drop(self.network.take());
    }
}

/// Tells everybody that the node is stopped.
pub(super) fn tell_end(shared: &super::shared::Shared, left: Result<usize, Stopped>) {
    shared.close();
    shared.observers.close();
    shared.end.tell(left);
}
