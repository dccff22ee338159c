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

/// The newest names of ports that have several.
#[derive(Default)]
pub(super) struct Renamed {
    /// Most nodes never have any: looking costs nothing then.
    is_any: Cell<bool>,
    newest: RefCell<FxHashMap<PortName, (LocalPort, PortId)>>,
}

impl Engine {
    /// A port has another name from now on; its handles give it when they are sent.
    pub(super) fn renamed(&self, port: LocalPort, old: PortName, id: PortId, dropped: Option<&PortName>) {
        let mut newest = self.renamed.newest.borrow_mut();
        newest.values_mut().filter(|(other, _)| *other == port).for_each(|(_, newest)| *newest = id.clone());
        newest.insert(old, (port, id));
        if let Some(dropped) = dropped {
            newest.remove(dropped);
        }
        self.renamed.is_any.set(true);
    }

    /// The names of a dead port mean nothing any more.
    pub(super) fn forget_names(&self, port: LocalPort) {
        if self.renamed.is_any.get() {
            let mut newest = self.renamed.newest.borrow_mut();
            newest.retain(|_, (other, _)| *other != port);
            self.renamed.is_any.set(!newest.is_empty());
        }
    }

    fn newest(self: &Rc<Self>, id: &PortId) -> Option<PortId> {
        if !self.renamed.is_any.get() || id.node != self.shared.id {
            return None;
        }
        self.renamed.newest.borrow().get(&id.name).map(|(_, newest)| newest.clone())
    }
}

/// The newest port ID of a port of the node whose thread this is, if it is not the given one.
pub(crate) fn newest_id(id: &PortId) -> Option<PortId> {
    Engine::current()?.newest(id)
}
