//! What others own: slaves say it of themselves, global nodes of all for whom they speak.

use std::collections::BTreeMap;

use super::{
    Directory, Refusal, Role, clock::Stamp, entry::Changes, neighbour::Arriving, part::Part, replica::Claimed,
    wire::Claim,
};
use crate::{
    id::{Address, NodeId},
    planted::{Bug, planted},
};

impl Directory {
    /// A node registers: this node is its master, and therefore global.
    pub(super) fn take_slave(
        &mut self,
        from: &NodeId,
        since: Stamp,
        seeds: Vec<Address>,
        left: u32,
        piece: Vec<Changes>,
    ) -> Result<(), Refusal> {
        let (limits, me) = (self.limits, self.me.clone());
        let Some(neighbour) = self.neighbours.get_mut(from) else { return Ok(()) };
        if seeds.len() > limits.max_seeds {
            return Err(Refusal::TooManySeeds { limit: limits.max_seeds });
        }
        if neighbour.is_global {
            return Err(Refusal::GlobalAlready);
        }
        let Some(mut pieces) = neighbour.take_arriving(left)? else { return Ok(()) };
        pieces.add(from, since, &piece, &limits)?;
        if left > 0 {
            neighbour.arriving = Arriving::Pieces { pieces, left };
            return Ok(());
        }
        let Some(claimed) = pieces.parts.remove(from) else { return Ok(()) };
        let gone = self.replica.claimed(&me, from).map_or(0, |known| known.part.size().octets);
        let others = self.replica.octets(&me).saturating_sub(gone);
        if others.saturating_add(claimed.part.size().octets) > limits.max_claimed {
            return Err(Refusal::Full { limit: limits.max_claimed });
        }
        self.seeds.hurry_to(&seeds, self.now);
        neighbour.slave = Some(seeds);
        self.clock.observe(since);
        self.become_global();
        let changes = claimed.part.since(self.replica.claimed(&me, from).map(|old| &old.part));
        let since = claimed.since;
        self.replica.claim(&me, from, Some(claimed));
        self.tell_globals(from, Some(since), &changes);
        self.seek();
        Ok(())
    }

    /// A part of another global node's claims, which count when all of them are there.
    pub(super) fn take_claims(&mut self, from: &NodeId, left: u32, claims: Vec<Claim>) -> Result<(), Refusal> {
        let limits = self.limits;
        let Some(neighbour) = self.neighbours.get_mut(from) else { return Ok(()) };
        if !neighbour.is_global {
            return Err(Refusal::NotAGlobal);
        }
        if !matches!(self.role, Role::Global { .. }) {
            return Err(Refusal::NotAsked);
        }
        let Some(mut pieces) = neighbour.take_arriving(left)? else { return Ok(()) };
        for Claim { owner, since, part } in claims {
            pieces.add(&owner, since, &part, &limits)?;
            self.clock.observe(since);
        }
        if left > 0 {
            neighbour.arriving = Arriving::Pieces { pieces, left };
            return Ok(());
        }
        self.claim_all(from, pieces.parts);
        self.release_slave(from);
        self.publish_global(from);
        self.settled();
        Ok(())
    }

    /// A global node that was lost is back. What another process of it claimed stays as long as it was to be: the slaves of that
    /// one have not registered anew yet, perhaps.
    fn claim_all(&mut self, from: &NodeId, parts: BTreeMap<NodeId, Claimed>) {
        parts.keys().for_each(|owner| self.fading.replace(from, owner));
        let since = |claimed: Option<&Claimed>| claimed.map(|claimed| claimed.since);
        let is_another = since(self.replica.claimed(from, from)) != since(parts.get(from));
        let until = self.fading.find(from).filter(|_| is_another && !planted(Bug::FormerProcessForgotten));
        let fading = &mut self.fading;
        self.replica.claim_all(from, parts, |owner| {
            if let Some(until) = until {
                fading.keep(from, owner, until);
            }
            fading.is_kept(from, owner)
        });
        let (octets, owners) = (self.replica.octets(from), self.replica.owners(from));
        if octets > self.limits.max_claimed || owners > self.limits.max_owners {
            self.forget_former(from);
        }
    }

    /// What former processes of a global node claimed makes room for what the present one does. False if there was nothing.
    fn forget_former(&mut self, global: &NodeId) -> bool {
        let owners = self.fading.take_parts_of(global);
        owners.iter().for_each(|owner| self.replica.claim(global, owner, None));
        !owners.is_empty()
    }

    /// A slave changes its part, or a global node what it claims.
    pub(super) fn take_update(
        &mut self,
        from: &NodeId,
        owner: NodeId,
        since: Option<Stamp>,
        changes: Vec<Changes>,
    ) -> Result<(), Refusal> {
        let Some(neighbour) = self.neighbours.get(from) else { return Ok(()) };
        let (is_global, is_slave, me) = (neighbour.is_global, neighbour.is_slave(), self.me.clone());
        let claimant = match (is_global, is_slave) {
            (true, _) if matches!(self.role, Role::Global { .. }) => from.clone(),
            (false, true) if owner == *from => me.clone(),
            (false, true) => return Err(Refusal::NotItsOwn { owner }),
            (true, _) | (false, false) => return Err(Refusal::NotASlave),
        };
        let Some(since) = since else {
            // A slave that does not want to be one any more says so by its end.
            if is_global {
                self.fading.replace(from, &owner);
                self.replica.claim(from, &owner, None);
            }
            return Ok(());
        };
        if let Err(refusal) = self.check_update(&claimant, &owner, &changes) {
            if !self.forget_former(&claimant) {
                return Err(refusal);
            }
            self.check_update(&claimant, &owner, &changes)?;
        }
        self.clock.observe(since);
        if self.fading.is_kept(&claimant, &owner) {
            self.fading.replace(&claimant, &owner);
            let mut part = Part::default();
            part.apply(&changes);
            self.replica.claim(&claimant, &owner, Some(Claimed { since, part }));
        } else {
            self.replica.update(&claimant, &owner, since, &changes);
        }
        if claimant == me {
            self.tell_globals(&owner, Some(since), &changes);
        }
        Ok(())
    }

    /// Whether there is room for what an owner is to have.
    fn check_update(&self, claimant: &NodeId, owner: &NodeId, changes: &[Changes]) -> Result<(), Refusal> {
        let limits = &self.limits;
        let known = self.replica.claimed(claimant, owner).map(|claimed| &claimed.part);
        if known.is_none() && self.replica.owners(claimant) >= limits.max_owners {
            return Err(Refusal::TooManyOwners { limit: limits.max_owners });
        }
        let nothing = Part::default();
        let part = known.unwrap_or(&nothing);
        part.check(owner, changes, limits)?;
        let added = part.size_with(changes).octets.saturating_sub(part.size().octets);
        if self.replica.octets(claimant).saturating_add(added) > limits.max_claimed {
            return Err(Refusal::Full { limit: limits.max_claimed });
        }
        Ok(())
    }
}
