//! A set that has one element as a rule.

use std::collections::BTreeSet;

/// A set in order, without memory of its own for one element.
#[derive(Clone, Debug, Default)]
pub(crate) enum Few<T> {
    #[default]
    None,
    One(T),
    #[expect(clippy::box_collection, reason = "the others are to be small")]
    More(Box<BTreeSet<T>>),
}

impl<T: Ord> Few<T> {
    pub(crate) fn insert(&mut self, element: T) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(element),
            Self::One(first) if first == element => Self::One(first),
            Self::One(first) => Self::More(Box::new(BTreeSet::from([first, element]))),
            Self::More(mut elements) => {
                elements.insert(element);
                Self::More(elements)
            }
        };
    }

    pub(crate) fn remove(&mut self, element: &T) {
        match self {
            Self::One(only) if only == element => *self = Self::None,
            Self::More(elements) => {
                elements.remove(element);
            }
            Self::None | Self::One(_) => {}
        }
    }

    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(&T) -> bool) {
        match self {
            Self::One(only) if !keeps(only) => *self = Self::None,
            Self::More(elements) => elements.retain(keeps),
            Self::None | Self::One(_) => {}
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(_) => 1,
            Self::More(elements) => elements.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let (one, more) = match self {
            Self::None => (None, None),
            Self::One(only) => (Some(only), None),
            Self::More(elements) => (None, Some(elements)),
        };
        one.into_iter().chain(more.into_iter().flat_map(|elements| elements.iter()))
    }

    /// Gives all elements away.
    #[inline]
    pub(crate) fn for_each(self, mut each: impl FnMut(T)) {
        match self {
            Self::None => {}
            Self::One(only) => each(only),
            Self::More(elements) => elements.into_iter().for_each(each),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_set_that_it_stands_for(steps in vec((any::<bool>(), 0u8..4), 0..20)) {
            let (mut few, mut set) = (Few::default(), BTreeSet::new());
            for (inserts, element) in steps {
                if inserts {
                    few.insert(element);
                    set.insert(element);
                } else {
                    few.remove(&element);
                    set.remove(&element);
                }
                prop_assert_eq!((few.len(), few.is_empty()), (set.len(), set.is_empty()));
                prop_assert!(few.iter().eq(&set));
            }
            few.retain(|element| element % 2 == 0);
            set.retain(|element| element % 2 == 0);
            let mut given = BTreeSet::new();
            few.for_each(|element| assert!(given.insert(element)));
            prop_assert_eq!(given, set);
        }
    }
}
