//! Watches that handlers set on families.

use std::sync::Arc;

use aemp_proto::directory::DatabaseWatch;

use crate::node::Shared;

/// A handler's watch on a family of the database. Dropping it ends the watch: no change is told afterwards.
///
/// [`FamilyWatch::forever`] lets go of it instead; it then lasts as long as the port that set it.
#[must_use = "dropping a watch ends it: keep it, or let go of it with `.forever()`"]
#[derive(Debug)]
pub struct FamilyWatch {
    node: Arc<Shared>,
    id: Option<DatabaseWatch>,
}

impl FamilyWatch {
    pub(crate) const fn new(node: Arc<Shared>, id: DatabaseWatch) -> Self {
        Self { node, id: Some(id) }
    }

    /// Lets the watch last as long as the port that set it.
    pub fn forever(mut self) {
        self.id = None;
    }
}

impl Drop for FamilyWatch {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let _ = self.node.act(move |engine| engine.unwatch_family(id));
        }
    }
}
