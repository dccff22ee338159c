//! Watches that programs wait for.

use std::{
    collections::VecDeque,
    fmt,
    rc::Rc,
    sync::{Arc, Mutex, OnceLock},
};

use aemp_proto::directory::{self, DatabaseWatch};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use crate::{
    call::block_on,
    node::{Engine, Shared, lock},
};

use super::{
    Change,
    family::read_family,
    unread::{News, Unread},
};

/// The content of a family, and then its changes. Dropping it ends the watch.
///
/// Changes wait for their reader without limit of time. What changes several times meanwhile is told once, as it is at last,
/// so they never take more memory than the family itself.
pub struct Changes<T> {
    watch: WatchOfHandle,
    waiting: Arc<Waiting>,
    /// What was read together with something else.
    read: VecDeque<Change<T>>,
}

/// Where the loop leaves what it hears.
#[derive(Debug, Default)]
struct Waiting {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    unread: Unread,
    is_over: bool,
}

impl<T: DeserializeOwned> Changes<T> {
    pub(super) fn new(node: Arc<Shared>, family: &str) -> Self {
        let waiting = Arc::new(Waiting::default());
        let writer = Writer(Arc::clone(&waiting));
        let watch = WatchOfHandle::new(node, family, move |_, change| writer.write(change));
        Self { watch, waiting, read: VecDeque::new() }
    }

    /// The next change; `None` when the node is stopped.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no change is lost if the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Change<T>> {
        let waiting = Arc::clone(&self.waiting);
        loop {
            // First: what was written before the end is read.
            let is_over = lock(&waiting.state).is_over;
            if let Some(change) = self.try_next() {
                return Some(change);
            }
            if is_over {
                return None;
            }
            waiting.changed.notified().await;
        }
    }

    /// Blocks the thread until there is a change; `None` when the node is stopped.
    ///
    /// # Panics
    ///
    /// Panics on the node's own thread (in handlers and tasks), which would wait for itself.
    #[track_caller]
    pub fn wait(&mut self) -> Option<Change<T>> {
        self.watch.node.check_may_wait();
        block_on(self.next())
    }

    /// A change that is there already.
    pub fn try_next(&mut self) -> Option<Change<T>> {
        if let Some(change) = self.read.pop_front() {
            return Some(change);
        }
        let news = lock(&self.waiting.state).unread.next()?;
        match news {
            News::All(content) => self.read.extend(read_family(content)),
            News::Added(key, value) => return Some(Change::added(key, value)),
            News::Changed(key, value) => return Some(Change::changed(key, value)),
            News::Removed(key) => return Some(Change::Removed { key }),
        }
        self.read.pop_front()
    }
}

impl<T> fmt::Debug for Changes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Changes").field(&self.watch).finish()
    }
}

/// The end that the loop has. Dropping it ends what the reader waits for.
struct Writer(Arc<Waiting>);

impl Writer {
    fn write(&self, change: directory::Change) {
        lock(&self.0.state).unread.add(change);
        self.0.changed.notify_one();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.0.state).is_over = true;
        self.0.changed.notify_one();
    }
}

/// A watch that belongs to no port, but to a handle.
#[derive(Debug)]
pub(crate) struct WatchOfHandle {
    pub(crate) node: Arc<Shared>,
    /// Known once the loop has set the watch.
    watch: Arc<OnceLock<DatabaseWatch>>,
}

impl WatchOfHandle {
    /// Watches a family whose name was checked. `then` is dropped when nothing will be told any more.
    pub(crate) fn new(
        node: Arc<Shared>,
        family: &str,
        then: impl FnMut(&Rc<Engine>, directory::Change) + Send + 'static,
    ) -> Self {
        let watch = Arc::new(OnceLock::new());
        let (made, family) = (Arc::clone(&watch), family.to_owned());
        let _ = node.act(move |engine| {
            if let Ok(id) = engine.watch_family(None, &family, then) {
                let _ = made.set(id);
            }
        });
        Self { node, watch }
    }
}

impl Drop for WatchOfHandle {
    fn drop(&mut self) {
        let watch = Arc::clone(&self.watch);
        let _ = self.node.act(move |engine| {
            if let Some(watch) = watch.get() {
                engine.unwatch_family(*watch);
            }
        });
    }
}
