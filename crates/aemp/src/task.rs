//! Async work in the context of a port.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    task::Poll,
};

use aemp_proto::kernel::LocalPort;
use tokio::task::AbortHandle;

use crate::{node::Engine, outcome::panic_reason};

/// Async work of a port; it is dropped when the port dies. Dropping this does not cancel it.
#[derive(Clone, Debug)]
pub struct Task(AbortHandle);

impl Task {
    /// Drops the work, soon. Does nothing if it has ended.
    pub fn cancel(&self) {
        self.0.abort();
    }
}

/// Runs a future on the node's thread; its output becomes a message to the port, its panic the port's death.
pub(crate) fn spawn<M, F>(engine: &Rc<Engine>, port: LocalPort, future: F) -> Task
where
    M: 'static,
    F: Future<Output: Into<M>> + 'static,
{
    let mut future = Box::pin(future);
    let weak = Rc::downgrade(engine);
    let handle = tokio::task::spawn_local(async move {
        let caught = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        let result = caught.await;
        let Some(engine) = weak.upgrade() else { return };
        engine.later(move |engine| match result {
            Ok(output) => engine.hand_over::<M>(port, || output.into()),
            Err(panic) => engine.close(port, panic_reason(&*panic)),
        });
    });
    let handle = handle.abort_handle();
    engine.own_task(port, handle.clone());
    Task(handle)
}
