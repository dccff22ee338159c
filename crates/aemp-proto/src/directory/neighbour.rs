//! What is known of a node that a session is held with.

use std::collections::BTreeMap;

use super::{Message, Refusal, clock::Stamp, entry::Changes, replica::Claimed};
use crate::{
    id::{Address, NodeId},
    limits::Limits,
};

/// The forms of what is said to a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// With clocks, stamps and owners.
    #[default]
    Native,
    /// As nodes of AnyEvent::MP say it.
    Base,
}

/// A node that a session is held with.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbour {
    pub(super) form: Form,
    /// It said that it is global.
    pub(super) is_global: bool,
    /// It registered as a slave of this node, with its seeds.
    pub(super) slave: Option<Vec<Address>>,
    /// What it has asked while this node does not yet answer.
    pub(super) waiting: Vec<Message>,
    pub(super) arriving: Arriving,
}

/// Content in pieces: of a slave its own part, of a global node all that it claims.
#[derive(Clone, Debug, Default)]
pub(super) enum Arriving {
    #[default]
    Nothing,
    /// So many pieces are still to come.
    Pieces { pieces: Pieces, left: u32 },
    /// A piece was refused, and so are those that are still to come.
    Refused { left: u32 },
}

/// What has arrived of such content.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) parts: BTreeMap<NodeId, Claimed>,
    octets: usize,
}

impl Pieces {
    /// Takes part of an owner's part in.
    pub(super) fn add(
        &mut self,
        owner: &NodeId,
        since: Stamp,
        changes: &[Changes],
        limits: &Limits,
    ) -> Result<(), Refusal> {
        if self.parts.len() >= limits.max_owners && !self.parts.contains_key(owner) {
            return Err(Refusal::TooManyOwners { limit: limits.max_owners });
        }
        let claimed = self.parts.entry(owner.clone()).or_insert_with(|| Claimed { since, ..Claimed::default() });
        claimed.part.check(owner, changes, limits)?;
        let before = claimed.part.size().octets;
        claimed.part.apply(changes);
        self.octets = self.octets.saturating_add(claimed.part.size().octets).saturating_sub(before);
        if self.octets > limits.max_claimed { Err(Refusal::Full { limit: limits.max_claimed }) } else { Ok(()) }
    }
}

impl Neighbour {
    /// What has arrived before the piece that `left` more follow; `None` if all of it was refused before. If this piece is
    /// not put there, it is refused.
    pub(super) fn take_arriving(&mut self, left: u32) -> Result<Option<Pieces>, Refusal> {
        let refused = if left > 0 { Arriving::Refused { left } } else { Arriving::Nothing };
        let (before, expected) = match std::mem::replace(&mut self.arriving, refused) {
            Arriving::Nothing => return Ok(Some(Pieces::default())),
            Arriving::Pieces { pieces, left } => (Some(pieces), left),
            Arriving::Refused { left } => (None, left),
        };
        if expected.checked_sub(1) == Some(left) { Ok(before) } else { Err(Refusal::OutOfTurn) }
    }

    pub(super) const fn is_slave(&self) -> bool {
        self.slave.is_some()
    }
}
