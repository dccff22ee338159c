//! Messages that may be lost: sent once, or not at all.

use crate::{id::PortName, kernel::SendError, limits::Limits, wire::frame::kind};

use super::{
    Envelope, Naming, Sender, Session,
    envelope::write_head,
    writing::{Written, write_elements},
};

impl Session {
    /// Queues a message in its place among the others, without a number; false if it is dropped.
    ///
    /// Its port is named by a number only if it has one already: to give it one would take a numbered frame,
    /// which would have to arrive.
    pub(crate) fn write_lossy<E>(
        &mut self,
        to: &PortName,
        limits: &Limits,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, SendError<E>> {
        // What a large message holds up would be overtaken.
        if self.outbox.lossy() >= limits.max_unsent || self.lanes.holds(to) {
            return Ok(false);
        }
        let limit = limits.max_piece.min(limits.max_message).min(self.peer_max_message);
        let number = self.interned.known(to);
        let envelope =
            Envelope { kind: kind::LOSSY, to, naming: Naming::Interned, from: Sender::Nobody, fields: |_: &mut _| {} };
        let written = self.outbox.push_lossy(|draft| {
            write_head(draft.buffer(), &envelope, number);
            write_elements(draft, limit, usize::MAX, encode)
        });
        match written {
            Written::Whole | Written::Large(_) => Ok(true),
            Written::Failed(error) => Err(error),
        }
    }
}
