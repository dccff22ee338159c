//! What this node's claims come to: base peers do not know of owners.

use super::{
    Action, Directory, base,
    clock::Stamp,
    entry::Changes,
    union::Union,
    wire::{Claim, Message, pieces_of_changes},
};
use crate::id::NodeId;

/// The union of the claims of this node, as long as there are base peers to tell it.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged(Option<Union>);

impl Directory {
    /// Tells a base peer that is global all that this node claims.
    pub(super) fn inform_base(&mut self, node: &NodeId) {
        if self.merged.0.is_none() {
            let mut union = Union::default();
            for (owner, claimed) in self.replica.claims_of(&self.me) {
                union.apply(owner, &claimed.part.since(None));
            }
            union.take_changed();
            self.merged.0 = Some(union);
        }
        let Some(union) = &self.merged.0 else { return };
        let part = union.families().map(|family| {
            let set = union.content(family).into_iter().map(|(key, value)| (key, Stamp::UNKNOWN, value));
            Changes { set: set.collect(), ..Changes::none(family.clone()) }
        });
        let mut part: Vec<Changes> = part.collect();
        // What the nodes say of themselves comes first.
        part.sort_by_key(|changes| !changes.family.as_str().starts_with('\''));
        for (n, (_, part)) in pieces_of_changes(part).into_iter().enumerate() {
            let (owner, since) = (self.me.clone(), Stamp::UNKNOWN);
            let message = match n {
                0 => Message::Set(since, 0, vec![Claim { owner, since, part }]),
                _ => Message::Update(since, owner, Some(since), part),
            };
            self.send(node, message);
        }
    }

    /// Tells base peers that are global of a change in what this node claims.
    pub(super) fn tell_base_globals(&mut self, informed: &[NodeId], owner: &NodeId, changes: &[Changes]) {
        if informed.is_empty() {
            self.merged.0 = None;
            return;
        }
        let Some(union) = &mut self.merged.0 else { return };
        union.apply(owner, changes);
        let changed = union.take_changed();
        let union = &*union;
        let told = changed.iter().map(|(family, keys)| {
            let mut changes = Changes::none(family.clone());
            for key in keys.keys() {
                match union.get(family, key) {
                    Some(value) => changes.set.push((key.clone(), Stamp::UNKNOWN, value.clone())),
                    None => changes.removed.push(key.clone()),
                }
            }
            changes
        });
        let told: Vec<Changes> = told.collect();
        for message in base::updates(told, &self.limits) {
            for to in informed {
                self.actions.push_back(Action::SendBase { to: to.clone(), message: message.clone() });
            }
        }
    }
}
