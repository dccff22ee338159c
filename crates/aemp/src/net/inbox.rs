//! Octets that were received and not yet handled.

/// Octets that were received and not yet handled, without being moved for every frame.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    octets: Vec<u8>,
    handled: usize,
}

impl From<Vec<u8>> for Inbox {
    fn from(octets: Vec<u8>) -> Self {
        Self { octets, handled: 0 }
    }
}

impl Inbox {
    /// What was not yet handled.
    #[inline]
    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(self.handled..).unwrap_or_default()
    }

    /// So many octets in front are handled.
    #[inline]
    pub(super) fn handle(&mut self, count: usize) {
        self.handled = self.handled.saturating_add(count).min(self.octets.len());
    }

    /// Where more is appended. What is left, as a rule a part of a frame, moves to the front.
    pub(super) fn more(&mut self) -> &mut Vec<u8> {
        self.octets.drain(..self.handled);
        self.handled = 0;
        &mut self.octets
    }

    /// Nothing comes for now: memory that holds nothing is given back.
    pub(super) fn rest(&mut self) {
        if self.octets().is_empty() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handled_is_gone_and_what_is_left_stays() {
        let mut inbox = Inbox::from(vec![1, 2, 3]);
        inbox.handle(2);
        assert_eq!(inbox.octets(), [3]);
        inbox.more().extend([4, 5]);
        assert_eq!(inbox.octets(), [3, 4, 5]);
        inbox.rest();
        assert_eq!(inbox.octets(), [3, 4, 5], "what is left is not given away");
        inbox.handle(9);
        assert!(inbox.octets().is_empty());
        inbox.rest();
        assert_eq!(inbox.more().capacity(), 0);
    }
}
