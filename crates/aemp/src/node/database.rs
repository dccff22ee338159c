//! The database as the loop sees it: entries of the node, and families that its programs watch.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use aemp_proto::{
    directory::{Change, DatabaseError, DatabaseWatch},
    kernel::{Event, LocalPort},
    value::Value,
};

use super::{
    dispatch::{contained, drop_quietly},
    engine::Engine,
    entries::EntryName,
};

type Then = Rc<RefCell<dyn FnMut(&Rc<Engine>, Change)>>;

/// The watches of a node on families of the database.
#[derive(Default)]
pub(super) struct FamilyWatches(RefCell<BTreeMap<DatabaseWatch, Watching>>);

struct Watching {
    owner: Option<LocalPort>,
    then: Then,
}

impl Engine {
    /// Sets an entry that was checked, and for which room was kept.
    pub(crate) fn set_entry(self: &Rc<Self>, name: &EntryName, value: &Value) {
        let set = self.kernel(|kernel, now| kernel.db_set(&name.family, &name.key, value, now));
        match set {
            Ok(()) => self.shared.entries.is_set(name),
            Err(error) => self.entry_refused(name, &error),
        }
    }

    /// Removes an entry of this node.
    pub(crate) fn remove_entry(self: &Rc<Self>, name: &EntryName) {
        let removed = self.kernel(|kernel, now| kernel.db_remove(&name.family, &name.key, now));
        match removed {
            Ok(()) => self.shared.entries.is_removed(name),
            Err(error) => self.entry_refused(name, &error),
        }
    }

    fn entry_refused(self: &Rc<Self>, name: &EntryName, error: &DatabaseError) {
        self.shared.entries.is_removed(name);
        self.event(Event::RequestRefused { node: self.shared.id.clone(), error: error.to_string() });
    }

    /// Watches a family: `then` gets its content and all changes, until the watch or its owner ends.
    pub(crate) fn watch_family(
        self: &Rc<Self>,
        owner: Option<LocalPort>,
        family: &str,
        then: impl FnMut(&Rc<Self>, Change) + 'static,
    ) -> Result<DatabaseWatch, DatabaseError> {
        let watch = self.kernel(|kernel, now| kernel.db_watch(family, now))?;
        self.family_watches.0.borrow_mut().insert(watch, Watching { owner, then: Rc::new(RefCell::new(then)) });
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned(port)
        {
            owned.families.insert(watch);
        }
        if self.is_owner_dead(owner) {
            self.unwatch_family(watch);
        }
        Ok(watch)
    }

    /// Ends a watch, which is told nothing afterwards, not even what is on its way.
    pub(crate) fn unwatch_family(self: &Rc<Self>, watch: DatabaseWatch) {
        let watching = self.family_watches.0.borrow_mut().remove(&watch);
        let Some(Watching { owner, then }) = watching else { return };
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned_if_any(port)
        {
            owned.families.remove(&watch);
        }
        self.kernel(|kernel, now| kernel.db_unwatch(watch, now));
        drop_quietly(then);
    }

    /// The kernel tells what is new in a family.
    pub(super) fn family_changed(&self, watch: DatabaseWatch, change: Change) {
        self.later(move |engine| {
            let then = engine.family_watches.0.borrow().get(&watch).map(|watching| Rc::clone(&watching.then));
            if let Some(then) = then {
                contained(|| (then.borrow_mut())(engine, change));
                // It may have ended its own watch.
                drop_quietly(then);
            }
        });
    }

    pub(super) fn drop_family_watches(&self) {
        let all = self.family_watches.0.take();
        drop_quietly(all);
    }
}
