//! Messages, calls, answers, kills and spawns for other nodes.

use crate::{
    id::{NodeId, PortId, PortName, PortNumber},
    planted::{Bug, planted},
    reason::Reason,
    session::{Envelope, Naming, Sender},
    time::Time,
    wire::{frame::kind, write},
};

use super::{Event, Kernel, LocalPort, Output, SendError, arena::Key, overload::overload, requests::Pending};

pub(crate) fn no_fields(_: &mut Vec<u8>) {}

impl Kernel {
    /// Queues a message to a port of another node.
    ///
    /// `from` is the sending port, if any; `encode` appends the elements.
    ///
    /// # Errors
    ///
    /// [`SendError`]: nothing was queued.
    pub fn send<E>(
        &mut self,
        to: &PortId,
        from: Option<LocalPort>,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SendError<E>> {
        let envelope = Envelope {
            kind: kind::MESSAGE,
            to: &to.name,
            naming: Naming::Interned,
            from: from.into(),
            fields: no_fields,
        };
        let key = self.peer_key(&to.node);
        self.enqueue(key, &envelope, now, encode).map(|_| ())
    }

    /// The same for a message that carries the reply with `number` of this node's origin.
    ///
    /// The call ends with [`super::Delivery::Answer`] or [`super::Output::Answer`], unless it is forgotten.
    ///
    /// # Errors
    ///
    /// [`SendError`]: nothing was queued, and the call is not waited for.
    pub fn call<E>(
        &mut self,
        to: &PortId,
        from: Option<LocalPort>,
        number: PortNumber,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SendError<E>> {
        let fields = |out: &mut Vec<u8>| write::number(out, number.to_bits());
        let envelope = Envelope { kind: kind::CALL, to: &to.name, naming: Naming::Interned, from: from.into(), fields };
        let key = self.peer_key(&to.node);
        if self.enqueue(key, &envelope, now, encode)? {
            self.calls.insert(number, Pending { peer: key, look_up: None });
        } else {
            self.outputs.push_back(Output::Answer { number, result: Err(overload()) });
        }
        Ok(())
    }

    /// A call of this node is no longer waited for: its answer will be dropped.
    pub fn forget_call(&mut self, number: PortNumber) {
        if self.calls.remove(&number).is_none() {
            self.forget_query(number);
        }
    }

    /// Answers a call of another node. `reply` names the call.
    ///
    /// # Errors
    ///
    /// [`SendError`]: nothing was queued; the caller still waits. Where too much is queued already, it is told so.
    pub fn answer<E>(
        &mut self,
        reply: &PortId,
        from: Option<LocalPort>,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SendError<E>> {
        let fields = |out: &mut Vec<u8>| write::name(out, &reply.name);
        let envelope =
            Envelope { kind: kind::ANSWER, to: &reply.name, naming: Naming::Absent, from: from.into(), fields };
        let key = self.peer_key(&reply.node);
        if !self.enqueue(key, &envelope, now, encode)? {
            self.answer_failed(reply, &overload(), now);
        }
        Ok(())
    }

    /// Tells the caller that there will be no answer.
    pub fn answer_failed(&mut self, reply: &PortId, reason: &Reason, now: Time) {
        let key = self.peer_key(&reply.node);
        self.control(key, kind::ANSWER_FAILED, &reply.name, Naming::Absent, now, |out| {
            write::name(out, &reply.name);
            write::reason(out, reason);
        });
    }

    /// Kills a port of another node, in order with what was sent to it.
    pub fn kill(&mut self, to: &PortId, reason: &Reason, now: Time) {
        let key = self.peer_key(&to.node);
        if self.fenced(key, &to.name).is_some() {
            return self.kill_fenced(key, &to.name, reason, now);
        }
        self.control(key, kind::KILL, &to.name, Naming::Full, now, |out| write::reason(out, reason));
    }

    /// Starts a port at another node under `name`, which must be new.
    ///
    /// # Errors
    ///
    /// [`SendError`]: nothing was queued.
    pub fn spawn<E>(
        &mut self,
        on: &NodeId,
        name: &PortName,
        service: &str,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SendError<E>> {
        let fields = |out: &mut Vec<u8>| write::text(out, service);
        let envelope = Envelope { kind: kind::SPAWN, to: name, naming: Naming::Full, from: Sender::Nobody, fields };
        let key = self.peer_key(on);
        self.enqueue(key, &envelope, now, encode).map(|_| ())
    }

    /// Queues a frame with elements; false if it was dropped because its port is closed to this node.
    pub(crate) fn enqueue<E>(
        &mut self,
        key: Key,
        envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, SendError<E>> {
        let limits = &self.settings.limits;
        let Some(peer) = self.peers.get_mut(key) else { return Ok(false) };
        if !peer.fences.is_empty()
            && let Some(reason) = peer.fences.death(envelope.to)
        {
            let to = PortId::new(peer.node.clone(), envelope.to.clone());
            self.event(Event::MessageDropped { to, reason });
            return Ok(false);
        }
        if peer.session.octets() >= limits.max_unacknowledged && !self.make_room(key, envelope) {
            self.drop_message(key, envelope.kind, envelope.to);
            return Ok(false);
        }
        if *envelope.to == PortName::Node && envelope.kind != kind::CALL {
            return self.write_to_node_port(key, envelope, now, encode);
        }
        self.write_frame(key, envelope, now, encode)
    }

    /// Queues a frame with elements, however much waits already.
    pub(crate) fn write_frame<E>(
        &mut self,
        key: Key,
        envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>,
        now: Time,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, SendError<E>> {
        let limits = &self.settings.limits;
        let Some(peer) = self.peers.get_mut(key) else { return Ok(false) };
        if peer.is_base() {
            peer.write_for_base(envelope, limits, encode)?;
        } else {
            peer.session.write(envelope, limits, encode)?;
        }
        if peer.session.octets() >= limits.max_unacknowledged / 4 && !peer.congested {
            peer.congested = true;
            let (node, octets) = (peer.node.clone(), peer.session.octets());
            self.event(Event::Congested { node, octets });
        }
        self.wish(key, now);
        Ok(true)
    }

    pub(crate) fn control(
        &mut self,
        key: Key,
        kind: u8,
        to: &PortName,
        naming: Naming,
        now: Time,
        fields: impl Fn(&mut Vec<u8>),
    ) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if planted(Bug::ControlLostAtOverload) && peer.session.octets() >= self.settings.limits.max_unacknowledged {
            return;
        }
        peer.session.control(&Envelope { kind, to, naming, from: Sender::Nobody, fields });
        self.wish(key, now);
        self.check_control_room(key);
    }

    /// Something is to reach the peer: by its connection, or else by a new one.
    pub(crate) fn wish(&mut self, key: Key, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if let Some(connection) = peer.connection {
            return self.mark_writable(connection);
        }
        if peer.missed_since.is_none() {
            peer.missed_since = Some(now);
            peer.dialling.next_at = Some(now);
            self.schedule_peer(key);
            self.look_up_node(key, now);
            self.dial_if_due(key, now);
        }
    }

    pub(crate) fn mark_writable(&mut self, connection: Key) {
        if let Some(state) = self.connections.get_mut(connection)
            && !state.queued
        {
            state.queued = true;
            self.writable.push_back(connection);
        }
    }

    pub(crate) fn mark_writable_of(&mut self, key: Key) {
        if let Some(connection) = self.peers.get(key).and_then(|peer| peer.connection) {
            self.mark_writable(connection);
        }
    }
}
