//! The directory in the node: it hears of sessions and messages, and what it wants done is done here.

use bytes::Bytes;
use serde::Serialize;

use crate::{
    directory::{Action, DatabaseError, DatabaseWatch, Directory, Form, Message, Query, Reached, Refusal},
    id::{Address, NodeId, PortName, PortNumber},
    message::cbor,
    reason::{Reason, ReasonCode},
    session::{Envelope, Naming, Sender},
    time::Time,
    value::Value,
    wire::frame::kind,
};

use super::{
    Body, DialFailure, DialId, Dialler, Event, Kernel, Output, arena::Key, overload::overload, sending::no_fields,
    timers::Owner,
};

/// The tags of the directory begin with this.
const PREFIX: &str = "g_";

impl Kernel {
    /// Sets an entry of this node in the database.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]: nothing was changed.
    pub fn db_set(&mut self, family: &str, key: &str, value: &Value, now: Time) -> Result<(), DatabaseError> {
        self.on_directory(now, |directory| directory.set(family, key, value, now))
    }

    /// Removes an entry of this node. What other nodes have set under the key stays.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]: nothing was changed.
    pub fn db_remove(&mut self, family: &str, key: &str, now: Time) -> Result<(), DatabaseError> {
        self.on_directory(now, |directory| directory.remove(family, key, now))
    }

    /// Watches a family of the database: [`Output::Changed`] tells its content, as soon as that is known, and then what
    /// changes.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::NameTooLong`]: there is no such family.
    pub fn db_watch(&mut self, family: &str, now: Time) -> Result<DatabaseWatch, DatabaseError> {
        self.on_directory(now, |directory| directory.watch(family, now))
    }

    /// Ends a watch: notices that were not polled yet are to be ignored.
    pub fn db_unwatch(&mut self, watch: DatabaseWatch, now: Time) {
        self.on_directory(now, |directory| directory.unwatch(watch, now));
    }

    /// Reads a family of the database once. It ends with [`Output::Answer`], whose octets are one element; while the node has
    /// no master it waits for one.
    pub fn db_read(&mut self, query: &Query, number: PortNumber, now: Time) {
        self.on_directory(now, |directory| directory.read(query, number, now));
    }

    /// A query is no longer waited for.
    pub(super) fn forget_query(&mut self, number: PortNumber) {
        self.directory.forget_query(number);
    }

    /// A seed stands for these addresses now ([`Output::Resolve`]); none if that could not be found out.
    pub fn resolved(&mut self, seed: &Address, addresses: Vec<Address>, now: Time) {
        self.on_directory(now, |directory| directory.resolved(seed, addresses, now));
    }

    /// Does something with the directory. What it wants done waits until it is polled for.
    pub(super) fn on_directory<R>(&mut self, now: Time, work: impl FnOnce(&mut Directory) -> R) -> R {
        self.now = now;
        let result = work(&mut self.directory);
        let due = self.directory.deadline();
        self.timers.set(Owner::Directory, &mut self.directory_due, due);
        result
    }

    /// Sessions begin and end.
    pub(super) fn tell_directory(&mut self, event: &Event) {
        let now = self.now;
        match event {
            Event::PeerUp { node, incarnation } => {
                let form = if incarnation.is_some() { Form::Native } else { Form::Base };
                self.on_directory(now, |directory| directory.up(node, form, now));
            }
            Event::PeerDown { node, .. } => self.on_directory(now, |directory| directory.lost(node, now)),
            _ => {}
        }
    }

    /// Carries out what the directory wants.
    pub(super) fn carry_out(&mut self) {
        while let Some(action) = self.directory.next_action() {
            let now = self.now;
            match action {
                Action::Send { to, message } => self.send_to_node(&to, &message, now),
                Action::SendBase { to, message } => self.send_to_node(&to, &message, now),
                Action::Changed { watch, change } => self.outputs.push_back(Output::Changed { watch, change }),
                Action::Answer { number, result } => {
                    let result = result.map(|octets| Bytes::copy_from_slice(&octets));
                    self.outputs.push_back(Output::Answer { number, result });
                }
                Action::Found { node, addresses } => self.found(&node, addresses.unwrap_or_default(), now),
                Action::Resolve { seed } => self.outputs.push_back(Output::Resolve { seed }),
                Action::Dial { address, expect } => self.dial_seed(address, expect),
                Action::MasterFound(node) => self.event(Event::MasterFound { node }),
                Action::MasterLost(node) => self.event(Event::MasterLost { node }),
                Action::BecameGlobal => self.event(Event::BecameGlobal),
            }
        }
    }

