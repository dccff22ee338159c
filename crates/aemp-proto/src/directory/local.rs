//! What programs of this node do with the database.

use super::{
    Action, DatabaseError, DatabaseWatch, Directory, Message, Query, Role,
    entry::{Changes, Encoded, Entry},
    name::Name,
};
use crate::{
    id::{Address, NodeId, PortNumber},
    reason::Reason,
    time::Time,
    value::Value,
};

/// The family of all listeners: node ID to addresses.
pub(super) const LISTENERS: &str = "'l";
/// The family of all global nodes: node ID to nothing.
pub(super) const GLOBALS: &str = "'g";

impl Directory {
    /// Sets an own entry.
    pub(crate) fn set(&mut self, family: &str, key: &str, value: &Value, now: Time) -> Result<(), DatabaseError> {
        self.now = now;
        let (family, key, value) = (writable(family)?, Name::new(key)?, Encoded::of(value)?);
        let changes = Changes::set(family, key, Entry { stamp: self.stamp(), value });
        if let Some(own) = self.replica.claimed(&self.me, &self.me) {
            let size = own.part.size_with(std::slice::from_ref(&changes));
            if size.entries > self.limits.max_entries {
                return Err(DatabaseError::TooManyEntries { limit: self.limits.max_entries });
            }
            if size.octets > self.limits.max_owned {
                return Err(DatabaseError::TooMuch { limit: self.limits.max_owned });
            }
        }
        self.change_own(changes);
        self.settle();
        Ok(())
    }

    /// Removes an own entry. Entries of others under the key stay.
    pub(crate) fn remove(&mut self, family: &str, key: &str, now: Time) -> Result<(), DatabaseError> {
        self.now = now;
        let (family, key) = (writable(family)?, Name::new(key)?);
        let own = self.replica.claimed(&self.me, &self.me).map(|claimed| &claimed.part);
        if own.is_some_and(|part| part.get(&family, &key).is_some()) {
            self.change_own(Changes::remove(family, key));
            self.settle();
        }
        Ok(())
    }

    /// Watches a family.
    pub(crate) fn watch(&mut self, family: &str, now: Time) -> Result<DatabaseWatch, DatabaseError> {
        self.now = now;
        let family = Name::new(family)?;
        let (watch, is_first) = self.watches.add(family.clone());
        if is_first && self.answers() {
            let content = self.replica.union.content(&family);
            self.watches.tell_content(&family, content);
        } else if is_first {
            self.ask_master(|clock| Message::Watch(clock, family));
        }
        self.settle();
        Ok(watch)
    }

    /// Ends a watch.
    pub(crate) fn unwatch(&mut self, watch: DatabaseWatch, now: Time) {
        self.now = now;
        if let Some(family) = self.watches.end(watch) {
            self.ask_master(|clock| Message::Unwatch(clock, family));
        }
    }

    /// Reads a family once.
    pub(crate) fn read(&mut self, query: &Query, number: PortNumber, now: Time) {
        self.now = now;
        let (facet, family) = query.parts();
        let family = match Name::new(family) {
            Ok(family) => family,
            Err(error) => {
                let result = Err(Reason::new("bad_message", error.to_string()));
                return self.actions.push_back(Action::Answer { number, result });
            }
        };
        if self.answers() {
            let answer = facet.read(&self.replica.union, &family, self.limits.max_message);
            return self.actions.push_back(Action::Answer { number, result: answer.ok_or_else(too_large) });
        }
        if self.queries.len() >= self.limits.max_queries {
            let result = Err(Reason::new("overload", "too many queries are under way at this node"));
            return self.actions.push_back(Action::Answer { number, result });
        }
        self.ask_master(|clock| facet.request(clock, &family, number));
        self.queries.insert(number, (facet, family));
    }

    /// A query is no longer waited for.
    pub(crate) fn forget_query(&mut self, number: PortNumber) {
        self.queries.remove(&number);
    }

    /// Somebody wants to reach a node of which no address is known. [`Action::Found`] answers where that can be known.
    pub(crate) fn find(&mut self, node: &NodeId, now: Time) {
        self.now = now;
        if matches!(self.role, Role::Alone) {
            return;
        }
        if self.answers() {
            let addresses = self.listeners_of(node).map(|addresses| parsed(&addresses));
            self.actions.push_back(Action::Found { node: node.clone(), addresses });
        } else if self.wanted.len() < self.limits.max_queries && self.wanted.insert(node.clone()) {
            self.ask_master(|clock| Message::Find(clock, node.clone()));
        }
    }

    /// Where a node listens, as it says in the database.
    pub(super) fn listeners_of(&self, node: &NodeId) -> Option<Vec<String>> {
        match self.replica.union.get(&Name::fixed(LISTENERS), &Name::of(node))?.value() {
            Value::Array(addresses) => Some(addresses.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// This node listens there. What is for this host only is told if there is nothing else: then all nodes are here.
    pub(super) fn register_listeners(&mut self, addresses: &[Address]) {
        let is_here_only = addresses.iter().all(Address::is_same_host);
        let addresses = addresses.iter().filter(|address| is_here_only || !address.is_same_host());
        let texts = addresses.map(|address| Value::from(address.to_string())).collect();
        if let Ok(value) = Encoded::of(&Value::Array(texts)) {
            self.set_for_node(&self.me.clone(), LISTENERS, value);
        }
    }

    /// Sets what a family of the nodes says about a node.
    pub(super) fn set_for_node(&mut self, node: &NodeId, family: &'static str, value: Encoded) {
        let (family, key) = (Name::fixed(family), Name::of(node));
        let own = self.replica.claimed(&self.me, &self.me);
        let known = own.and_then(|own| own.part.get(&family, &key));
        // All would have to be told of it, as often as a node says what is known.
        if known.is_none_or(|known| known.value != value) {
            let entry = Entry { stamp: self.stamp(), value };
            self.change_own(Changes::set(family, key, entry));
        }
    }
}

/// The addresses among some texts.
pub(super) fn parsed(texts: &[String]) -> Vec<Address> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

pub(super) fn too_large() -> Reason {
    Reason::new("too_large", "the family is too large for one message: watch it")
}

pub(super) fn writable(family: &str) -> Result<Name, DatabaseError> {
    if family.starts_with('\'') {
        return Err(DatabaseError::Reserved);
    }
    Ok(Name::new(family)?)
}
