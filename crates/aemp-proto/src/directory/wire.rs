//! What native nodes tell each other: messages to the node port, with the tags of the base protocol.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    clock::Stamp,
    entry::{Changes, Encoded},
    name::Name,
    part::Part,
};
use crate::{
    id::{Address, NodeId},
    value::Bytes,
};

/// Larger content goes in several messages of about this size, so that other messages can pass.
const PIECE: usize = 1 << 20;

/// A message. The first field of each is the sender's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Message {
    /// The sender is global.
    #[serde(rename = "g_global")]
    Global(Stamp),
    /// You are a seed of mine: be global.
    #[serde(rename = "g_seed")]
    BeGlobal(Stamp),
    /// Be my master. When I registered, where I look for global nodes, how many pieces follow, and my part.
    #[serde(rename = "g_slave")]
    Slave(Stamp, Stamp, Vec<Address>, u32, Vec<Changes>),
    /// All that I claim, in place of what I claimed before: how many pieces follow, and the claims.
    #[serde(rename = "g_set")]
    Set(Stamp, u32, Vec<Claim>),
    /// A part that I claim, or own, changes. Without a registration I claim it no longer.
    #[serde(rename = "g_upd")]
    Update(Stamp, NodeId, Option<Stamp>, Vec<Changes>),
    /// Where does the node listen?
    #[serde(rename = "g_find")]
    Find(Stamp, NodeId),
    /// There, or nobody knows.
    #[serde(rename = "g_found")]
    Found(Stamp, NodeId, Option<Vec<String>>),
    /// All of a family, its keys, or its values.
    #[serde(rename = "g_db_family")]
    ReadFamily(Stamp, Name, Name),
    #[serde(rename = "g_db_keys")]
    ReadKeys(Stamp, Name, Name),
    #[serde(rename = "g_db_values")]
    ReadValues(Stamp, Name, Name),
    /// What a request asked for, encoded; nothing if it is too large for a message.
    #[serde(rename = "g_reply")]
    Reply(Stamp, Name, Option<Bytes>),
    /// Tell me of changes in a family.
    #[serde(rename = "g_mon1")]
    Watch(Stamp, Name),
    /// Do not any more.
    #[serde(rename = "g_mon0")]
    Unwatch(Stamp, Name),
    /// All of a family that is watched: how many pieces follow, and what it has.
    #[serde(rename = "g_chg1")]
    Content(Stamp, Name, u32, Vec<(Name, Encoded)>),
    /// Changes in a family that is watched: what is set, and what is removed.
    #[serde(rename = "g_chg2")]
    Changed(Stamp, Name, Vec<(Name, Encoded)>, Vec<Name>),
}

/// What is claimed of an owner's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) owner: NodeId,
    pub(crate) since: Stamp,
    pub(crate) part: Vec<Changes>,
}

impl Message {
    /// The sender's clock.
    pub(crate) const fn clock(&self) -> Stamp {
        match self {
            Self::Global(clock)
            | Self::BeGlobal(clock)
            | Self::Slave(clock, ..)
            | Self::Set(clock, ..)
            | Self::Update(clock, ..)
            | Self::Find(clock, ..)
            | Self::Found(clock, ..)
            | Self::ReadFamily(clock, ..)
            | Self::ReadKeys(clock, ..)
            | Self::ReadValues(clock, ..)
            | Self::Reply(clock, ..)
            | Self::Watch(clock, ..)
            | Self::Unwatch(clock, ..)
            | Self::Content(clock, ..)
            | Self::Changed(clock, ..) => *clock,
        }
    }
}

/// Things in pieces of about the size of a message, at least one piece, each with how many follow.
pub(crate) fn pieces<T>(things: impl IntoIterator<Item = T>, size: impl Fn(&T) -> usize) -> Vec<(u32, Vec<T>)> {
    let mut pieces = VecDeque::new();
    let (mut piece, mut octets) = (Vec::new(), 0_usize);
    for thing in things {
        octets = octets.saturating_add(size(&thing));
        piece.push(thing);
        if octets >= PIECE {
            pieces.push_back(std::mem::take(&mut piece));
            octets = 0;
        }
    }
    if !piece.is_empty() || pieces.is_empty() {
        pieces.push_back(piece);
    }
    let last = u32::try_from(pieces.len()).unwrap_or(u32::MAX).saturating_sub(1);
    (0..=last).rev().zip(pieces).collect()
}

/// Changes in pieces: a family may be in several.
pub(crate) fn pieces_of_changes(changes: Vec<Changes>) -> Vec<(u32, Vec<Changes>)> {
    pieces(changes.into_iter().flat_map(split), size_of)
}

/// All claims, in pieces: an owner may be in several.
pub(crate) fn pieces_of_claims<'c>(
    claims: impl Iterator<Item = (&'c NodeId, Stamp, &'c Part)>,
) -> Vec<(u32, Vec<Claim>)> {
    let parts = claims.flat_map(|(owner, since, part)| {
        let pieces = pieces_of_changes(part.since(None)).into_iter();
        pieces.map(move |(_, part)| Claim { owner: owner.clone(), since, part })
    });
    pieces(parts, |claim| claim.part.iter().map(size_of).sum::<usize>().saturating_add(claim.owner.as_str().len()))
}

/// A family with much in it, in parts.
fn split(changes: Changes) -> Vec<Changes> {
    let Changes { family, set, removed } = changes;
    let of = |set, removed| Changes { family: family.clone(), set, removed };
    let sets = pieces(set, size_of_entry).into_iter().map(|(_, set)| of(set, Vec::new()));
    let mut parts: Vec<_> = sets.filter(|changes| !changes.set.is_empty()).collect();
    parts.extend(pieces(removed, name_size).into_iter().map(|(_, removed)| of(Vec::new(), removed)));
    parts.retain(|changes| !changes.set.is_empty() || !changes.removed.is_empty());
    parts
}

fn size_of(changes: &Changes) -> usize {
    let set: usize = changes.set.iter().map(size_of_entry).sum();
    let removed: usize = changes.removed.iter().map(name_size).sum();
    set.saturating_add(removed).saturating_add(name_size(&changes.family))
}

fn size_of_entry((key, _, value): &(Name, Stamp, Encoded)) -> usize {
    name_size(key).saturating_add(value.size()).saturating_add(16)
}

/// Octets of a name on the wire, at most.
pub(crate) fn name_size(name: &Name) -> usize {
    name.as_str().len().saturating_add(3)
}

/// Octets of a key and its value on the wire, at most.
pub(crate) fn size_of_pair((key, value): (&Name, &Encoded)) -> usize {
    name_size(key).saturating_add(value.size()).saturating_add(5)
}
