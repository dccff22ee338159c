//! Ports of this node that got further names, because other nodes had declared them dead.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use aemp_proto::{
    id::{PortId, PortName},
    kernel::LocalPort,
};
use rustc_hash::FxHashMap;

use super::engine::Engine;

/// The names of ports that have several.
#[derive(Default)]
pub(super) struct Renamed {
    /// Most nodes never have any: looking costs nothing then.
    is_any: Cell<bool>,
    ports: RefCell<FxHashMap<PortName, LocalPort>>,
    names: RefCell<FxHashMap<LocalPort, Names>>,
}

struct Names {
    older: Vec<PortName>,
    newest: PortId,
}

impl Engine {
    /// A port has another name from now on; its handles give it when they are sent.
    pub(super) fn renamed(&self, port: LocalPort, old: PortName, id: PortId, dropped: Option<&PortName>) {
        let (mut ports, mut names) = (self.renamed.ports.borrow_mut(), self.renamed.names.borrow_mut());
        let names = names.entry(port).or_insert_with(|| Names { older: Vec::new(), newest: id.clone() });
        names.newest = id;
        names.older.push(old.clone());
        ports.insert(old, port);
        if let Some(dropped) = dropped {
            names.older.retain(|name| name != dropped);
            ports.remove(dropped);
        }
        self.renamed.is_any.set(true);
    }

    /// The names of a dead port mean nothing any more.
    pub(super) fn forget_names(&self, port: LocalPort) {
        if self.renamed.is_any.get() {
            let mut ports = self.renamed.ports.borrow_mut();
            let names = self.renamed.names.borrow_mut().remove(&port);
            for name in names.into_iter().flat_map(|names| names.older) {
                ports.remove(&name);
            }
            self.renamed.is_any.set(!ports.is_empty());
        }
    }

    pub(super) fn newest(self: &Rc<Self>, id: &PortId) -> Option<PortId> {
        if !self.renamed.is_any.get() || id.node != self.shared.id {
            return None;
        }
        let port = *self.renamed.ports.borrow().get(&id.name)?;
        self.renamed.names.borrow().get(&port).map(|names| names.newest.clone())
    }
}

/// The newest port ID of a port of the node whose thread this is, if it is not the given one.
pub(crate) fn newest_id(id: &PortId) -> Option<PortId> {
    Engine::current()?.newest(id)
}
