//! Numbered frames from the moment they are asked for until they are acknowledged.

#[cfg(any(test, feature = "simulation"))]
mod fingerprint;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    planted::{Bug, planted},
    wire::frame::{LENGTH, kind},
};

/// A batch of frames is closed when it has this many octets.
const CHUNK: usize = 64 << 10;

/// Encoded frames that belong together, in the order of their numbers: all of them numbered, or all lossy.
#[derive(Clone, Debug)]
struct Chunk {
    octets: Bytes,
    /// The number of the last frame; of the last one before them, if they are lossy.
    last: u64,
    /// How many frames have a number: none, if they are lossy.
    count: u64,
}

impl Chunk {
    const fn is_lossy(&self) -> bool {
        self.count == 0
    }
}

/// The frames that the peer may still need.
///
/// Frames are encoded once, where they will be sent from. What was given out stays until it is
/// acknowledged; after a break it is given out again, unchanged. Lossy frames only have their place among
/// the others: they are forgotten when they are given out, or when the connection breaks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Chunk>,
    /// Frames that are not yet part of a chunk.
    tail: Vec<u8>,
    tail_count: u64,
    /// The number of the last frame.
    last: u64,
    acknowledged: u64,
    /// The highest number that was ever given out in this session.
    given: u64,
    /// The next chunk to give out on this connection, and where in it.
    cursor: usize,
    offset: usize,
    octets: usize,
    unsent: usize,
    /// What of that is lossy.
    lossy: usize,
}

impl Outbox {
    /// Octets that are kept until they are acknowledged.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    /// Octets that are not given out yet on this connection.
    pub(crate) const fn unsent(&self) -> usize {
        self.unsent
    }

    /// Octets of lossy frames that are not given out yet.
    pub(crate) const fn lossy(&self) -> usize {
        self.lossy
    }

    pub(crate) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// The highest number that was ever given out.
    pub(crate) const fn given(&self) -> u64 {
        self.given
    }

    /// The number that the next frame will get.
    pub(crate) const fn next_number(&self) -> u64 {
        self.last.saturating_add(1)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.acknowledged == self.last
    }

