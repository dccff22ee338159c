//! A frame on its way into pieces.

use crate::wire::frame::kind;

use super::{Elements, Sender};

/// A frame that waits for its turn.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Its type and what follows, up to the elements.
    pub(crate) head: Vec<u8>,
    /// The elements.
    pub(crate) body: Elements,
    /// Who sent it: the notice of its death comes later.
    pub(crate) from: Sender,
}

#[cfg(any(test, feature = "simulation"))]
impl crate::kernel::fingerprint::Feed for Waiting {
    fn feed<H: std::hash::Hasher>(&self, view: &mut crate::kernel::fingerprint::View<'_, H>) {
        let Self { head, body, from } = self;
        view.put(&(head, body, from));
    }
}

impl Waiting {
    pub(crate) fn octets(&self) -> usize {
        self.head.len().saturating_add(self.body.len())
    }

    pub(crate) fn is_message(&self) -> bool {
        matches!(self.head.first(), Some(&(kind::MESSAGE | kind::CALL)))
    }

    /// Whether it is more than an order or a notice.
    pub(crate) fn has_elements(&self) -> bool {
        self.is_message() || self.is_answer() || self.is_spawn()
    }

    pub(crate) fn is_answer(&self) -> bool {
        self.head.first() == Some(&kind::ANSWER)
    }

    pub(crate) fn is_spawn(&self) -> bool {
        self.head.first() == Some(&kind::SPAWN)
    }

    /// Appends up to `most` octets of it from `from` on; says how many.
    pub(super) fn copy_part(&self, from: usize, most: usize, out: &mut Vec<u8>) -> usize {
        let before = out.len();
        let head = self.head.get(from..).unwrap_or_default();
        out.extend_from_slice(head.get(..most).unwrap_or(head));
        let room = most.saturating_sub(out.len().saturating_sub(before));
        self.body.copy_part(from.saturating_sub(self.head.len()), room, out);
        out.len().saturating_sub(before)
    }
}
