//! Which nodes watch which families. A change concerns few of all that are connected.

use std::collections::{BTreeMap, BTreeSet};

use super::name::Name;
use crate::id::NodeId;

/// Nodes by what they watch, and what they watch by node.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers {
    by_family: BTreeMap<Name, BTreeSet<NodeId>>,
    by_node: BTreeMap<NodeId, BTreeSet<Name>>,
}

impl Readers {
    /// Whether there is a place for a node's watch, if it may have so many. Then it stands there.
    pub(super) fn add(&mut self, node: &NodeId, family: &Name, limit: usize) -> bool {
        let families = self.by_node.entry(node.clone()).or_default();
        if families.len() >= limit && !families.contains(family) {
            return false;
        }
        families.insert(family.clone());
        self.by_family.entry(family.clone()).or_default().insert(node.clone());
        true
    }

    pub(super) fn remove(&mut self, node: &NodeId, family: &Name) {
        if let Some(families) = self.by_node.get_mut(node) {
            families.remove(family);
            if families.is_empty() {
                self.by_node.remove(node);
            }
        }
        if let Some(nodes) = self.by_family.get_mut(family) {
            nodes.remove(node);
            if nodes.is_empty() {
                self.by_family.remove(family);
            }
        }
    }

    /// A node is lost.
    pub(super) fn forget(&mut self, node: &NodeId) {
        for family in self.by_node.remove(node).unwrap_or_default() {
            self.remove(node, &family);
        }
    }

    pub(super) fn of(&self, family: &Name) -> impl Iterator<Item = &NodeId> {
        self.by_family.get(family).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_reads_what_it_watches_until_it_ends_that_or_is_lost() {
        let [a, b]: [NodeId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
        let [x, y, z] = ["x", "y", "z"].map(Name::fixed);
        let mut readers = Readers::default();
        assert!([(&a, &x), (&a, &y), (&b, &x), (&a, &x)].into_iter().all(|(node, name)| readers.add(node, name, 2)));
        assert!(!readers.add(&a, &z, 2), "there are two already");
        readers.remove(&b, &y);
        assert_eq!(readers.of(&x).collect::<Vec<_>>(), [&a, &b]);
        readers.forget(&a);
        assert_eq!((readers.of(&x).collect::<Vec<_>>(), readers.of(&y).count()), (vec![&b], 0));
        readers.remove(&b, &x);
        assert!(readers.by_family.is_empty() && readers.by_node.is_empty());
    }
}
