//! What global nodes claim for owners, and what follows from it.

use std::collections::BTreeMap;

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

/// How much is claimed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) owners: usize,
    pub(crate) octets: usize,
}

impl Tally {
    fn of(claimed: &Claimed) -> Self {
        Self { owners: 1, octets: claimed.part.size().octets }
    }
}

/// All claims, and the union of those that count. It depends on the claims alone, not on the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// By owner, then by the global node that claims.
    claims: BTreeMap<NodeId, BTreeMap<NodeId, Claimed>>,
    /// How much each global node claims in all.
    tallies: BTreeMap<NodeId, Tally>,
    pub(crate) union: Union,
}

impl Replica {
    pub(crate) fn claimed(&self, global: &NodeId, owner: &NodeId) -> Option<&Claimed> {
        self.claims.get(owner)?.get(global)
    }

    /// All that a global node claims, by owner.
    pub(crate) fn claims_of(&self, global: &NodeId) -> impl Iterator<Item = (&NodeId, &Claimed)> {
        self.claims.iter().filter_map(move |(owner, claims)| Some((owner, claims.get(global)?)))
    }

    /// A global node claims this part of an owner, and no other; `None`: no part at all.
    pub(crate) fn claim(&mut self, global: &NodeId, owner: &NodeId, claimed: Option<Claimed>) {
        let tally = |claimed: Option<&Claimed>| claimed.map_or_else(Tally::default, Tally::of);
        let (added, gone) = (tally(claimed.as_ref()), tally(self.claimed(global, owner)));
        self.count(global, added, gone);
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
        let known = claims.get_mut(owner).and_then(|claims| {
            let counts = authority(claims).is_some_and(|(counting, _)| counting == global);
            claims.get_mut(global).map(|claimed| (claimed, counts))
        });
        match known {
            Some((claimed, true)) if claimed.since <= since => {
                claimed.since = since;
                let before = Tally::of(claimed);
                claimed.part.apply(changes);
                let after = Tally::of(claimed);
                union.apply(owner, changes);
                self.count(global, after, before);
            }
            known => {
                let mut part = known.map(|(claimed, _)| claimed.part.clone()).unwrap_or_default();
                part.apply(changes);
                self.claim(global, owner, Some(Claimed { since, part }));
            }
        }
    }

    fn count(&mut self, global: &NodeId, added: Tally, gone: Tally) {
        let tally = self.tallies.entry(global.clone()).or_default();
        tally.owners = tally.owners.saturating_add(added.owners).saturating_sub(gone.owners);
        tally.octets = tally.octets.saturating_add(added.octets).saturating_sub(gone.octets);
        if *tally == Tally::default() {
            self.tallies.remove(global);
        }
    }

    /// How much a global node claims.
    pub(crate) fn tally(&self, global: &NodeId) -> Tally {
        self.tallies.get(global).copied().unwrap_or_default()
    }

    /// A global node claims these parts, and no others.
    pub(crate) fn claim_all(&mut self, global: &NodeId, mut parts: BTreeMap<NodeId, Claimed>) {
        let former: Vec<NodeId> = self.claims_of(global).map(|(owner, _)| owner.clone()).collect();
        for owner in former {
            let claimed = parts.remove(&owner);
            self.claim(global, &owner, claimed);
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
