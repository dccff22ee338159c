//! The entries of one key: that of one owner, as a rule, or those of many.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    clock::Stamp,
    entry::{Encoded, Entry},
};
use crate::id::NodeId;

/// The entries of a key by owner. That of the greatest stamp counts, and of several that of the greatest owner.
#[derive(Clone, Debug, Default)]
pub(super) enum Rivals {
    #[default]
    None,
    One(NodeId, Entry),
    More(Box<Many>),
}

/// Many entries: no change may take longer, the more there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Many {
    by_owner: BTreeMap<NodeId, Entry>,
    ranks: BTreeSet<(Stamp, NodeId)>,
}

impl Rivals {
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The value that counts.
    pub(super) fn winner(&self) -> Option<&Encoded> {
        match self {
            Self::None => None,
            Self::One(_, entry) => Some(&entry.value),
            Self::More(many) => many.winner().map(|entry| &entry.value),
        }
    }

    pub(super) fn set(&mut self, owner: &NodeId, entry: Entry) {
        *self = match std::mem::take(self) {
            Self::One(other, its) if other != *owner => {
                let mut many = Box::<Many>::default();
                many.set(&other, its);
                many.set(owner, entry);
                Self::More(many)
            }
            Self::None | Self::One(..) => Self::One(owner.clone(), entry),
            Self::More(mut many) => {
                many.set(owner, entry);
                Self::More(many)
            }
        };
    }

    pub(super) fn remove(&mut self, owner: &NodeId) {
        let is_over = match self {
            Self::None => false,
            Self::One(only, _) => only == owner,
            Self::More(many) => {
                many.remove(owner);
                many.by_owner.is_empty()
            }
        };
        if is_over {
            *self = Self::None;
        }
    }
}

impl Many {
    fn winner(&self) -> Option<&Entry> {
        let (_, owner) = self.ranks.last()?;
        self.by_owner.get(owner)
    }

    fn set(&mut self, owner: &NodeId, entry: Entry) {
        self.remove(owner);
        self.ranks.insert((entry.stamp, owner.clone()));
        self.by_owner.insert(owner.clone(), entry);
    }

    fn remove(&mut self, owner: &NodeId) {
        if let Some(entry) = self.by_owner.remove(owner) {
            self.ranks.remove(&(entry.stamp, owner.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn what_counts_is_the_greatest_of_all_that_are_there(steps in vec((0..4_u8, option::of(0..4_u64)), 0..20)) {
            let (mut rivals, mut all) = (Rivals::default(), BTreeMap::new());
            for (owner, stamp) in steps {
                let owner: NodeId = format!("n{owner}").parse().unwrap();
                match stamp {
                    Some(stamp) => {
                        let value = Encoded::of(&format!("{stamp} of {owner}").into()).unwrap();
                        rivals.set(&owner, Entry { stamp: Stamp(stamp), value: value.clone() });
                        all.insert(owner, (stamp, value));
                    }
                    None => {
                        rivals.remove(&owner);
                        all.remove(&owner);
                    }
                }
                let best = all.iter().max_by_key(|(owner, (stamp, _))| (*stamp, *owner));
                prop_assert_eq!(rivals.winner(), best.map(|(_, (_, value))| value));
                prop_assert_eq!(rivals.is_empty(), all.is_empty());
            }
        }
    }
}
