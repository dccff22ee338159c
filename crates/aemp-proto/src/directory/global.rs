//! A node that holds all of the database.

use std::time::Duration;

use super::{
    Action, Directory, GRACE, Message, Role, SETTLING,
    clock::Stamp,
    entry::{Changes, Encoded},
    local::{GLOBALS, LISTENERS},
    name::Name,
    neighbour::{Form, Neighbour},
    part::Part,
    wire::{pieces_of_changes, pieces_of_claims},
};
use crate::{
    id::NodeId,
    planted::{Bug, planted},
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
        let settling_until =
            if knows_others && !planted(Bug::AnswersAtOnce) { self.now.after(SETTLING) } else { self.now };
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
        let Some(neighbour) = self.neighbours.get(node) else { return };
        let is_informed = self.informed.contains_key(node);
        if !neighbour.is_global || is_informed || !matches!(self.role, Role::Global { .. }) {
            return;
        }
        let form = neighbour.form;
        self.informed.insert(node.clone(), form);
        if form == Form::Base {
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
        self.informed.iter().filter(|(_, of)| **of == form).map(|(node, _)| node.clone()).collect()
    }

    /// Tells all that a node is global, and where it listens. Each global node does so for all that it is connected with: that
    /// is how those learn of each other that have only a third one in common.
    pub(super) fn publish_global(&mut self, node: &NodeId) {
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
    pub(super) fn release_slave(&mut self, node: &NodeId) {
        if let Some(neighbour) = self.neighbours.get_mut(node) {
            neighbour.slave = None;
        }
        self.readers.forget(node);
        let me = self.me.clone();
        if let Some(known) = self.replica.claimed(&me, node) {
            let removed = Part::default().since(Some(&known.part));
            self.replica.claim(&me, node, None);
            self.tell_globals(node, None, &removed);
        }
    }

    /// A neighbour is lost: the part of a slave goes with it, the claims of a global node a little later.
    pub(super) fn lose_neighbour(&mut self, node: &NodeId, neighbour: &Neighbour) {
        if neighbour.is_slave() && !planted(Bug::LostSlaveKept) {
            self.release_slave(node);
        }
        if neighbour.is_global {
            let grace = if planted(Bug::NoGrace) { Duration::ZERO } else { GRACE };
            self.fading.lose(node, self.now.after(grace));
            let addresses = self.addresses_of(node);
            self.seeds.lose(node, addresses, self.now);
            self.unpublish_global(node);
            self.seeds.hurry(self.now);
        }
    }
}
