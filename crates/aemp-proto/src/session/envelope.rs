//! What is to be sent, but for its elements.

use crate::{
    id::PortName,
    wire::{
        frame::{FIRST_INTERNED, kind},
        write,
    },
};

use super::last_words::Sender;

/// Room for a name and a few numbers.
const USUAL_HEAD: usize = 48;

/// How the port that a frame is for is written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By a number, since more will follow.
    Interned,
    /// In full.
    Full,
    /// Not at all: the other fields say enough.
    Absent,
}

/// What is to be sent, but for its elements.
#[derive(Debug)]
pub(crate) struct Envelope<'n, F> {
    pub(crate) kind: u8,
    /// Keeps the order of what is sent to one port.
    pub(crate) to: &'n PortName,
    pub(crate) naming: Naming,
    pub(crate) from: Sender,
    /// Appends the fields between destination and elements.
    pub(crate) fields: F,
}

impl<F: Fn(&mut Vec<u8>)> Envelope<'_, F> {
    pub(super) const fn is_message(&self) -> bool {
        matches!(self.kind, kind::MESSAGE | kind::CALL)
    }

    /// Type and fields, with the destination in full.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(USUAL_HEAD);
        head.push(self.kind);
        if self.naming != Naming::Absent {
            write::destination(&mut head, self.to);
        }
        (self.fields)(&mut head);
        head
    }
}

/// Appends type, destination and fields.
pub(super) fn write_head(out: &mut Vec<u8>, envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>, number: Option<u32>) {
    out.push(envelope.kind);
    match number {
        Some(number) => write::number(out, u64::from(number).saturating_add(FIRST_INTERNED.into())),
        None if envelope.naming == Naming::Absent => {}
        None => write::destination(out, envelope.to),
    }
    (envelope.fields)(out);
}