    /// Appends a frame whose type and body `write` appends; if it fails, nothing happened.
    ///
    /// `take_back` may look at the frame, from its type on, and take it back before it is numbered.
    pub(crate) fn push<T>(&mut self, write: impl FnOnce(&mut Draft<'_>) -> Result<T, T>) -> T {
        if self.has_lossy_tail() {
            self.close_tail(0);
        }
        self.append(write, |outbox, octets| {
            outbox.octets = outbox.octets.saturating_add(octets);
            outbox.last = outbox.last.saturating_add(1);
            outbox.tail_count = outbox.tail_count.saturating_add(1);
        })
    }

    /// The same for a frame without a number, which is given out between its neighbours, once or never.
    pub(crate) fn push_lossy<T>(&mut self, write: impl FnOnce(&mut Draft<'_>) -> Result<T, T>) -> T {
        if !self.tail.is_empty() && !self.has_lossy_tail() {
            self.close_tail(0);
        }
        self.append(write, |outbox, octets| outbox.lossy = outbox.lossy.saturating_add(octets))
    }

    const fn has_lossy_tail(&self) -> bool {
        !self.tail.is_empty() && self.tail_count == 0
    }

    /// Appends a frame to the tail; `count` is told its octets.
    fn append<T>(
        &mut self,
        write: impl FnOnce(&mut Draft<'_>) -> Result<T, T>,
        count: impl FnOnce(&mut Self, usize),
    ) -> T {
        let start = self.tail.len();
        self.tail.extend_from_slice(&[0; LENGTH]);
        let mut draft = Draft { start: start.saturating_add(LENGTH), tail: &mut self.tail, finished: false };
        match write(&mut draft) {
            Err(taken_back) => taken_back,
            Ok(done) => {
                draft.finished = true;
                drop(draft);
                let octets = self.measure(start);
                self.unsent = self.unsent.saturating_add(octets);
                count(self, octets);
                if self.tail.len() >= CHUNK {
                    self.close_tail(CHUNK.saturating_add(CHUNK / 8));
                }
                done
            }
        }
    }

    /// Gives the frame that begins at `start` its length; the octets that it takes.
    fn measure(&mut self, start: usize) -> usize {
        let body = self.tail.len().saturating_sub(start).saturating_sub(LENGTH);
        let length = u32::try_from(body).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.tail.get_mut(start..).and_then(|frame| frame.first_chunk_mut::<LENGTH>()) {
            *place = length;
        }
        let whole = body.saturating_add(LENGTH);
        let kind = self.tail.get(start.saturating_add(LENGTH)).copied();
        if planted(Bug::NoticesOvertake) && kind == Some(kind::DEAD) {
            self.tail.rotate_right(whole);
        }
        whole
    }

    /// Makes a chunk of the tail; the next tail gets room for `capacity` octets.
    fn close_tail(&mut self, capacity: usize) {
        let octets = Bytes::from(std::mem::replace(&mut self.tail, Vec::with_capacity(capacity)));
        self.chunks.push_back(Chunk { octets, last: self.last, count: std::mem::take(&mut self.tail_count) });
    }

    /// The next frames to write, about [`CHUNK`] octets.
    pub(crate) fn give_out(&mut self) -> Option<Bytes> {
        if self.cursor >= self.chunks.len() && !self.tail.is_empty() {
            self.close_tail(0);
        }
        let chunk = self.chunks.get_mut(self.cursor)?;
        let octets = if chunk.is_lossy() {
            let octets = std::mem::take(&mut chunk.octets);
            self.lossy = self.lossy.saturating_sub(octets.len());
            octets
        } else {
            chunk.octets.slice(self.offset.min(chunk.octets.len())..)
        };
        self.given = self.given.max(chunk.last);
        self.cursor = self.cursor.saturating_add(1);
        self.offset = 0;
        self.unsent = self.unsent.saturating_sub(octets.len());
        self.drop_empty_chunk();
        Some(octets)
    }

    /// Of lossy frames that were given out nothing is kept. (Among others, their chunk goes with its neighbours.)
    fn drop_empty_chunk(&mut self) {
        if self.cursor == self.chunks.len() && self.chunks.back().is_some_and(Chunk::is_lossy) {
            self.chunks.pop_back();
            self.cursor = self.cursor.saturating_sub(1);
        }
    }

    /// The peer has everything up to `number`. False if it cannot: it was never given out.
    #[must_use]
    pub(crate) fn acknowledge(&mut self, number: u64) -> bool {
        if number > self.given {
            return false;
        }
        self.acknowledged = self.acknowledged.max(number);
        while self.cursor > 0 && self.chunks.front().is_some_and(|chunk| chunk.last <= self.acknowledged) {
            let chunk = self.chunks.pop_front();
            self.octets = self.octets.saturating_sub(chunk.map_or(0, |chunk| chunk.octets.len()));
            self.cursor = self.cursor.saturating_sub(1);
        }
        true
    }

    /// The frames that were never given out, from their types on, in order.
    pub(crate) fn never_given(&self) -> impl Iterator<Item = &[u8]> {
        let chunks = self.chunks.iter().skip(self.first_never_given());
        chunks.flat_map(|chunk| frames(&chunk.octets)).chain(frames(&self.tail))
    }

    /// Chunks are given out as a whole.
    fn first_never_given(&self) -> usize {
        self.chunks.partition_point(|chunk| chunk.last <= self.given)
    }

    /// Takes those frames back that were never given out and that `unwanted` names; later frames move up. Gives the
    /// numbers that the frames had.
    ///
    /// Lossy frames are lost: where something is taken back, too much waits for them.
    pub(crate) fn take_back(&mut self, mut unwanted: impl FnMut(&[u8]) -> bool) -> Vec<u64> {
        self.forget_lossy();
        if !self.tail.is_empty() {
            self.close_tail(0);
        }
        let old = self.chunks.split_off(self.first_never_given());
        let mut taken = Vec::new();
        let mut number = old.front().map_or(self.last, |chunk| chunk.last.saturating_sub(chunk.count));
        self.last = number;
        for chunk in old {
            let mut kept = Vec::new();
            let mut count: u64 = 0;
            for frame in frames(&chunk.octets) {
                number = number.saturating_add(1);
                if unwanted(frame) {
                    taken.push(number);
                    continue;
                }
                kept.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_le_bytes());
                kept.extend_from_slice(frame);
                count = count.saturating_add(1);
            }
            let freed = chunk.octets.len().saturating_sub(kept.len());
            self.octets = self.octets.saturating_sub(freed);
            self.unsent = self.unsent.saturating_sub(freed);
            self.last = self.last.saturating_add(count);
            if count > 0 {
                self.chunks.push_back(Chunk { octets: kept.into(), last: self.last, count });
            }
        }
        taken
    }

    /// Begins again with the first frame that is not acknowledged: a new connection.
    pub(crate) fn rewind(&mut self) {
        self.forget_lossy();
        while self.chunks.front().is_some_and(|chunk| chunk.last <= self.acknowledged) {
            let chunk = self.chunks.pop_front();
            self.octets = self.octets.saturating_sub(chunk.map_or(0, |chunk| chunk.octets.len()));
        }
        self.cursor = 0;
        self.offset = self.chunks.front().map_or(0, |chunk| {
            let before = chunk.last.saturating_sub(chunk.count);
            let done = to_usize(self.acknowledged.saturating_sub(before));
            frames(&chunk.octets).take(misjudged(done, chunk)).map(whole_length).sum()
        });
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.octets.len()).sum();
        self.unsent = chunks.saturating_add(self.tail.len()).saturating_sub(self.offset);
    }

    /// Lossy frames are lost.
    fn forget_lossy(&mut self) {
        let emptied = self.chunks.iter().take(self.cursor).filter(|chunk| chunk.is_lossy()).count();
        self.cursor = self.cursor.saturating_sub(emptied);
        self.chunks.retain(|chunk| !chunk.is_lossy());
        if self.has_lossy_tail() {
            self.tail.clear();
        }
        self.unsent = self.unsent.saturating_sub(self.lossy);
        self.lossy = 0;
    }

    /// The numbered frames that are not acknowledged, from their types on, with their numbers.
    pub(crate) fn unacknowledged(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let chunks = || self.chunks.iter().filter(|chunk| !chunk.is_lossy());
        let skip = chunks()
            .next()
            .map_or(0, |chunk| to_usize(self.acknowledged.saturating_sub(chunk.last.saturating_sub(chunk.count))));
        let tail = if self.has_lossy_tail() { &[][..] } else { &self.tail };
        let frames = chunks().flat_map(|chunk| frames(&chunk.octets)).skip(skip).chain(frames(tail));
        (self.acknowledged.saturating_add(1)..).zip(frames)
    }
}

/// A frame that is being written into an [`Outbox`]; unless finished, it leaves nothing, even if the
/// writer panics.
#[derive(Debug)]
pub(crate) struct Draft<'o> {
    tail: &'o mut Vec<u8>,
    start: usize,
    finished: bool,
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.tail.truncate(self.start.saturating_sub(LENGTH));
        }
    }
}

