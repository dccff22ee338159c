//! Timers as those who hold them see them.

use std::sync::Arc;

use crate::node::{Shared, TimerId};

/// A timer of a port; it ends with the port. Dropping this does not cancel it.
#[derive(Clone, Debug)]
pub struct Timer {
    node: Arc<Shared>,
    id: TimerId,
}

impl Timer {
    pub(crate) const fn new(node: Arc<Shared>, id: TimerId) -> Self {
        Self { node, id }
    }

    /// Ends the timer. Called in a handler of its node, nothing of it comes afterwards; called on another thread, a
    /// message may still be on its way. Does nothing if it has fired for the last time.
    pub fn cancel(&self) {
        let id = self.id;
        let _ = self.node.act(move |engine| engine.cancel_timer(id));
    }
}
