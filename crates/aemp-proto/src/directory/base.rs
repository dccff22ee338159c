//! The same with base peers, in the forms that nodes of AnyEvent::MP 2.02 send and understand.
//!
//! They know neither stamps nor owners: what a slave says gets its stamps here, what a global node says is older than all else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Directory, Refusal,
    clock::Stamp,
    entry::{AROUND, Changes, Encoded},
    name::Name,
    wire,
};
use crate::{
    base::check,
    id::NodeId,
    limits::Limits,
    message::{Message, cbor},
    time::Time,
    value::{Bytes, Value},
};

type Family = BTreeMap<Name, Value>;
type Database = BTreeMap<Name, Family>;

/// What is said between this node and a base peer.
#[derive(Debug, Serialize, Deserialize)]
enum Words {
    #[serde(rename = "g_global")]
    Global,
    /// Without a part: be global.
    #[serde(rename = "g_slave")]
    Slave(#[serde(default)] Option<Database>),
    #[serde(rename = "g_set")]
    Set(Database),
    #[serde(rename = "g_upd")]
    Update(Name, Option<Family>, #[serde(default)] Option<Vec<Name>>),
    #[serde(rename = "g_find")]
    Find(NodeId),
    #[serde(rename = "g_found")]
    Found(NodeId, #[serde(default)] Option<Vec<String>>),
    #[serde(rename = "g_db_family")]
    ReadFamily(Name, Name),
    #[serde(rename = "g_db_keys")]
    ReadKeys(Name, Name),
    #[serde(rename = "g_db_values")]
    ReadValues(Name, Name),
    #[serde(rename = "g_reply")]
    Reply(Name, Value),
    #[serde(rename = "g_mon1")]
    Watch(Name),
    #[serde(rename = "g_mon0")]
    Unwatch(Name),
    #[serde(rename = "g_chg1")]
    Content(Name, #[serde(default)] Option<Family>),
    #[serde(rename = "g_chg2")]
    Changed(Name, Family, Vec<Name>),
}

impl Directory {
    /// Handles what a base peer says: a tag that begins with `g_`, and what follows.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: nothing was changed.
    pub(crate) fn receive_base(
        &mut self,
        from: &NodeId,
        tag: &str,
        arguments: Vec<Value>,
        now: Time,
    ) -> Result<(), Refusal> {
        let elements = std::iter::once(tag.into()).chain(arguments).collect();
        let words = Message(elements).into_typed_loosely::<Words>()?;
        self.now = now;
        if !self.neighbours.contains_key(from) {
            return Ok(());
        }
        let result = self.take_words(from, words);
        self.settle();
        result
    }

    fn take_words(&mut self, from: &NodeId, words: Words) -> Result<(), Refusal> {
        let clock = self.clock.last();
        match words {
            Words::Global => self.meet_global(from),
            Words::Slave(None) => self.become_global(),
            Words::Slave(Some(database)) => {
                let since = self.stamp();
                let part = changes_of(database, || self.stamp())?;
                return self.take_slave(from, since, Vec::new(), 0, part);
            }
            Words::Set(database) => {
                let part = changes_of(database, || Stamp::UNKNOWN)?;
                let claim = wire::Claim { owner: from.clone(), since: Stamp::UNKNOWN, part };
                return self.take_claims(from, 0, vec![claim]);
            }
            Words::Update(family, set, removed) => return self.take_base_update(from, family, set, removed),
            Words::Found(node, addresses) => self.take_found(from, node, addresses),
            Words::Reply(number, value) => {
                let mut answer = Vec::new();
                cbor::encode(&(value,), &mut answer).map_err(super::entry::ValueError::from)?;
                self.take_reply(from, &number, Some(Bytes::from(answer)));
            }
            Words::Content(family, content) => {
                return self.take_content(from, &family, 0, pairs_of(content.unwrap_or_default())?);
            }
            Words::Changed(family, set, removed) => return self.take_changed(from, &family, pairs_of(set)?, &removed),
            Words::Find(node) => return self.take_request(from, wire::Message::Find(clock, node)),
            Words::ReadFamily(family, id) => {
                return self.take_request(from, wire::Message::ReadFamily(clock, family, id));
            }
            Words::ReadKeys(family, id) => return self.take_request(from, wire::Message::ReadKeys(clock, family, id)),
            Words::ReadValues(family, id) => {
                return self.take_request(from, wire::Message::ReadValues(clock, family, id));
            }
            Words::Watch(family) => return self.take_request(from, wire::Message::Watch(clock, family)),
            Words::Unwatch(family) => return self.take_request(from, wire::Message::Unwatch(clock, family)),
        }
        Ok(())
    }

    fn take_base_update(
        &mut self,
        from: &NodeId,
        family: Name,
        set: Option<Family>,
        removed: Option<Vec<Name>>,
    ) -> Result<(), Refusal> {
        let is_global = self.neighbours.get(from).is_some_and(|neighbour| neighbour.is_global);
        let claimant = if is_global { from } else { &self.me };
        let known = self.replica.claimed(claimant, from);
        let since = known.map_or(Stamp::UNKNOWN, |known| known.since);
        let set = pairs_of(set.unwrap_or_default())?;
        let set = set.into_iter().map(|(key, value)| {
            let stamp = if is_global { Stamp::UNKNOWN } else { self.stamp() };
            (key, stamp, value)
        });
        let changes = Changes { family, set: set.collect(), removed: removed.unwrap_or_default() };
        self.take_update(from, from.clone(), Some(since), vec![changes])
    }
}

fn pairs_of(family: Family) -> Result<Vec<(Name, Encoded)>, Refusal> {
    family.into_iter().map(|(key, value)| Ok((key, Encoded::of(&value)?))).collect()
}

fn changes_of(database: Database, mut stamp: impl FnMut() -> Stamp) -> Result<Vec<Changes>, Refusal> {
    let changes = database.into_iter().map(|(family, entries)| {
        let set = pairs_of(entries)?.into_iter().map(|(key, value)| (key, stamp(), value)).collect();
        Ok(Changes { set, ..Changes::none(family) })
    });
    changes.collect()
}

/// What a base peer is told in place of a message between native nodes. Those have told of nothing that has no such form, but
/// for claims: of these a base peer is told what they come to.
pub(super) fn translated(message: wire::Message, limits: &Limits) -> Vec<Message> {
    let words = match message {
        wire::Message::Global(_) => Words::Global,
        wire::Message::BeGlobal(_) => return vec![be_global()],
        wire::Message::Slave(.., part) => return be_my_master(part, limits),
        wire::Message::Update(.., changes) => return updates(changes, limits),
        wire::Message::Set(_, _, claims) => {
            let changes = claims.into_iter().flat_map(|claim| claim.part);
            return Words::Set(database_of(changes, limits)).message().into_iter().collect();
        }
        wire::Message::Find(_, node) => Words::Find(node),
        wire::Message::Found(_, node, addresses) => Words::Found(node, addresses),
        wire::Message::ReadFamily(_, family, id) => Words::ReadFamily(family, id),
        wire::Message::ReadKeys(_, family, id) => Words::ReadKeys(family, id),
        wire::Message::ReadValues(_, family, id) => Words::ReadValues(family, id),
        wire::Message::Reply(_, id, answer) => {
            Words::Reply(id, answer.map_or(Value::Null, |answer| all_of(&answer, limits)))
        }
        wire::Message::Watch(_, family) => Words::Watch(family),
        wire::Message::Unwatch(_, family) => Words::Unwatch(family),
        wire::Message::Content(_, family, _, pairs) => Words::Content(family, Some(values(pairs, limits))),
        wire::Message::Changed(_, family, set, removed) => Words::Changed(family, values(set, limits), removed),
    };
    words.message().into_iter().collect()
}

/// Asks a base peer to be global.
fn be_global() -> Message {
    Message(vec!["g_slave".into()])
}

/// A base peer is first asked to be global.
fn be_my_master(part: Vec<Changes>, limits: &Limits) -> Vec<Message> {
    std::iter::once(be_global()).chain(Words::Slave(Some(database_of(part.into_iter(), limits))).message()).collect()
}

pub(super) fn updates(changes: Vec<Changes>, limits: &Limits) -> Vec<Message> {
    let update = |Changes { family, set, removed }: Changes| {
        let set = set.into_iter().map(|(key, _, value)| (key, readable(value.value(), limits))).collect();
        Words::Update(family, Some(set), Some(removed)).message()
    };
    wire::pieces_of_changes(changes).into_iter().flat_map(|(_, piece)| piece).filter_map(update).collect()
}

fn database_of(changes: impl Iterator<Item = Changes>, limits: &Limits) -> Database {
    let mut database = Database::new();
    for Changes { family, set, .. } in changes {
        database
            .entry(family)
            .or_default()
            .extend(set.into_iter().map(|(key, _, value)| (key, readable(value.value(), limits))));
    }
    database
}

fn values(pairs: Vec<(Name, Encoded)>, limits: &Limits) -> Family {
    pairs.into_iter().map(|(key, value)| (key, readable(value.value(), limits))).collect()
}

/// The one element of an answer: a map or an array of values.
fn all_of(answer: &[u8], limits: &Limits) -> Value {
    match cbor::item(answer, limits) {
        Ok(Value::Map(entries)) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, readable(value, limits))).collect())
        }
        Ok(Value::Array(values)) => Value::Array(values.into_iter().map(|value| readable(value, limits)).collect()),
        _ => Value::Null,
    }
}

/// A value; nothing, if Perl cannot read it: the message would end the connection with all else that is in it.
fn readable(value: Value, limits: &Limits) -> Value {
    // One more: that of the array in which the value is looked at.
    let levels = limits.max_depth.saturating_sub(AROUND).saturating_add(1);
    if check(std::slice::from_ref(&value), levels).is_ok() { value } else { Value::Null }
}

impl Words {
    fn message(&self) -> Option<Message> {
        // Names, values and arrays of them always have a form.
        Message::from_typed(self).ok()
    }
}
