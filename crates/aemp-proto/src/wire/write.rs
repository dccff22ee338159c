//! Writes the fields of a frame, in order.

use crate::{id::PortName, reason::Reason};

pub(crate) const NAME_NODE: u8 = 0;
pub(crate) const NAME_NATIVE: u8 = 1;
pub(crate) const NAME_TEXT: u8 = 2;

/// An unsigned number, seven bits an octet, low bits first, the high bit set on all but the last.
pub(crate) fn number(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(low_octet(value) | 0x80);
        value >>= 7;
    }
    out.push(low_octet(value));
}

const fn low_octet(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

pub(crate) fn size(out: &mut Vec<u8>, value: usize) {
    number(out, u64::try_from(value).unwrap_or(u64::MAX));
}

/// A count that may not be known: one more than it, or 0.
pub(crate) fn count(out: &mut Vec<u8>, count: Option<u64>) {
    number(out, count.map_or(0, |count| count.saturating_add(1)));
}

pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    size(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn name(out: &mut Vec<u8>, name: &PortName) {
    match name {
        PortName::Node => out.push(NAME_NODE),
        PortName::Native { origin, number: n } => {
            out.push(NAME_NATIVE);
            out.extend_from_slice(&origin.0);
            number(out, n.to_bits());
        }
        PortName::Text(name) => {
            out.push(NAME_TEXT);
            text(out, name);
        }
    }
}

/// The most that a reason may take: it has to fit into any frame.
pub(crate) const MAX_REASON: usize = 16 << 10;

/// A reason, to the end of the frame. Of one that is too long only the code and the beginning of the text are told.
pub(crate) fn reason(out: &mut Vec<u8>, reason: &Reason) {
    let start = out.len();
    let encoded = reason.encode(out);
    if encoded.is_err() || out.len().saturating_sub(start) > MAX_REASON {
        out.truncate(start);
        let short = reason.shortened(MAX_REASON / 8).encode(out);
        debug_assert!(short.is_ok(), "text always encodes");
    }
}

/// A destination that is not interned.
pub(crate) fn destination(out: &mut Vec<u8>, to: &PortName) {
    match to {
        PortName::Node => number(out, 0),
        to => {
            number(out, 1);
            name(out, to);
        }
    }
}
