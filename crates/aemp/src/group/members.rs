//! Who is in a group, as its node sees it.

use std::{
    collections::BTreeMap,
    mem,
    rc::Rc,
    sync::{Arc, Mutex},
};

use aemp_proto::{directory::Change, id::PortId, kernel::WatchId};

use super::rendezvous::{hash, weight};
use crate::{
    call::Completer,
    node::{Engine, lock},
};

/// The members of a group.
#[derive(Debug, Default)]
pub(super) struct Members(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By key in the database.
    all: BTreeMap<String, Member>,
    /// Those who wait for a member.
    waiting: Vec<Completer<()>>,
    /// The node tells nothing any more.
    is_over: bool,
}

#[derive(Debug)]
struct Member {
    port: PortId,
    hash: u64,
    /// Of its death.
    watch: Option<WatchId>,
}

impl Members {
    pub(super) fn all(&self) -> Vec<PortId> {
        lock(&self.0).all.values().map(|member| member.port.clone()).collect()
    }

    /// The member for a key.
    pub(super) fn choose(&self, key: &[u8]) -> Option<PortId> {
        let key = hash(key);
        let state = lock(&self.0);
        // Of equal weights, the last counts.
        state.all.values().max_by_key(|member| weight(member.hash, key)).map(|member| member.port.clone())
    }

    /// The member whose turn it is.
    pub(super) fn at(&self, turn: usize) -> Option<PortId> {
        let state = lock(&self.0);
        let index = turn.checked_rem(state.all.len())?;
        state.all.values().nth(index).map(|member| member.port.clone())
    }

    /// Completes when there is a member.
    pub(super) fn when_ready(&self, completer: Completer<()>) {
        let mut state = lock(&self.0);
        if state.all.is_empty() && !state.is_over {
            state.waiting.retain(|waiting| !waiting.is_abandoned());
            return state.waiting.push(completer);
        }
        let is_ready = !state.all.is_empty();
        drop(state);
        if is_ready {
            completer.complete(Ok(()));
        }
    }

    fn join(&self, key: String, port: PortId) {
        let mut state = lock(&self.0);
        let hash = hash(key.as_bytes());
        state.all.insert(key, Member { port, hash, watch: None });
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(|completer| completer.complete(Ok(())));
    }

    fn is_watched_by(&self, key: &str, watch: WatchId) {
        if let Some(member) = lock(&self.0).all.get_mut(key) {
            member.watch = Some(watch);
        }
    }

    fn leave(&self, key: &str) -> Option<WatchId> {
        lock(&self.0).all.remove(key)?.watch
    }
}

/// What the loop has of a group.
pub(super) struct Follower(Arc<Members>);

impl Follower {
    pub(super) const fn new(members: Arc<Members>) -> Self {
        Self(members)
    }

    /// Ports come into the family, or go.
    pub(super) fn follow(&self, engine: &Rc<Engine>, change: Change) {
        for (key, _) in change.added {
            if let Ok(port) = key.parse() {
                self.add(engine, key, port);
            }
        }
        for key in change.removed {
            if let Some(watch) = self.0.leave(&key) {
                engine.unwatch(watch);
            }
        }
    }

    fn add(&self, engine: &Rc<Engine>, key: String, port: PortId) {
        self.0.join(key.clone(), port.clone());
        let (members, name) = (Arc::clone(&self.0), key.clone());
        let watch = engine.watch(None, &port, move |_, _| {
            members.leave(&name);
        });
        self.0.is_watched_by(&key, watch);
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.is_over = true;
        let over = (mem::take(&mut state.waiting), mem::take(&mut state.all));
        drop(state);
        let (waiting, members) = over;
        drop(waiting);
        if let Some(engine) = Engine::current() {
            members.into_values().filter_map(|member| member.watch).for_each(|watch| engine.unwatch(watch));
        }
    }
}
