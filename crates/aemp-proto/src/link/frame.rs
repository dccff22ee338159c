//! Frames as sessions use them too: the length of the rest as 32 bits, little-endian, a type, a body.

use super::PeerMisbehaved;

/// A proof.
pub(super) const PROOF: u8 = 0x01;
/// A refusal.
pub(super) const REFUSED: u8 = 0x02;

/// A whole frame.
pub(super) fn encode(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).fold(1, usize::saturating_add);
    let mut frame = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    frame.push(kind);
    parts.iter().for_each(|part| frame.extend_from_slice(part));
    frame
}

/// Takes one frame out of a stream that comes in chunks of any size; holds at most one frame.
#[derive(Debug)]
pub(super) struct FrameReader {
    pub(super) buffer: Vec<u8>,
    limit: usize,
}

/// What a [`FrameReader`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

impl FrameReader {
    /// A reader of frames with at most `limit` octets, their length included.
    pub(super) const fn new(limit: usize) -> Self {
        Self { buffer: Vec::new(), limit }
    }

    /// Takes octets from the front of `input`; what it leaves there stands behind the frame.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, PeerMisbehaved> {
        self.fill(input, size_of::<u32>());
        let Some((length, _)) = self.buffer.split_first_chunk() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let whole = length.saturating_add(size_of::<u32>());
        if length == 0 || whole > self.limit {
            return Err(PeerMisbehaved::FrameSize);
        }
        self.fill(input, whole);
        if self.buffer.len() < whole {
            return Ok(None);
        }
        let buffer = std::mem::take(&mut self.buffer);
        let (kind, body) =
            buffer.get(size_of::<u32>()..).and_then(<[u8]>::split_first).ok_or(PeerMisbehaved::FrameSize)?;
        Ok(Some(Frame { kind: *kind, body: body.to_vec() }))
    }

    /// Fills the buffer to `size` octets as far as the input lasts.
    fn fill(&mut self, input: &mut &[u8], size: usize) {
        let missing = size.saturating_sub(self.buffer.len()).min(input.len());
        if let Some((taken, rest)) = input.split_at_checked(missing) {
            self.buffer.extend_from_slice(taken);
            *input = rest;
        }
    }
}
