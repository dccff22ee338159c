//! Ports that stand in the database.

use std::sync::Arc;

use aemp_proto::id::PortId;

use crate::node::Shared;

/// A port is registered in a family of the database. Dropping this ends it.
///
/// [`Registration::forever`] lets go of it instead; it then lasts until the port dies.
#[must_use = "dropping a registration ends it: keep it, or let go of it with `.forever()`"]
#[derive(Debug)]
pub struct Registration {
    node: Arc<Shared>,
    /// `None` once it was let go of.
    entry: Option<(String, PortId)>,
}

impl Registration {
    pub(super) fn new(node: Arc<Shared>, family: &str, port: PortId) -> Self {
        Self { node, entry: Some((family.to_owned(), port)) }
    }

    /// Lets the registration last as long as the port.
    pub fn forever(mut self) {
        self.entry = None;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some((family, port)) = self.entry.take() {
            let _ = self.node.act(move |engine| engine.unregister(&family, &port));
        }
    }
}
