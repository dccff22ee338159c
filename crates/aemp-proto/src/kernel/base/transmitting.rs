//! Octets for a base peer.

use bytes::Bytes;

use super::outgoing::{Fate, Said, Spoken, elements, said};
use crate::{
    base::encode,
    id::{PortId, PortName},
    kernel::{Event, Kernel, SendError, arena::Key, connection::Phase, peer::Peer},
    limits::Limits,
    reason::{Reason, ReasonCode},
    session::{Envelope, frames_of},
    time::Time,
};

impl Peer {
    /// Queues a frame with elements, if a base peer can read them.
    #[cold]
    #[inline(never)]
    pub(in crate::kernel) fn write_for_base<E>(
        &mut self,
        envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>,
        limits: &Limits,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SendError<E>> {
        let mut encoded = Vec::new();
        encode(&mut encoded).map_err(SendError::Encode)?;
        elements(&encoded, limits).map_err(SendError::Unreadable)?;
        self.session.write(envelope, limits, |out| {
            out.extend_from_slice(&encoded);
            Ok(())
        })
    }
}

impl Kernel {
    /// What is to be written next to a base peer, at most `room` octets.
    pub(in crate::kernel) fn transmit_base(&mut self, connection: Key, room: usize, now: Time) -> Option<Bytes> {
        loop {
            let state = self.connections.get_mut(connection)?;
            let key = state.peer;
            let Phase::Base(channel) = &mut state.phase else {
                state.queued = false;
                return None;
            };
            if let Some(octets) = channel.take(room) {
                state.written_at = now;
                return Some(octets);
            }
            let octets = self.peers.get_mut(key).filter(|peer| peer.session.has_more()).and_then(|peer| {
                let octets = peer.session.give_out_whole(room, &self.settings.limits)?;
                peer.session.forget_given();
                peer.congested &= peer.session.octets() >= self.settings.limits.max_unacknowledged / 8;
                Some(octets)
            });
            match octets {
                Some(octets) => self.translate(key, connection, &octets),
                None => {
                    state.queued = false;
                    return None;
                }
            }
        }
    }

    /// Turns frames into messages of the base protocol.
    fn translate(&mut self, key: Key, connection: Key, frames: &[u8]) {
        let mut out = Vec::with_capacity(frames.len());
        for frame in frames_of(frames) {
            let Some(session) = self.peers.get(key).map(|peer| &peer.session) else { return };
            match said(session, frame, &self.settings.limits) {
                Said::Nothing => {}
                Said::Message(spoken) => self.speak(key, connection, spoken, &mut out),
                Said::NoSuchRequest(number) => {
                    self.end_call(
                        number,
                        Reason::new("unhandled_message", "the node port of a base peer answers no calls"),
                    );
                }
                Said::NoAnswer(reply) => self.not_said(
                    key,
                    reply,
                    Reason::new("unhandled_message", "a base peer cannot be told that there is no answer"),
                ),
            }
        }
        let state = self.connections.get_mut(connection);
        if let Some(Phase::Base(channel)) = state.map(|state| &mut state.phase) {
            channel.encoded = out.into();
        }
    }

    fn speak(&mut self, key: Key, connection: Key, spoken: Spoken, out: &mut Vec<u8>) {
        if let Some(reason) = self.fenced(key, &spoken.to) {
            // It was queued behind one that is lost.
            return self.lost(key, spoken.fate, reason);
        }
        let Some(Phase::Base(channel)) = self.connections.get(connection).map(|state| &state.phase) else { return };
        let (sending, limits) = (channel.sending, &self.settings.limits);
        let encoded = spoken.message.and_then(|message| encode(sending, &spoken.to, &message, limits, out));
        if let Err(error) = encoded {
            self.lost(key, spoken.fate, Reason::new(ReasonCode::Unencodable, error.to_string()));
        }
    }

    /// What was queued before the peer was known to be a base peer cannot be said to it, nor what follows to the same port.
    fn lost(&mut self, key: Key, fate: Fate, reason: Reason) {
        match fate {
            Fate::Watchers(name) => self.fence_unless_dead(key, &name, &reason),
            Fate::Call(name, number) => {
                self.end_call(number, reason.clone());
                self.fence_unless_dead(key, &name, &reason);
            }
            Fate::Observers(name) => self.not_said(key, name, reason),
        }
    }

    fn not_said(&mut self, key: Key, name: PortName, reason: Reason) {
        let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { return };
        self.event(Event::MessageDropped { to: PortId::new(node, name), reason });
    }
}
