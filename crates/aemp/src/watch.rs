//! Watches as those who hold them see them.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use aemp_proto::{
    kernel::WatchId,
    reason::{Reason, ReasonCode},
};

use crate::{
    call::{Answer, block_on},
    node::Shared,
};

/// A watch on a port. Dropping it ends the watch: nothing that it would do happens afterwards.
///
/// [`Watch::forever`] lets go of it instead; it then lasts until it fires, or until the port that set it dies.
#[must_use = "dropping a watch ends it: keep it, or let go of it with `.forever()`"]
#[derive(Debug)]
pub struct Watch {
    node: Arc<Shared>,
    id: Option<WatchId>,
}

impl Watch {
    pub(crate) const fn new(node: Arc<Shared>, id: WatchId) -> Self {
        Self { node, id: Some(id) }
    }

    /// Lets the watch last as long as the port that set it.
    pub fn forever(mut self) {
        self.id = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let _ = self.node.act(move |engine| engine.unwatch(id));
        }
    }
}

/// The death of a port, to be awaited in any runtime or waited for without one. Dropping it ends the watch.
#[must_use = "dropping a monitor ends it: `.await` it, or `.wait()` for it"]
#[derive(Debug)]
pub struct Monitor {
    node: Arc<Shared>,
    answer: Answer<Reason>,
    /// Known once the loop has set the watch.
    watch: Arc<OnceLock<WatchId>>,
}

impl Monitor {
    pub(crate) const fn new(node: Arc<Shared>, answer: Answer<Reason>, watch: Arc<OnceLock<WatchId>>) -> Self {
        Self { node, answer, watch }
    }

    /// Blocks the thread until the port is dead. The reason is `node_down` if the own node is stopped before.
    ///
    /// # Panics
    ///
    /// Panics on the node's own thread (in handlers and tasks), which would wait for itself.
    #[track_caller]
    pub fn wait(self) -> Reason {
        self.node.check_may_wait();
        block_on(self)
    }
}

impl Future for Monitor {
    type Output = Reason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        let own_end = |_| Reason::new(ReasonCode::NodeDown, "the own node is stopped");
        Pin::new(&mut self.answer).poll(cx).map(|result| result.unwrap_or_else(own_end))
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let watch = Arc::clone(&self.watch);
        let _ = self.node.act(move |engine| {
            if let Some(watch) = watch.get() {
                engine.unwatch(*watch);
            }
        });
    }
}
