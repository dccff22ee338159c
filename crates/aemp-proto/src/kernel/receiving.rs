//! Frames that arrive.

use bytes::Bytes;
use thiserror::Error;

use crate::{
    id::{Origin, PortId, PortKind, PortName, PortNumber},
    link::Authenticated,
    planted::{Bug, planted},
    reason::Reason,
    session::PieceError,
    time::Time,
    wire::{
        frame::{self, Destination, Frame, FrameError, Numbered, Piece, Raw, kind},
        reader::Reader,
        write,
    },
};

use super::{
    Body, ConnectionId, Delivery, Event, Kernel, Received,
    arena::Key,
    connection::{Owed, Phase},
    destinations::Target,
    requests::Pending,
    retiring::RETIRED,
};

/// Frames without a number wait in at most this many octets.
const MAX_URGENT: usize = 4096;

/// Characters of a refusal that are kept: each port that dies of it keeps them.
const MAX_REFUSAL: usize = 1_000;
const NODE_PORT: Bad = Bad::Rule("the death of the node port, which is told by the end of the session");

/// Why a frame cannot be accepted.
#[derive(Debug, Error)]
pub(super) enum Bad {
    #[error(transparent)]
    Frame(FrameError),
    #[error(transparent)]
    Piece(PieceError),
    #[error("{0}")]
    Rule(&'static str),
}

impl Kernel {
    /// Handles the first frame of `input`, which begins where the last frame ended.
    ///
    /// What it delivers has to be carried out before the next call: it counts as delivered.
    pub fn receive<'b>(&mut self, connection: ConnectionId, input: &'b [u8], now: Time) -> Received<'b> {
        let id = connection.0;
        self.now = now;
        let raw = frame::split(input, &self.settings.limits);
        if let Ok(Some(raw)) = &raw
            && let Some(received) = self.receive_at_once(id, raw, now)
        {
            return received;
        }
        let Some(state) = self.connections.get_mut(id).filter(|state| !state.is_closing()) else {
            return Received::Closed;
        };
        if state.is_base() {
            return self.receive_base(id, input, now);
        }
        state.heard_at = now;
        let raw = match raw {
            Ok(Some(raw)) => raw,
            Ok(None) => return Received::More,
            Err(error) => return self.reject(id, &error.to_string(), now),
        };
        if raw.kind & kind::NUMBERED != 0 {
            return self.receive_numbered(id, raw, now);
        }
        match Frame::read(raw.kind, raw.body) {
            Ok(Frame::Lossy { to, body }) => return self.receive_lossy(id, raw.length, to, body),
            Ok(frame) => self.handle_urgent(id, frame, now),
            Err(error) => return self.reject(id, &error.to_string(), now),
        }
        self.frame(id, raw.length, None)
    }

    pub(super) fn reject<'b>(&mut self, connection: Key, error: &str, now: Time) -> Received<'b> {
        self.misbehaved(connection, error, now);
        Received::Closed
    }

    pub(super) fn frame<'b>(&self, connection: Key, length: usize, delivery: Option<Delivery<'b>>) -> Received<'b> {
        let open = self.connections.get(connection).is_some_and(|state| !state.is_closing());
        if open || delivery.is_some() { Received::Frame { length, delivery } } else { Received::Closed }
    }

    /// Handles a frame without a number.
    fn handle_urgent(&mut self, connection: Key, frame: Frame<'_>, now: Time) {
        let adopted = self.connections.get(connection).is_some_and(super::connection::Connection::is_adopted);
        match frame {
            Frame::Hello(hello) => self.handle_hello(connection, hello, now),
            Frame::Refused { code, text } => self.handle_refused(connection, code, text, now),
            Frame::Start { number } if adopted => self.handle_start(connection, number, now),
            Frame::Acknowledge { number, notice } if adopted => {
                self.handle_acknowledgement(connection, number, notice, now);
            }
            Frame::Probe if adopted => {
                // Who probes without reading the answers gets no more of them.
                if let Some(state) = self.connections.get_mut(connection)
                    && state.urgent.len() < MAX_URGENT
                {
                    state.urgent(kind::PROBE_ANSWER, |_| {});
                    self.mark_writable(connection);
                }
            }
            Frame::ProbeAnswer if adopted => {
                if let Some(state) = self.connections.get_mut(connection) {
                    state.probe_until = None;
                    let key = state.peer;
                    self.refuse_challengers(key);
                }
            }
            Frame::Goodbye if planted(Bug::GoodbyeIsBreak) => {}
            Frame::Goodbye if adopted => {
                let Some(key) = self.connections.get(connection).map(|state| state.peer) else { return };
                let epoch = self.peers.get(key).map_or(0, |peer| peer.session.epoch).saturating_add(1);
                self.fail(key, epoch, &Reason::new("node_down", "the node said goodbye"), now);
                // Its process has ended: it sends nothing more, and will not ask for this session again.
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.closed_here.clear();
                }
                self.forget_if_idle(key);
            }
            Frame::Heartbeat | Frame::Ignored => {}
            _ => self.misbehaved(connection, "a frame before the first frame", now),
        }
    }

    fn handle_refused(&mut self, connection: Key, code: &str, text: &str, now: Time) {
        let Some(state) = self.connections.get(connection) else { return };
        let (key, from) = (state.peer, state.native.as_ref().map(Authenticated::incarnation));
        let Some(peer) = self.peers.get(key) else { return };
        let (remote, epoch) = (peer.node.to_string(), peer.session.epoch.saturating_add(1));
        let speaks_for_session = peer.session.peer.is_none_or(|held| Some(held) == from);
        let reason = Reason::new(code, text).shortened(MAX_REFUSAL);
        self.event(Event::HandshakeRefused { remote, error: format!("it refused this node: {reason}") });
        if !speaks_for_session {
            self.close_connection(connection);
            return self.handshake_ended(key, now);
        }
        if code == RETIRED {
            self.handle_retired(key, &reason);
        }
        self.fail(key, epoch, &reason, now);
    }

    fn handle_start(&mut self, connection: Key, number: u64, now: Time) {
        let Some(state) = self.connections.get_mut(connection) else { return };
        let received = self.peers.get(state.peer).map_or(0, |peer| peer.session.received);
        match &mut state.phase {
            Phase::Adopted { expected: expected @ None, .. } if number > 0 && number <= received.saturating_add(1) => {
                *expected = Some(number);
            }
            _ => self.misbehaved(connection, "its numbers do not go on where they ended", now),
        }
    }

    fn handle_acknowledgement(&mut self, connection: Key, number: u64, notice: u64, now: Time) {
        let Some(state) = self.connections.get_mut(connection) else { return };
        let Some(peer) = self.peers.get_mut(state.peer) else { return };
        if let Phase::Adopted { proved_useful, .. } = &mut state.phase {
            *proved_useful = true;
        }
        if !peer.session.acknowledge_after(number, notice) {
            return self.misbehaved(connection, "it acknowledges what was never sent", now);
        }
        if number > 0 {
            peer.fences.bind(peer.session.epoch);
        }
        if peer.congested && peer.session.octets() < self.settings.limits.max_unacknowledged / 8 {
            peer.congested = false;
        }
        if peer.session.has_more() {
            self.mark_writable(connection);
        }
    }

    /// Handles a numbered frame, once.
    fn receive_numbered<'b>(&mut self, connection: Key, raw: Raw<'b>, now: Time) -> Received<'b> {
        let length = raw.length;
        let Some(key) = self.count_frame(connection, &raw, now) else {
            return match self.connections.get(connection).map(|state| &state.phase) {
                Some(Phase::Adopted { expected: Some(_), .. }) => self.frame(connection, length, None),
                _ => self.reject(connection, "a numbered frame out of turn", now),
            };
        };
        let result = Numbered::read(raw.kind, Reader::new(raw.body)).map_err(Bad::Frame);
        let delivery = result.and_then(|frame| match frame {
            Numbered::Piece(piece) => self.handle_piece(key, &piece, now),
            frame => self.handle(key, frame, Body::Borrowed, now),
        });
        match delivery {
            Ok(delivery) => self.frame(connection, length, delivery),
            Err(bad) => self.reject(connection, &bad.to_string(), now),
        }
    }

    /// Counts a numbered frame; gives its peer if it is to be handled: not a repetition, and in turn.
    fn count_frame(&mut self, connection: Key, raw: &Raw<'_>, now: Time) -> Option<Key> {
        let state = self.connections.get_mut(connection)?;
        let Phase::Adopted { expected: Some(expected), proved_useful, .. } = &mut state.phase else { return None };
        let number = *expected;
        *expected = number.saturating_add(1);
        let key = state.peer;
        let session = &mut self.peers.get_mut(key)?.session;
        let is_new = number > session.received;
        if is_new {
            session.received = number;
            *proved_useful = true;
        }
        if !planted(Bug::WithoutAcknowledgements) {
            let owed = state.owe(raw.length, self.settings.limits.ack_bytes, now);
            self.acknowledge_later(connection, owed);
        }
        let again = planted(Bug::DroppedReplyTwice) && raw.kind == kind::ANSWER_FAILED;
        (is_new || again).then_some(key)
    }

    /// An acknowledgement is owed: soon, or at once where much has come.
    #[inline]
    pub(super) fn acknowledge_later(&mut self, connection: Key, owed: Owed) {
        match owed {
            Owed::Already => {}
            Owed::Soon => self.schedule(connection),
            Owed::Now => self.mark_writable(connection),
        }
    }

    fn handle_piece<'b>(&mut self, key: Key, piece: &Piece<'_>, now: Time) -> Result<Option<Delivery<'b>>, Bad> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(None) };
        let whole = peer.session.take_piece(piece, &self.settings.limits).map_err(Bad::Piece)?;
        let Some(whole) = whole else { return Ok(None) };
        let (kind, rest) = whole.split_first().ok_or(Bad::Frame(FrameError::Truncated))?;
        let frame = Numbered::read(*kind, Reader::new(rest)).map_err(Bad::Frame)?;
        if matches!(frame, Numbered::Piece(_)) {
            return Err(Bad::Rule("a piece of a piece"));
        }
        self.handle(key, frame, |body| Body::Shared(tail(&whole, body.len())), now)
    }

    fn handle<'f, 'b>(
        &mut self,
        key: Key,
        frame: Numbered<'f>,
        share: impl FnOnce(&'f [u8]) -> Body<'b>,
        now: Time,
    ) -> Result<Option<Delivery<'b>>, Bad> {
        match frame {
            Numbered::Message { to, body } => Ok(match self.target(key, to)? {
                Target::Port(to) => Some(Delivery::Message { to, body: share(body) }),
                Target::Node => {
                    self.handle_node_message(key, body, now);
                    None
                }
                Target::Nobody(name, reason) => self.dropped(name, reason),
            }),
            Numbered::Call { to, number, body } => {
                match (self.target(key, to)?, self.reply(key, number)) {
                    (Target::Port(to), Some(reply)) => {
                        return Ok(Some(Delivery::Call { to, reply, body: share(body) }));
                    }
                    (Target::Node, Some(reply)) => self.handle_request(key, &reply.name, body, now),
                    (Target::Nobody(_, reason), Some(reply)) => self.answer_failed(&reply, &reason, now),
                    (_, None) => {}
                }
                Ok(None)
            }
            Numbered::Answer { reply, body } => {
                let Some((number, call)) = self.awaited(&reply) else { return Ok(None) };
                let number = match call.look_up {
                    Some(look_up) => self.look_up_again(key, number, look_up, body, now),
                    None => Some(number),
                };
                Ok(number.map(|number| Delivery::Answer { number, result: Ok(share(body)) }))
            }
            Numbered::AnswerFailed { reply, reason } => {
                let (call, reason) = (self.awaited(&reply), self.reason(reason));
                let number = call.as_ref().map(|(number, _)| *number);
                if let Some((number, call)) = call.filter(|_| planted(Bug::DroppedReplyTwice)) {
                    self.calls.insert(number, call);
                }
                Ok(number.map(|number| Delivery::Answer { number, result: Err(reason) }))
            }
            Numbered::Kill { to, reason } => {
                // A kill is no message: nothing closes a port to it.
                let (name, reason) = (self.name(key, to)?, self.reason(reason));
                Ok(self.ports.resolve(&name).map(|to| Delivery::Kill { to, reason }))
            }
            Numbered::Spawn { to, service, arguments } => match to {
                Destination::Name(name) if self.may_spawn(key, &name) => {
                    Ok(Some(Delivery::Spawn { name, service: service.into(), arguments: share(arguments) }))
                }
                _ => Err(Bad::Rule("a spawn under a name that is not its spawner's")),
            },
            Numbered::Certificate { name, kills, reason } => {
                let reason = self.reason(reason);
                Ok(self.handle_certificate(key, &name, kills, reason))
            }
            frame => self.handle_bookkeeping(key, frame).map(|()| None),
        }
    }

    /// Handles a frame that delivers nothing.
    fn handle_bookkeeping(&mut self, key: Key, frame: Numbered<'_>) -> Result<(), Bad> {
        match frame {
            Numbered::Monitor { to } => {
                let name = self.name(key, to)?;
                self.add_watcher(key, name);
            }
            Numbered::Demonitor { to } => {
                let name = self.name(key, to)?;
                self.remove_watcher(key, &name);
            }
            Numbered::Dead { name: PortName::Node, .. } | Numbered::Closed { name: PortName::Node, .. } => {
                return Err(NODE_PORT);
            }
            Numbered::Dead { name, delivered, reason } => {
                let reason = self.reason(reason).with_delivered(self.delivered(key, &name, delivered));
                self.handle_dead(key, &name, &reason);
            }
            Numbered::Gone { name } => self.handle_gone(key, &name),
            Numbered::Renamed { name } => self.handle_renamed(key, &name),
            Numbered::Closed { name, delivered, reason } => {
                let reason = self.reason(reason).with_delivered(self.delivered(key, &name, delivered));
                self.handle_closed(key, &name, &reason);
            }
            Numbered::Intern { index, name } => {
                let (port, limit) = (self.ports.direct(&name), self.settings.limits.max_interned);
                let session = self.peers.get_mut(key).map(|peer| &mut peer.session);
                if !session.is_some_and(|session| session.known.learn(index, name, port, limit)) {
                    return Err(Bad::Rule("an interned name out of turn"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the peer may give this name to a port of this node: its own incarnation made it.
    fn may_spawn(&self, key: Key, name: &PortName) -> bool {
        let origin = self.peers.get(key).and_then(|peer| peer.session.peer).map(Origin::from);
        matches!(name, PortName::Native { origin: made_by, number }
            if origin == Some(*made_by) && number.kind() == PortKind::Spawned)
    }

    /// Where the answer to a call of the peer goes.
    fn reply(&self, key: Key, number: PortNumber) -> Option<PortId> {
        let peer = self.peers.get(key)?;
        let name = PortName::Native { origin: peer.session.peer?.into(), number };
        Some(PortId::new(peer.node.clone(), name))
    }

    /// The call that an answer is for, if this incarnation made it and still waits.
    pub(super) fn awaited(&mut self, reply: &PortName) -> Option<(PortNumber, Pending)> {
        match reply {
            PortName::Native { origin, number } if *origin == self.settings.incarnation.into() => {
                self.calls.remove(number).map(|call| (*number, call))
            }
            _ => None,
        }
    }

    /// A message for a port that is dead, or never was.
    pub(super) fn dropped<'b>(&mut self, name: PortName, reason: Reason) -> Option<Delivery<'b>> {
        let to = PortId::new(self.settings.node.clone(), name);
        self.event(Event::MessageDropped { to, reason });
        None
    }

    fn reason(&self, encoded: &[u8]) -> Reason {
        if encoded.len() > write::MAX_REASON {
            return Reason::new("unknown", "the reason is too long");
        }
        Reason::decode(encoded, &self.settings.limits)
            .unwrap_or_else(|error| Reason::new("unknown", format!("the reason does not decode: {error}")))
    }
}

/// The last `length` octets, which hold the elements.
fn tail(whole: &Bytes, length: usize) -> Bytes {
    whole.slice(whole.len().saturating_sub(length)..)
}
