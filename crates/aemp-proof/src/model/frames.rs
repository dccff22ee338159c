//! Frames on their way: where one ends, and what it is called in a story.

use std::collections::VecDeque;

use bytes::Bytes;

/// Octets of the length in front of a frame.
const LENGTH: usize = 4;

const HELLO: u8 = 0x03;
const START: u8 = 0x04;
const ACKNOWLEDGE: u8 = 0x05;
const INTERN: u8 = 0x49;

const NAMES: [(u8, &str); 22] = [
    (0x02, "REFUSED"),
    (HELLO, "HELLO"),
    (START, "START"),
    (ACKNOWLEDGE, "ACK"),
    (0x06, "HEARTBEAT"),
    (0x07, "PROBE"),
    (0x08, "PROBE-ANSWER"),
    (0x09, "GOODBYE"),
    (0x40, "MESSAGE"),
    (0x41, "CALL"),
    (0x42, "ANSWER"),
    (0x43, "ANSWER-FAILED"),
    (0x44, "KILL"),
    (0x45, "MONITOR"),
    (0x46, "DEMONITOR"),
    (0x47, "DEAD"),
    (0x48, "SPAWN"),
    (INTERN, "INTERN"),
    (0x4a, "PIECE"),
    (0x4b, "CERTIFICATE"),
    (0x4c, "GONE"),
    (0x4d, "RENAMED"),
];

fn kind(frame: &[u8]) -> u8 {
    frame.get(LENGTH).copied().unwrap_or(0)
}

/// Cuts what a kernel wrote into frames. An acknowledgement replaces one that nobody has read yet, and behind which nothing
/// came: whoever reads both at once notices no difference.
pub(crate) fn append(flow: &mut VecDeque<Bytes>, mut octets: Bytes) {
    while let Some(length) = octets.first_chunk::<LENGTH>() {
        let whole = LENGTH + u32::from_le_bytes(*length) as usize;
        let frame = octets.split_to(whole.min(octets.len()));
        if kind(&frame) == ACKNOWLEDGE && flow.back().is_some_and(|last| kind(last) == ACKNOWLEDGE) {
            flow.pop_back();
        }
        flow.push_back(frame);
    }
}

/// A name is interned right before the frame that needs it; by itself it moves nothing but a counter.
pub(crate) fn goes_with_next(frame: &[u8]) -> bool {
    kind(frame) == INTERN
}

/// START only says where counting begins.
pub(crate) fn goes_with_last(frame: &[u8]) -> bool {
    kind(frame) == START
}

/// A frame, for people.
pub(crate) fn describe(frame: &[u8]) -> String {
    let kind = kind(frame);
    let name = NAMES.iter().find(|(other, _)| *other == kind).map_or("a frame", |(_, name)| name);
    match kind {
        START | ACKNOWLEDGE => format!("{name} {}", frame.get(LENGTH + 1).copied().unwrap_or(0)),
        _ => name.to_owned(),
    }
}
