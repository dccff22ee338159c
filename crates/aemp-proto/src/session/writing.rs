//! Frames that are queued.

use crate::{
    id::PortName,
    kernel::{LocalPort, SendError},
    limits::Limits,
    planted::{Bug, planted},
    value::{Borrowing, Lent},
    wire::{frame::kind, write},
};

use super::{
    Elements, Session,
    envelope::{Envelope, Naming, write_head},
    interned::Interning,
    last_words::Sender,
    outbox::Draft,
    waiting::Waiting,
};

/// How the writing of a frame ended.
pub(super) enum Written<E> {
    Whole,
    Large(Elements),
    Failed(SendError<E>),
}

impl Session {
    /// Queues a frame with elements that may be long, or fail to encode; then nothing happened.
    pub(crate) fn write<E>(
        &mut self,
        envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>,
        limits: &Limits,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SendError<E>> {
        let limit = limits.max_message.min(self.peer_max_message);
        if self.lanes.holds(envelope.to) || envelope.kind == kind::SPAWN && self.lanes.holds_spawns() {
            let mut encoded = Vec::new();
            let borrowing = Borrowing::begin(&encoded, limits.max_piece);
            encode(&mut encoded).map_err(SendError::Encode)?;
            let body = Elements::new(encoded, borrowing.end());
            check_size(body.len(), limit)?;
            self.count_name(envelope);
            self.wait_in_lane(envelope, body);
            return Ok(());
        }
        let number = self.destination_number(envelope, limits);
        let written = self.outbox.push(|draft| {
            write_head(draft.buffer(), envelope, number);
            write_elements(draft, limit, limits.max_piece, encode)
        });
        match written {
            Written::Whole => {
                if let Some(number) = number.filter(|_| envelope.is_message()) {
                    self.interned.count(number);
                }
                Ok(())
            }
            Written::Failed(error) => Err(error),
            Written::Large(body) => {
                self.count_name(envelope);
                self.wait_in_lane(envelope, body);
                Ok(())
            }
        }
    }

    fn count_name<F: Fn(&mut Vec<u8>)>(&mut self, envelope: &Envelope<'_, F>) {
        if envelope.is_message() {
            self.interned.count_name(envelope.to);
        }
    }

    /// Queues a short frame that cannot fail.
    pub(crate) fn control(&mut self, envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>) {
        if self.lanes.holds(envelope.to) && !(planted(Bug::KillOvertakes) && envelope.kind == kind::KILL) {
            self.wait_in_lane(envelope, Elements::default());
        } else {
            self.push_whole(&envelope.head(), &[]);
        }
    }

    /// Queues the notice that a name of this node takes nothing more, behind everything that its port sent.
    pub(crate) fn notice(&mut self, port: Option<LocalPort>, envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>) {
        let notice = Waiting { head: envelope.head(), body: Elements::default(), from: Sender::Nobody };
        let port = port.or_else(|| self.lanes.last_words.dead(envelope.to));
        if let Some(notice) = self.lanes.hold_notice(port, notice) {
            self.push_notice(&notice);
        }
    }

    pub(super) fn push_notice(&mut self, notice: &Waiting) {
        self.last_notice = self.outbox.next_number();
        self.push_frame(notice);
    }

    /// Queues a frame that is no longer than a piece.
    pub(super) fn push_frame(&mut self, frame: &Waiting) {
        self.outbox.push(|draft| {
            frame.copy_part(0, frame.octets(), draft.buffer());
            Ok(())
        });
    }

    pub(super) fn push_whole(&mut self, head: &[u8], body: &[u8]) {
        self.outbox.push(|draft| {
            draft.buffer().extend_from_slice(head);
            draft.buffer().extend_from_slice(body);
            Ok(())
        });
    }

    fn wait_in_lane(&mut self, envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>, body: Elements) {
        let frame = Waiting { head: envelope.head(), body, from: envelope.from };
        self.lanes.push(envelope.to, frame);
    }

    /// The number by which the destination is written, interning it if it has none yet.
    fn destination_number(&mut self, envelope: &Envelope<'_, impl Fn(&mut Vec<u8>)>, limits: &Limits) -> Option<u32> {
        if envelope.naming != Naming::Interned || *envelope.to == PortName::Node {
            return None;
        }
        let use_in = self.outbox.next_number().saturating_add(1);
        let acknowledged = self.outbox.acknowledged();
        match self.interned.number(envelope.to, use_in, acknowledged, limits.max_interned) {
            Interning::Known(number) => Some(number),
            Interning::Full => None,
            Interning::New(number) => {
                self.outbox.push(|draft| {
                    draft.buffer().push(kind::INTERN);
                    write::number(draft.buffer(), number.into());
                    write::name(draft.buffer(), envelope.to);
                    Ok(())
                });
                Some(number)
            }
        }
    }
}

/// Appends the elements, or takes the frame back: it failed, or is too long to go whole.
pub(super) fn write_elements<E>(
    draft: &mut Draft<'_>,
    limit: usize,
    max_piece: usize,
    encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<Written<E>, Written<E>> {
    let head = draft.len();
    let start = draft.buffer().len();
    let borrowing = Borrowing::begin(draft.buffer(), max_piece);
    encode(draft.buffer()).map_err(|error| Written::Failed(SendError::Encode(error)))?;
    let lent = borrowing.end();
    let octets = lent.iter().fold(draft.len().saturating_sub(head), |sum, lent| sum.saturating_add(lent.octets.len()));
    check_size(octets, limit).map_err(Written::Failed)?;
    if head.saturating_add(octets) > max_piece {
        let lent = lent.into_iter().map(|lent| Lent { at: lent.at.saturating_sub(start), ..lent }).collect();
        return Err(Written::Large(Elements::new(draft.split_off(head), lent)));
    }
    Ok(Written::Whole)
}

fn check_size<E>(size: usize, limit: usize) -> Result<(), SendError<E>> {
    if size > limit { Err(SendError::TooLarge { size, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::value::append_encoded;

    #[test]
    fn large_octets_are_shared_with_their_sender_until_they_are_acknowledged() {
        let (mut session, limits, to) = (Session::new(1), Limits::default(), "a".parse().unwrap());
        let fields = |_: &mut Vec<u8>| {};
        let envelope =
            Envelope { kind: kind::MESSAGE, to: &to, naming: Naming::Interned, from: Sender::Nobody, fields };
        let octets = Bytes::from(vec![7; 200_000]);
        let encode = |out: &mut Vec<u8>| {
            append_encoded(&octets, out);
            Ok::<(), std::fmt::Error>(())
        };
        session.write(&envelope, &limits, encode).unwrap();
        assert!(!octets.is_unique());
        while session.give_out(usize::MAX, &limits).is_some() {}
        assert!(!octets.is_unique(), "they may have to be sent again");
        assert!(session.acknowledge(session.outbox.given()));
        assert!(octets.is_unique());
    }
}
