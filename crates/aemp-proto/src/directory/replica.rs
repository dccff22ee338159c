//! What global nodes claim for owners, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use super::{clock::Stamp, entry::Changes, part::Part, union::Union};
use crate::{
    id::NodeId,
    planted::{Bug, planted},
};

/// The part of an owner, as one global node claims it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claimed {
    /// When the owner registered. Where several global nodes claim a part of one owner, its latest registration counts.
    pub(crate) since: Stamp,
    pub(crate) part: Part,
}

/// What a global node claims in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Total {
    owners: BTreeSet<NodeId>,
    octets: usize,
}

/// All claims, and the union of those that count. It depends on the claims alone, not on the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// By owner, then by the global node that claims.
    claims: BTreeMap<NodeId, BTreeMap<NodeId, Claimed>>,
    /// By global node.
    totals: BTreeMap<NodeId, Total>,
    pub(crate) union: Union,
}

impl Replica {
    pub(crate) fn claimed(&self, global: &NodeId, owner: &NodeId) -> Option<&Claimed> {
        self.claims.get(owner)?.get(global)
    }

    /// All that a global node claims, by owner.
    pub(crate) fn claims_of(&self, global: &NodeId) -> impl Iterator<Item = (&NodeId, &Claimed)> {
        let owners = self.totals.get(global).into_iter().flat_map(|total| &total.owners);
        owners.filter_map(move |owner| Some((owner, self.claimed(global, owner)?)))
    }

    /// A global node claims this part of an owner, and no other; `None`: no part at all.
    pub(crate) fn claim(&mut self, global: &NodeId, owner: &NodeId, claimed: Option<Claimed>) {
        let octets = |claimed: Option<&Claimed>| claimed.map_or(0, |claimed| claimed.part.size().octets);
        let (added, gone) = (octets(claimed.as_ref()), octets(self.claimed(global, owner)));
        self.count(global, added, gone);
        self.count_owner(global, owner, claimed.is_some());
        let Self { claims, union, .. } = self;
        let of_owner = claims.entry(owner.clone()).or_default();
        let before = authority(of_owner).map(|(global, _)| global.clone());
        let replaced = match claimed {
            Some(claimed) => of_owner.insert(global.clone(), claimed),
            None => of_owner.remove(global),
        };
        let after = authority(of_owner);
        if before.as_ref() != after.map(|(global, _)| global) || before.as_ref() == Some(global) {
            let old = match before.as_ref() {
                Some(before) if before != global => of_owner.get(before).map(|claimed| &claimed.part),
                Some(_) => replaced.as_ref().map(|claimed| &claimed.part),
                None => None,
            };
            let nothing = Part::default();
            let new = after.map_or(&nothing, |(_, claimed)| &claimed.part);
            union.apply(owner, &new.since(old));
        }
        if of_owner.is_empty() {
            claims.remove(owner);
        }
    }

    /// A part that a global node claims changes.
    pub(crate) fn update(&mut self, global: &NodeId, owner: &NodeId, since: Stamp, changes: &[Changes]) {
        let Self { claims, union, .. } = self;
        let of_owner = claims.entry(owner.clone()).or_default();
        let others = of_owner.iter().filter(|(other, _)| *other != global);
        let greatest = others.map(|(other, claimed)| (claimed.since, other.clone())).max();
        let counts = |since| greatest.as_ref() < Some(&(since, global.clone()));
        match of_owner.get_mut(global) {
            Some(claimed) if counts(claimed.since) == counts(since) => {
                let before = claimed.part.size().octets;
                claimed.since = since;
                claimed.part.apply(changes);
                let after = claimed.part.size().octets;
                if counts(since) {
                    union.apply(owner, changes);
                }
                self.count(global, after, before);
            }
            known => {
                let mut part = known.map(|claimed| claimed.part.clone()).unwrap_or_default();
                part.apply(changes);
                self.claim(global, owner, Some(Claimed { since, part }));
            }
        }
    }

    fn count(&mut self, global: &NodeId, added: usize, gone: usize) {
        let total = self.totals.entry(global.clone()).or_default();
        total.octets = total.octets.saturating_add(added).saturating_sub(gone);
    }

    fn count_owner(&mut self, global: &NodeId, owner: &NodeId, is_there: bool) {
        let Some(total) = self.totals.get_mut(global) else { return };
        if is_there {
            total.owners.insert(owner.clone());
        } else {
            total.owners.remove(owner);
        }
        if total.owners.is_empty() {
            self.totals.remove(global);
        }
    }

    /// For how many owners a global node speaks.
    pub(crate) fn owners(&self, global: &NodeId) -> usize {
        self.totals.get(global).map_or(0, |total| total.owners.len())
    }

    /// How many octets of entries it claims.
    pub(crate) fn octets(&self, global: &NodeId) -> usize {
        self.totals.get(global).map_or(0, |total| total.octets)
    }

    /// A global node claims these parts, and no others, but for those of owners that are kept.
    pub(crate) fn claim_all(
        &mut self,
        global: &NodeId,
        mut parts: BTreeMap<NodeId, Claimed>,
        mut is_kept: impl FnMut(&NodeId) -> bool,
    ) {
        let former: Vec<NodeId> = self.claims_of(global).map(|(owner, _)| owner.clone()).collect();
        for owner in former {
            match parts.remove(&owner) {
                None if is_kept(&owner) => {}
                claimed => self.claim(global, &owner, claimed),
            }
        }
        for (owner, claimed) in parts {
            self.claim(global, &owner, Some(claimed));
        }
    }
}

/// The claim that counts.
fn authority(claims: &BTreeMap<NodeId, Claimed>) -> Option<(&NodeId, &Claimed)> {
    if planted(Bug::FormerMasterCounts) {
        return claims.iter().min_by_key(|(global, claimed)| (claimed.since, *global));
    }
    claims.iter().max_by_key(|(global, claimed)| (claimed.since, *global))
}
