//! Requests to the node port, and look-ups of published names.

use bytes::Bytes;

use crate::{
    id::{Address, MAX_PUBLISHED_NAME, PortId, PortName, PortNumber},
    message::{DecodeError, cbor},
    reason::Reason,
    session::{Envelope, Naming, Sender},
    time::Time,
    wire::{frame::kind, write},
};

use super::{Body, DialId, Dialler, Kernel, Output, arena::Key};

/// The request for the port that is published under a name.
const FIND: &str = "find";

/// How often a look-up is repeated because it leads to a name that is dead for this node.
const MAX_LOOK_UPS: u8 = 3;

/// A call that another node is to answer.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) peer: Key,
    pub(crate) look_up: Option<LookUp>,
}

/// What a call to the node port asks for.
#[derive(Clone, Debug, Hash)]
pub(crate) struct LookUp {
    name: Box<str>,
    tries: u8,
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Pending {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { peer, look_up } = self;
        view.peer(*peer);
        view.put(look_up);
    }
}

impl Kernel {
    /// Looks a published name up at an address, whatever node is there.
    ///
    /// The call `number` ends with a port ID as its only element. Where the address cannot be reached it
    /// fails at once: a look-up is not repeated.
    pub fn find(&mut self, at: &Address, name: &str, number: PortNumber) {
        if name.len() > MAX_PUBLISHED_NAME {
            return self.end_call(number, name_too_long());
        }
        if self.settings.addresses.contains(at) {
            let result = self.find_here(name);
            return self.outputs.push_back(Output::Answer { number, result });
        }
        let wanted = Dialler::LookUp { address: at.clone(), number, name: name.into() };
        let dial = DialId(self.dials.insert(wanted));
        self.outputs.push_back(Output::Dial { dial, expect: None, address: at.clone() });
    }

    /// Sends a look-up to the node that its address led to.
    pub(super) fn ask_for(&mut self, key: Key, number: PortNumber, name: Box<str>, now: Time) {
        self.ask(key, number, LookUp { name, tries: 1 }, now);
    }

    fn ask(&mut self, key: Key, number: PortNumber, look_up: LookUp, now: Time) {
        let fields = |out: &mut Vec<u8>| write::number(out, number.to_bits());
        let envelope =
            Envelope { kind: kind::CALL, to: &PortName::Node, naming: Naming::Full, from: Sender::Nobody, fields };
        match self.enqueue(key, &envelope, now, |out| cbor::encode(&(FIND, &look_up.name), out)) {
            Ok(true) => {
                self.calls.insert(number, Pending { peer: key, look_up: Some(look_up) });
            }
            Ok(false) => self.end_call(number, Reason::new("overload", "too much is queued for the node")),
            Err(error) => self.end_call(number, Reason::new("unencodable", error.to_string())),
        }
    }

    /// R6: what a look-up gives is not dead for this node. The peer will rename the port when it reads the certificate, which
    /// is on its way before the next question. Gives the number back if there is nothing to ask again.
    pub(super) fn look_up_again(
        &mut self,
        key: Key,
        number: PortNumber,
        look_up: LookUp,
        found: &[u8],
        now: Time,
    ) -> Option<PortNumber> {
        let death = match cbor::decode::<PortId>(&Body::Borrowed(found), &self.settings.limits) {
            Ok(port) if self.peers.get(key).is_some_and(|peer| peer.node == port.node) => self.fenced(key, &port.name),
            _ => None,
        };
        let Some(reason) = death else { return Some(number) };
        if look_up.tries >= MAX_LOOK_UPS {
            self.end_call(number, reason);
        } else {
            self.ask(key, number, LookUp { tries: look_up.tries.saturating_add(1), ..look_up }, now);
        }
        None
    }

    pub(super) fn end_call(&mut self, number: PortNumber, reason: Reason) {
        self.calls.remove(&number);
        self.outputs.push_back(Output::Answer { number, result: Err(reason) });
    }

    /// Answers a call to the node port.
    pub(super) fn handle_request(&mut self, key: Key, reply: &PortName, body: &[u8], now: Time) {
        match self.request(body) {
            Ok(elements) => {
                let fields = |out: &mut Vec<u8>| {
                    write::name(out, reply);
                    out.extend_from_slice(&elements);
                };
                self.answer_request(key, kind::ANSWER, now, fields);
            }
            Err(reason) => self.answer_request(key, kind::ANSWER_FAILED, now, |out| {
                write::name(out, reply);
                write::reason(out, &reason);
            }),
        }
    }

    fn answer_request(&mut self, key: Key, kind: u8, now: Time, fields: impl Fn(&mut Vec<u8>)) {
        self.control(key, kind, &PortName::Node, Naming::Absent, now, fields);
    }

    /// Carries a request out: its encoded answer, or why there is none.
    fn request(&self, body: &[u8]) -> Result<Bytes, Reason> {
        let bad = |error: DecodeError| Reason::new("bad_message", error.to_string());
        let body = Body::Borrowed(body);
        let (tag, name): (String, String) = cbor::decode(&body, &self.settings.limits).map_err(bad)?;
        if tag != FIND {
            return Err(Reason::new("unhandled_message", "the node port knows no such request"));
        }
        if name.len() > MAX_PUBLISHED_NAME {
            return Err(name_too_long());
        }
        self.find_here(&name)
    }

    /// The encoded port ID of a published port.
    fn find_here(&self, name: &str) -> Result<Bytes, Reason> {
        let port = self.ports.published(name).ok_or_else(|| {
            Reason::new("no_such_port", format!("the node publishes no port under the name {name:?}"))
        })?;
        let mut elements = Vec::new();
        cbor::encode(&self.port_id(port), &mut elements)
            .map_err(|error| Reason::new("unencodable", error.to_string()))?;
        Ok(elements.into())
    }
}

fn name_too_long() -> Reason {
    Reason::new("bad_message", format!("a published name has at most {MAX_PUBLISHED_NAME} octets"))
}
