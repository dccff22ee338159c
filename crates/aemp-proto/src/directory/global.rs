//! A node that holds all of the database.

use super::{
    Action, Directory, GRACE, Message, Refusal, Role, SETTLING,
    clock::Stamp,
    entry::{Changes, Encoded},
    local::{GLOBALS, LISTENERS},
    name::Name,
    neighbour::{Arriving, Form, Neighbour, begun},
    part::Part,
    query::Facet,
    replica::Claimed,
    wire::{self, Claim, pieces_of_changes, pieces_of_claims},
};
use crate::{
    id::{Address, NodeId},
    value::Value,
};

impl Directory {
    /// From now on this node holds the database, and never again less.
    pub(super) fn become_global(&mut self) {
        if matches!(self.role, Role::Global { .. }) {
            return;
        }
        self.role = Role::Global { settling_until: None };
        self.watches.forget_arriving();
        self.begin_to_be_global();
    }

    pub(super) fn begin_to_be_global(&mut self) {
        let knows_others = !self.seeds.is_empty() || self.neighbours.values().any(|neighbour| neighbour.is_global);
        let settling_until = if knows_others { self.now.after(SETTLING) } else { self.now };
        self.role = Role::Global { settling_until: Some(settling_until) };
        self.register_anew();
        self.publish_global(&self.me.clone());
        self.actions.push_back(Action::BecameGlobal);
        let neighbours: Vec<_> = self.neighbours.keys().cloned().collect();
        for node in neighbours {
            let clock = self.clock.last();
            self.send(&node, Message::Global(clock));
            self.inform(&node);
        }
        self.seeds.hurry(self.now);
        self.seek();
    }

    /// A node says that it is global.
    pub(super) fn meet_global(&mut self, from: &NodeId) {
        if let Some(neighbour) = self.neighbours.get_mut(from) {
            neighbour.is_global = true;
        }
        self.seeds.found(from);
        self.inform(from);
    }

    /// Tells another global node all that this one claims.
    fn inform(&mut self, node: &NodeId) {
        let Some(neighbour) = self.neighbours.get_mut(node) else { return };
        if !neighbour.is_global || neighbour.is_informed || !matches!(self.role, Role::Global { .. }) {
            return;
        }
        neighbour.is_informed = true;
        if neighbour.form == Form::Base {
            return self.inform_base(node);
        }
        let claims = self.replica.claims_of(&self.me);
        let pieces = pieces_of_claims(claims.map(|(owner, claimed)| (owner, claimed.since, &claimed.part)));
        for (left, claims) in pieces {
            let clock = self.clock.last();
            self.send(node, Message::Set(clock, left, claims));
        }
    }

    /// Tells all other global nodes of a change in what this one claims.
    pub(super) fn tell_globals(&mut self, owner: &NodeId, since: Option<Stamp>, changes: &[Changes]) {
        self.tell_base_globals(&self.informed(Form::Base), owner, changes);
        let informed = self.informed(Form::Native);
        if informed.is_empty() {
            return;
        }
        let clock = self.clock.last();
        // With an owner all that it had is gone.
        let changes = if since.is_some() { changes.to_vec() } else { Vec::new() };
        for (_, piece) in pieces_of_changes(changes) {
            for node in &informed {
                self.send(node, Message::Update(clock, owner.clone(), since, piece.clone()));
            }
        }
    }

