//! What goes over the network.

use std::ops::Sub;

/// Frames with this bit are numbered: messages, and what else is kept until it is acknowledged.
const NUMBERED: u8 = 0x40;

/// What went over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) connections: u64,
    /// Numbered frames: those that say something to a node or a port.
    pub(super) messages: u64,
    /// All octets, without what encryption adds.
    pub(super) octets: u64,
}

impl Traffic {
    /// Counts whole frames.
    pub(super) fn count(&mut self, mut octets: &[u8]) {
        self.octets += octets.len() as u64;
        while let Some((length, rest)) = octets.split_first_chunk::<4>() {
            let Some((frame, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else { return };
            octets = rest;
            if frame.first().is_some_and(|kind| kind & NUMBERED != 0) {
                self.messages += 1;
            }
        }
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            connections: self.connections - before.connections,
            messages: self.messages - before.messages,
            octets: self.octets - before.octets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_frames_are_messages_and_all_octets_count() {
        let mut traffic = Traffic::default();
        traffic.count(&[2, 0, 0, 0, 0x41, 9, 1, 0, 0, 0, 3]);
        assert_eq!(traffic, Traffic { connections: 0, messages: 1, octets: 11 });
    }
}
