//! What global nodes claimed that are gone: kept for the grace, in which their slaves register elsewhere.

use std::collections::BTreeMap;

use crate::{id::NodeId, time::Time};

/// Claims that are kept for some time only.
#[derive(Clone, Debug, Default)]
pub(super) struct Fading {
    /// Global nodes that are lost: all that they claimed.
    globals: BTreeMap<NodeId, Time>,
    /// Parts, by global node and owner, that a former process of the global node claimed and the present one does not.
    parts: BTreeMap<(NodeId, NodeId), Time>,
}

impl Fading {
    pub(super) fn lose(&mut self, global: &NodeId, until: Time) {
        self.globals.insert(global.clone(), until);
    }

    /// The global node is back. Until when its claims were to be kept, if it was lost.
    pub(super) fn find(&mut self, global: &NodeId) -> Option<Time> {
        self.globals.remove(global)
    }

    /// Another process of a global node does not claim this part: it is kept as long as it was to be, unless it was kept already.
    pub(super) fn keep(&mut self, global: &NodeId, owner: &NodeId, until: Time) {
        self.parts.entry((global.clone(), owner.clone())).or_insert(until);
    }

    pub(super) fn is_kept(&self, global: &NodeId, owner: &NodeId) -> bool {
        self.parts.contains_key(&(global.clone(), owner.clone()))
    }

    /// The present process of the global node says something of this part: what the former one said counts no more.
    pub(super) fn replace(&mut self, global: &NodeId, owner: &NodeId) {
        self.parts.remove(&(global.clone(), owner.clone()));
    }

    /// When something is over.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.globals.values().chain(self.parts.values()).min().copied()
    }

    /// Global nodes whose claims are over by now.
    pub(super) fn take_globals(&mut self, now: Time) -> Vec<NodeId> {
        let due = self.globals.extract_if(.., |_, until| *until <= now);
        due.map(|(global, _)| global).collect()
    }

    /// Parts, by global node and owner, that are over by now.
    pub(super) fn take_parts(&mut self, now: Time) -> Vec<(NodeId, NodeId)> {
        let due = self.parts.extract_if(.., |_, until| *until <= now);
        due.map(|(place, _)| place).collect()
    }

    /// The owners of all parts that are kept of former processes of a global node, which are kept no longer.
    pub(super) fn take_parts_of(&mut self, global: &NodeId) -> Vec<NodeId> {
        let kept = self.parts.extract_if(.., |(of, _), _| of == global);
        kept.map(|((_, owner), _)| owner).collect()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.globals.is_empty() && self.parts.is_empty()
    }
}