    fn informed(&self, form: Form) -> Vec<NodeId> {
        let informed = self.neighbours.iter().filter(|(_, neighbour)| neighbour.is_informed && neighbour.form == form);
        informed.map(|(node, _)| node.clone()).collect()
    }

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
        let Some(mut parts) = neighbour.take_arriving(left)? else { return Ok(()) };
        let claimed = parts.entry(from.clone()).or_insert_with(|| begun(since));
        check_entries(from, claimed, &piece, limits.max_entries)?;
        claimed.part.apply(&piece);
        if left > 0 {
            neighbour.arriving = Arriving::Pieces { parts, left };
            return Ok(());
        }
        let Some(claimed) = parts.remove(from) else { return Ok(()) };
        neighbour.slave = Some(seeds);
        self.clock.observe(since);
        self.become_global();
        let changes = claimed.part.since(self.replica.claimed(&me, from).map(|old| &old.part));
        let since = claimed.since;
        self.replica.claim(&me, from, Some(claimed));
        self.tell_globals(from, Some(since), &changes);
        self.seeds.hurry(self.now);
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
        let Some(mut parts) = neighbour.take_arriving(left)? else { return Ok(()) };
        for Claim { owner, since, part } in claims {
            if parts.len() >= limits.max_owners && !parts.contains_key(&owner) {
                return Err(Refusal::TooManyOwners { limit: limits.max_owners });
            }
            let claimed = parts.entry(owner.clone()).or_insert_with(|| begun(since));
            check_entries(&owner, claimed, &part, limits.max_entries)?;
            claimed.part.apply(&part);
            self.clock.observe(since);
        }
        if left > 0 {
            neighbour.arriving = Arriving::Pieces { parts, left };
            return Ok(());
        }
        self.replica.claim_all(from, parts);
        self.fading.remove(from);
        self.release_slave(from);
        self.publish_global(from);
        self.settled();
        Ok(())
    }

    /// Tells all that a node is global, and where it listens. Each global node does so for all that it is connected with: that
    /// is how those learn of each other that have only a third one in common.
    fn publish_global(&mut self, node: &NodeId) {
        let listeners = self.replica.claimed(node, node);
        let listeners = listeners.and_then(|claimed| claimed.part.get(&Name::fixed(LISTENERS), &Name::of(node)));
        if let Some(listeners) = listeners.map(|entry| entry.value.clone()).filter(|_| *node != self.me) {
            self.set_for_node(node, LISTENERS, listeners);
        }
        if let Ok(nothing) = Encoded::of(&Value::Null) {
            self.set_for_node(node, GLOBALS, nothing);
        }
    }

    /// A node of which this one told that it is global is lost.
    fn unpublish_global(&mut self, node: &NodeId) {
        for family in [GLOBALS, LISTENERS] {
            self.change_own(Changes::remove(Name::fixed(family), Name::of(node)));
        }
    }

    /// A slave is one no more: it is lost, or became global and claims its own part.
    fn release_slave(&mut self, node: &NodeId) {
        if let Some(neighbour) = self.neighbours.get_mut(node) {
            neighbour.slave = None;
        }
        let me = self.me.clone();
        if let Some(known) = self.replica.claimed(&me, node) {
            let removed = Part::default().since(Some(&known.part));
            self.replica.claim(&me, node, None);
            self.tell_globals(node, None, &removed);
        }
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
                self.replica.claim(from, &owner, None);
            }
            return Ok(());
        };
        if let Some(known) = self.replica.claimed(&claimant, &owner) {
            check_entries(&owner, known, &changes, self.limits.max_entries)?;
        }
        self.clock.observe(since);
        self.replica.update(&claimant, &owner, since, &changes);
        if claimant == me {
            self.tell_globals(&owner, Some(since), &changes);
        }
        Ok(())
    }

    /// A neighbour is lost: the part of a slave goes with it, the claims of a global node a little later.
    pub(super) fn lose_neighbour(&mut self, node: &NodeId, neighbour: &Neighbour) {
        if neighbour.is_slave() {
            self.release_slave(node);
        }
        if neighbour.is_global {
            self.fading.insert(node.clone(), self.now.after(GRACE));
            let addresses = self.addresses_of(node);
            self.seeds.lose(node, addresses, self.now);
            self.unpublish_global(node);
            self.seeds.hurry(self.now);
        }
    }

    /// Handles a request that only global nodes answer.
    pub(super) fn take_request(&mut self, from: &NodeId, request: Message) -> Result<(), Refusal> {
        let limits = self.limits;
        match self.role {
            Role::Alone | Role::Slave(_) => Err(Refusal::NotAsked),
            Role::Global { settling_until: None } => self.answer(from, request),
            Role::Global { settling_until: Some(_) } => {
                let Some(neighbour) = self.neighbours.get_mut(from) else { return Ok(()) };
                if neighbour.waiting.len() >= limits.max_queries {
                    return Err(Refusal::TooManyQueries { limit: limits.max_queries });
                }
                neighbour.waiting.push(request);
                Ok(())
            }
        }
    }

    pub(super) fn answer(&mut self, from: &NodeId, request: Message) -> Result<(), Refusal> {
        match request {
            Message::Find(_, node) => {
                let (addresses, clock) = (self.listeners_of(&node), self.clock.last());
                self.send(from, Message::Found(clock, node, addresses));
            }
            Message::ReadFamily(_, family, number) => self.reply(from, Facet::Family, &family, number),
            Message::ReadKeys(_, family, number) => self.reply(from, Facet::Keys, &family, number),
            Message::ReadValues(_, family, number) => self.reply(from, Facet::Values, &family, number),
            Message::Watch(_, family) => return self.add_watcher(from, family),
            Message::Unwatch(_, family) => {
                if let Some(neighbour) = self.neighbours.get_mut(from) {
                    neighbour.watches.remove(&family);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn reply(&mut self, to: &NodeId, facet: Facet, family: &Name, number: Name) {
        let most = self.limits.max_message.saturating_sub(1024);
        let answer = facet.read(&self.replica.union, family, most);
        let clock = self.clock.last();
        self.send(to, Message::Reply(clock, number, answer));
    }

    fn add_watcher(&mut self, from: &NodeId, family: Name) -> Result<(), Refusal> {
        let limit = self.limits.max_database_watches;
        let Some(neighbour) = self.neighbours.get_mut(from) else { return Ok(()) };
        if neighbour.watches.len() >= limit && !neighbour.watches.contains(&family) {
            return Err(Refusal::TooManyWatches { limit });
        }
        neighbour.watches.insert(family.clone());
        let content = self.replica.union.content(&family);
        let pieces = match neighbour.form {
            Form::Native => wire::pieces(content, |(key, value)| wire::size_of_pair((key, value))),
            Form::Base => vec![(0, content.into_iter().collect())],
        };
        for (left, piece) in pieces {
            let clock = self.clock.last();
            self.send(from, Message::Content(clock, family.clone(), left, piece));
        }
        Ok(())
    }
}

fn check_entries(owner: &NodeId, claimed: &Claimed, changes: &[Changes], limit: usize) -> Result<(), Refusal> {
    if claimed.part.len_with(changes) > limit {
        return Err(Refusal::TooManyEntries { owner: owner.clone(), limit });
    }
    Ok(())
}
