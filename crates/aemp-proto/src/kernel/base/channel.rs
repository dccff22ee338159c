//! A connection with a base peer.

use bytes::Bytes;

use crate::{
    base::{self, Established, Framing, MessageReader},
    id::{NodeId, PortName},
    kernel::Contract,
    limits::Limits,
    message::Message,
    time::Time,
    value::{Bytes as Octets, Value},
};

/// Both directions of a connection with a base peer.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) contract: Contract,
    pub(crate) reader: MessageReader,
    pub(super) sending: Framing,
    limits: Limits,
    /// Messages that are to be written next.
    pub(super) encoded: Bytes,
    /// When the peer was last asked whether it lives.
    pub(crate) asked_at: Time,
    /// It is to be asked, before anything else is said.
    question: Vec<u8>,
}

impl Channel {
    pub(super) fn new(established: &Established, limits: &Limits) -> Self {
        Self {
            contract: established.into(),
            reader: MessageReader::new(established.receiving(), limits),
            sending: established.sending(),
            limits: *limits,
            encoded: Bytes::new(),
            asked_at: Time::ZERO,
            question: Vec::new(),
        }
    }

    /// Asks the peer for the time. Whatever it answers comes as a message for nobody: it is a sign of life.
    pub(crate) fn ask(&mut self, me: &NodeId, now: Time) {
        self.asked_at = now;
        if self.question.is_empty() {
            let request = Message(vec![octets("time"), octets(me.as_str()), octets("devnull")]);
            let _: Result<(), _> =
                base::encode(self.sending, &PortName::Node, &request, &self.limits, &mut self.question);
        }
    }

    /// What is to be written next, at most `room` octets.
    pub(super) fn take(&mut self, room: usize) -> Option<Bytes> {
        // Between two batches of messages, and never inside of one.
        if self.encoded.is_empty() {
            let question = std::mem::take(&mut self.question);
            return (!question.is_empty()).then(|| question.into());
        }
        Some(self.encoded.split_to(room.clamp(1, self.encoded.len())))
    }
}

/// A word of the protocol, as Perl nodes write it.
pub(super) fn octets(word: &str) -> Value {
    Octets::from(word.as_bytes()).into()
}

#[cfg(any(test, feature = "simulation"))]
impl crate::kernel::fingerprint::Feed for Channel {
    fn feed<H: std::hash::Hasher>(&self, view: &mut crate::kernel::fingerprint::View<'_, H>) {
        // No model has base peers: what a reader holds is left out.
        let Self { contract: _, reader: _, sending: _, limits: _, encoded, asked_at: _, question } = self;
        view.put(&(encoded, question));
    }
}
