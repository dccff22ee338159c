//! Groups of ports: they are told which nodes are reached.

use std::{cell::RefCell, sync::Weak};

use aemp_proto::{id::NodeId, kernel::Event};

use super::engine::Engine;
use crate::group::Members;

/// The groups that programs of a node hold.
#[derive(Default)]
pub(super) struct Groups(RefCell<Vec<Weak<Members>>>);

impl Engine {
    pub(crate) fn add_group(&self, group: Weak<Members>) {
        let mut groups = self.groups.0.borrow_mut();
        groups.retain(|group| group.strong_count() > 0);
        groups.push(group);
    }

    /// Whether messages to a node find a connection.
    pub(crate) fn reaches(&self, node: &NodeId) -> bool {
        *node == self.shared.id || self.kernel(|kernel, _| kernel.peer(node)).is_some_and(|peer| peer.connected)
    }

    pub(super) fn tell_groups(&self, event: &Event) {
        if let Event::PeerUp { node, .. } | Event::SessionResumed { node, .. } = event {
            self.groups.0.borrow().iter().filter_map(Weak::upgrade).for_each(|group| group.reach(node));
        }
    }
}
