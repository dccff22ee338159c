//! Watches and what they do when they fire.

use std::{cell::RefCell, rc::Rc};

use super::{
    dispatch::{contained, drop_quietly},
    engine::Engine,
};
use aemp_proto::{
    id::PortId,
    kernel::{LocalPort, WatchId},
    reason::Reason,
};

type Then = Box<dyn FnOnce(&Rc<Engine>, Reason)>;

/// The watches of a node.
#[derive(Default)]
pub(super) struct Watches(RefCell<Vec<Option<Watching>>>);

struct Watching {
    id: WatchId,
    owner: Option<LocalPort>,
    then: Then,
}

impl Watches {
    /// Its slot is free: the kernel has made the watch anew.
    fn put(&self, watching: Watching) {
        let (mut all, slot) = (self.0.borrow_mut(), watching.id.slot() as usize);
        if slot >= all.len() {
            all.resize_with(slot + 1, || None);
        }
        all[slot] = Some(watching);
    }

    fn take(&self, id: WatchId) -> Option<Watching> {
        self.0.borrow_mut().get_mut(id.slot() as usize)?.take_if(|watching| watching.id == id)
    }
}

impl Engine {
    /// Watches a port; `then` is called at most once, and not after the watch or its owner ended.
    pub(crate) fn watch(
        self: &Rc<Self>,
        owner: Option<LocalPort>,
        target: &PortId,
        then: impl FnOnce(&Rc<Self>, Reason) + 'static,
    ) -> WatchId {
        let watch = self.kernel(|kernel, now| kernel.monitor(target, now));
        self.keep_watch(watch, owner, then);
        watch
    }

    /// Watches a port on behalf of one that shares its death.
    pub(crate) fn watch_linked(
        self: &Rc<Self>,
        owner: LocalPort,
        target: &PortId,
        then: impl FnOnce(&Rc<Self>, Reason) + 'static,
    ) -> WatchId {
        let watch = self.kernel(|kernel, now| kernel.link(owner, target, now));
        self.keep_watch(watch, Some(owner), then);
        watch
    }

    fn keep_watch(
        self: &Rc<Self>,
        watch: WatchId,
        owner: Option<LocalPort>,
        then: impl FnOnce(&Rc<Self>, Reason) + 'static,
    ) {
        self.watches.put(Watching { id: watch, owner, then: Box::new(then) });
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned(port)
        {
            owned.watches.insert(watch);
        }
        if self.is_owner_dead(owner) {
            self.unwatch(watch);
        }
    }

    /// Ends a watch, which never fires afterwards, even if the death is known already.
    pub(crate) fn unwatch(self: &Rc<Self>, watch: WatchId) {
        if let Some(then) = self.take_watch(watch) {
            self.kernel(|kernel, _| kernel.demonitor(watch));
            drop_quietly(then);
        }
    }

    pub(super) fn fire(self: &Rc<Self>, watch: WatchId, reason: Reason) {
        if self.kernel(|kernel, _| kernel.take_notice(watch))
            && let Some(then) = self.take_watch(watch)
        {
            contained(|| then(self, reason));
        }
    }

    fn take_watch(&self, watch: WatchId) -> Option<Then> {
        let Watching { owner, then, .. } = self.watches.take(watch)?;
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned_if_any(port)
        {
            owned.watches.remove(&watch);
        }
        Some(then)
    }

    pub(super) fn drop_watches(&self) {
        let all = std::mem::take(&mut *self.watches.0.borrow_mut());
        drop_quietly(all);
    }
}
