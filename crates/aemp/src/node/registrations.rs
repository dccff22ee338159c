//! Ports that are registered in families of the database: each under the text of its ID, as long as it lives.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use aemp_proto::{
    id::{PortId, PortName},
    kernel::WatchId,
    value::Value,
};

use super::{engine::Engine, entries::EntryName};

/// The registrations of a node.
#[derive(Default)]
pub(super) struct Registrations(RefCell<BTreeMap<EntryName, Registered>>);

struct Registered {
    port: PortId,
    watch: WatchId,
    /// It lasts until all who registered the port have ended that.
    holders: u32,
}

impl Engine {
    /// Registers a port, for which room was kept.
    pub(crate) fn register(self: &Rc<Self>, family: &str, port: &PortId) {
        let port = self.newest(port).unwrap_or_else(|| port.clone());
        let name = EntryName::new(family, port.to_string());
        let is_held = match self.registrations.0.borrow_mut().get_mut(&name) {
            Some(registered) => {
                registered.holders += 1;
                true
            }
            None => false,
        };
        self.set_entry(&name, &Value::Null);
        if !is_held {
            self.hold(name, port, 1);
        }
    }

    /// Keeps an entry as long as its port lives.
    fn hold(self: &Rc<Self>, name: EntryName, port: PortId, holders: u32) {
        let held = name.clone();
        let watch = self.watch(None, &port, move |engine, _| drop(engine.let_go(&held)));
        self.registrations.0.borrow_mut().insert(name, Registered { port, watch, holders });
    }

    fn let_go(self: &Rc<Self>, name: &EntryName) -> Option<Registered> {
        let registered = self.registrations.0.borrow_mut().remove(name)?;
        self.unwatch(registered.watch);
        self.remove_entry(name);
        Some(registered)
    }

    /// One of those who registered a port ends that.
    pub(crate) fn unregister(self: &Rc<Self>, family: &str, port: &PortId) {
        let name = match self.newest(port) {
            Some(newest) => EntryName::new(family, newest.to_string()),
            None => EntryName::new(family, port.to_string()),
        };
        let is_last = match self.registrations.0.borrow_mut().get_mut(&name) {
            Some(registered) => {
                registered.holders -= 1;
                registered.holders == 0
            }
            None => false,
        };
        if is_last {
            self.let_go(&name);
        }
    }

    /// A port of this node has another name: whoever had declared it dead finds it again under that.
    pub(super) fn rename_registered(self: &Rc<Self>, old: &PortName, id: &PortId) {
        let is_renamed = |port: &PortId| port.name == *old && port.node == self.shared.id;
        let all = self.registrations.0.borrow();
        let renamed = all.iter().filter(|(_, registered)| is_renamed(&registered.port));
        let renamed: Vec<EntryName> = renamed.map(|(name, _)| name.clone()).collect();
        drop(all);
        for old in renamed {
            let Some(registered) = self.let_go(&old) else { continue };
            let name = EntryName::new(&old.family, id.to_string());
            self.set_entry(&name, &Value::Null);
            self.hold(name, id.clone(), registered.holders);
        }
    }
}
