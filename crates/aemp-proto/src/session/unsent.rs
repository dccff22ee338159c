//! Frames that outlive their session, because another incarnation may have made the port they are for.

use bytes::Bytes;

use crate::{
    id::{PortName, PortNumber},
    wire::{
        frame::{Destination, Numbered, kind},
        reader::Reader,
    },
};

use super::{Elements, interned::Interned, waiting::Waiting};

/// A message, a call or a kill that was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsent {
    pub(crate) to: PortName,
    pub(crate) what: Kept,
    /// The elements, or the reason.
    pub(crate) body: Elements,
    /// Whether the peer may have it.
    pub(crate) given: bool,
}

/// What an [`Unsent`] frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Message,
    Call(PortNumber),
    Kill,
}

impl Unsent {
    /// Reads a frame of our own making, from its type on; `None` if it means nothing to another incarnation.
    pub(super) fn parse(frame: &[u8], interned: &Interned, given: bool) -> Option<Self> {
        let (to, what, body) = subject(frame, interned)?;
        Some(Self { to, what, body: Bytes::copy_from_slice(body).into(), given })
    }

    /// The same for a large frame, whose elements are shared.
    pub(super) fn whole(to: PortName, frame: &Waiting, given: bool) -> Option<Self> {
        let (kind, rest) = frame.head.split_first()?;
        let what = match (*kind, Numbered::read(*kind, Reader::new(rest)).ok()?) {
            (kind::MESSAGE, _) => Kept::Message,
            (kind::KILL, _) => Kept::Kill,
            (_, Numbered::Call { number, .. }) => Kept::Call(number),
            _ => return None,
        };
        let body = if what == Kept::Kill { kill_reason(rest)?.into() } else { frame.body.clone() };
        (to != PortName::Node).then_some(Self { to, what, body, given })
    }
}

/// The port that a frame of our own making is for, what it is, and its elements or reason; `None` if it is for no port.
pub(super) fn subject<'f>(frame: &'f [u8], interned: &Interned) -> Option<(PortName, Kept, &'f [u8])> {
    let (kind, rest) = frame.split_first()?;
    let (to, what, body) = match Numbered::read(*kind, Reader::new(rest)).ok()? {
        Numbered::Message { to, body } => (to, Kept::Message, body),
        Numbered::Call { to, number, body } => (to, Kept::Call(number), body),
        Numbered::Kill { to, reason } => (to, Kept::Kill, reason),
        _ => return None,
    };
    let to = match to {
        Destination::Name(PortName::Node) => return None,
        Destination::Name(name) => name,
        Destination::Interned(number) => interned.name(number)?.clone(),
    };
    Some((to, what, body))
}

/// The reason of a kill, which stands in the head of its frame.
fn kill_reason(rest: &[u8]) -> Option<Bytes> {
    match Numbered::read(kind::KILL, Reader::new(rest)).ok()? {
        Numbered::Kill { reason, .. } => Some(Bytes::copy_from_slice(reason)),
        _ => None,
    }
}