impl Draft<'_> {
    /// Where type and body are to be appended.
    pub(crate) const fn buffer(&mut self) -> &mut Vec<u8> {
        self.tail
    }

    /// Octets of type and body so far.
    pub(crate) const fn len(&self) -> usize {
        self.tail.len().saturating_sub(self.start)
    }

    /// Takes all octets of type and body from `from` on.
    pub(crate) fn split_off(&mut self, from: usize) -> Vec<u8> {
        let at = self.start.saturating_add(from).min(self.tail.len());
        self.tail.split_off(at)
    }
}

/// How many frames of the first chunk are left out after a break; the truth, unless a bug is planted.
fn misjudged(done: usize, chunk: &Chunk) -> usize {
    let next_is_piece = || frames(&chunk.octets).nth(done).is_some_and(|frame| frame.first() == Some(&kind::PIECE));
    if planted(Bug::ResumeSkipsOne) || planted(Bug::ResendSkipsPiece) && next_is_piece() {
        return done.saturating_add(1);
    }
    done.saturating_sub(usize::from(planted(Bug::ResumeRepeatsOne)))
}

/// The frames in a chunk of our own making, from their types on.
pub(super) fn frames(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = octets.split_first_chunk::<LENGTH>()?;
        let (frame, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        octets = rest;
        Some(frame)
    })
}

const fn whole_length(frame: &[u8]) -> usize {
    frame.len().saturating_add(LENGTH)
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
