//! Who is in a group, as its node sees it.

use std::{
    collections::BTreeMap,
    mem,
    rc::Rc,
    sync::{Arc, Mutex},
};

use aemp_proto::{
    directory::Change,
    id::{NodeId, PortId},
    kernel::WatchId,
};

use super::rendezvous::{hash, weight};
use crate::{
    call::Completer,
    node::{Engine, lock},
};

/// The members of a group.
#[derive(Debug, Default)]
pub(crate) struct Members(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By key in the database. Those whose nodes are not yet reached are no members yet: they may be dead since long ago.
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
    is_reached: bool,
    /// Of its death.
    watch: Option<WatchId>,
}

impl State {
    fn members(&self) -> impl Iterator<Item = &Member> {
        self.all.values().filter(|member| member.is_reached)
    }
}

impl Members {
    pub(super) fn all(&self) -> Vec<PortId> {
        lock(&self.0).members().map(|member| member.port.clone()).collect()
    }

    /// The member for a key.
    pub(super) fn choose(&self, key: &[u8]) -> Option<PortId> {
        let key = hash(key);
        let state = lock(&self.0);
        // Of equal weights, the last counts.
        state.members().max_by_key(|member| weight(member.hash, key)).map(|member| member.port.clone())
    }

    /// The member whose turn it is.
    pub(super) fn at(&self, turn: usize) -> Option<PortId> {
        let state = lock(&self.0);
        let index = turn.checked_rem(state.members().count())?;
        state.members().nth(index).map(|member| member.port.clone())
    }

    /// Completes when there is a member.
    pub(super) fn when_ready(&self, completer: Completer<()>) {
        let mut state = lock(&self.0);
        let is_ready = state.members().next().is_some();
        if !is_ready && !state.is_over {
            state.waiting.retain(|waiting| !waiting.is_abandoned());
            return state.waiting.push(completer);
        }
        drop(state);
        if is_ready {
            completer.complete(Ok(()));
        }
    }

    fn join(&self, key: String, port: PortId, is_reached: bool) {
        let hash = hash(key.as_bytes());
        self.change(|all| drop(all.insert(key, Member { port, hash, is_reached, watch: None })));
    }

    /// A connection with this node is there.
    pub(crate) fn reach(&self, node: &NodeId) {
        self.change(|all| {
            let here = all.values_mut().filter(|member| member.port.node == *node);
            here.for_each(|member| member.is_reached = true);
        });
    }

    /// Changes the members, and tells those who wait for one.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Member>)) {
        let mut state = lock(&self.0);
        change(&mut state.all);
        if state.waiting.is_empty() {
            return;
        }
        let is_ready = state.members().next().is_some();
        let waiting = if is_ready { mem::take(&mut state.waiting) } else { Vec::new() };
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
        self.0.join(key.clone(), port.clone(), engine.reaches(&port.node));
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
