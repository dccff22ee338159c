//! Frames for a peer that does not acknowledge any: what is given out is forgotten.

use bytes::Bytes;

use crate::{id::PortName, limits::Limits, wire::frame::Destination};

use super::{Session, outbox::frames};

impl Session {
    /// The next frames, about `room` octets, large ones whole.
    pub(crate) fn give_out_whole(&mut self, room: usize, limits: &Limits) -> Option<Bytes> {
        self.give_out(room, &Limits { max_piece: usize::MAX, ..*limits })
    }

    /// The port that a frame of this side is for.
    pub(crate) fn destination(&self, to: Destination) -> Option<PortName> {
        match to {
            Destination::Name(name) => Some(name),
            Destination::Interned(number) => self.interned.name(number).cloned(),
        }
    }
}

/// The frames in octets that were given out, from their types on.
pub(crate) fn frames_of(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    frames(octets)
}