    /// Sends to the node port of a node. As with control frames, what ports are sent may not take the room for it. A session
    /// in which something is missing would leave both sides with different databases, so it ends instead.
    fn send_to_node(&mut self, to: &NodeId, message: &impl Serialize, now: Time) {
        let Some(key) = self.by_node.get(to).copied() else { return };
        let envelope = Envelope {
            kind: kind::MESSAGE,
            to: &PortName::Node,
            naming: Naming::Full,
            from: Sender::Nobody,
            fields: no_fields,
        };
        let sent = self.write_frame(key, &envelope, now, |out| cbor::encode(message, out));
        let reason = match sent {
            Ok(true) => return self.check_control_room(key),
            Ok(false) => overload(),
            Err(error) => Reason::new(ReasonCode::Unencodable, error.to_string()),
        };
        let epoch = self.peers.get(key).map_or(0, |peer| peer.session.epoch).saturating_add(1);
        self.fail(key, epoch, &reason, now);
    }

    /// A message to the node port. What is not for the directory is dropped.
    pub(super) fn handle_node_message(&mut self, key: Key, body: &[u8], now: Time) {
        if !cbor::tag(body).is_some_and(|tag| tag.starts_with(PREFIX)) {
            return;
        }
        let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return };
        let message = cbor::decode::<Message>(&Body::Borrowed(body), &self.settings.limits).map_err(Refusal::from);
        let heard =
            message.and_then(|message| self.on_directory(now, |directory| directory.receive(&node, message, now)));
        self.report(node, heard);
    }

    /// A base peer asks something of the directory.
    pub(super) fn directory_request(&mut self, key: Key, tag: &str, arguments: Vec<Value>, now: Time) {
        let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return };
        let heard = self.on_directory(now, |directory| directory.receive_base(&node, tag, arguments, now));
        self.report(node, heard);
    }

    fn report(&mut self, node: NodeId, heard: Result<(), Refusal>) {
        if let Err(refusal) = heard {
            self.event(Event::RequestRefused { node, error: refusal.to_string() });
        }
    }

    fn dial_seed(&mut self, address: Address, expect: Option<NodeId>) {
        if !self.leaving {
            let dial = DialId(self.dials.insert(Dialler::Seed(address.clone())));
            self.outputs.push_back(Output::Dial { dial, expect, address });
        }
    }

    /// An attempt to connect to a seed failed.
    pub(super) fn seed_failed(&mut self, address: Address, failure: &DialFailure, now: Time) {
        let reached = if *failure == DialFailure::OwnNode { Reached::Itself } else { Reached::Nobody };
        self.on_directory(now, |directory| directory.dialled(&address, &reached, now));
        if reached == Reached::Nobody {
            self.event(Event::DialFailed { node: None, address, error: failure.to_string() });
        }
    }

    /// Looks up where a node is whose ID does not say it.
    pub(super) fn look_up_node(&mut self, key: Key, now: Time) {
        let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return };
        if node.recipe().is_empty() {
            self.on_directory(now, |directory| directory.find(&node, now));
        }
    }

    /// A node that was looked up listens there; if nowhere, and it has never been met, there is no use in waiting.
    fn found(&mut self, node: &NodeId, addresses: Vec<Address>, now: Time) {
        let Some(key) = self.by_node.get(node).copied() else { return };
        let Some(peer) = self.peers.get_mut(key) else { return };
        if !peer.may_dial() || peer.missed_since.is_none() {
            return;
        }
        if !addresses.is_empty() {
            peer.told = addresses;
            peer.dialling.next_at = Some(now);
            self.dial_if_due(key, now);
        } else if peer.addresses().is_empty() && peer.session.peer.is_none() {
            let epoch = peer.session.epoch.saturating_add(1);
            self.fail(key, epoch, &Reason::new("unreachable", "no known address"), now);
        }
    }
}
