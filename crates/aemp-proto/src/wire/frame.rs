//! Frames between native nodes, inside the encryption. `docs/protocol.md` describes them one by one.
//!
//! A frame is the length of its rest as a little-endian 32-bit number, a type, and a body. Frames of the
//! types from 0x40 to 0x7f (and 0xc0 to 0xff) are numbered: both ends count them, they are acknowledged,
//! and sent again after a break. A type with the high bit set may be ignored by who does not know it.

use crate::{
    id::{PortName, PortNumber},
    limits::Limits,
    session::Hello,
};

pub use super::reader::FrameError;
use super::reader::Reader;

/// Octets of the length in front of each frame.
pub const LENGTH: usize = 4;
/// What a frame may need beyond its piece of a message: type, destination, name of a service.
const OVERHEAD: usize = 1024;

/// The types of frames.
pub(crate) mod kind {
    pub(crate) const REFUSED: u8 = 0x02;
    pub(crate) const HELLO: u8 = 0x03;
    pub(crate) const START: u8 = 0x04;
    pub(crate) const ACKNOWLEDGE: u8 = 0x05;
    pub(crate) const HEARTBEAT: u8 = 0x06;
    pub(crate) const PROBE: u8 = 0x07;
    pub(crate) const PROBE_ANSWER: u8 = 0x08;
    pub(crate) const GOODBYE: u8 = 0x09;
    pub(crate) const LOSSY: u8 = 0x8a;

    pub(crate) const MESSAGE: u8 = 0x40;
    pub(crate) const CALL: u8 = 0x41;
    pub(crate) const ANSWER: u8 = 0x42;
    pub(crate) const ANSWER_FAILED: u8 = 0x43;
    pub(crate) const KILL: u8 = 0x44;
    pub(crate) const MONITOR: u8 = 0x45;
    pub(crate) const DEMONITOR: u8 = 0x46;
    pub(crate) const DEAD: u8 = 0x47;
    pub(crate) const SPAWN: u8 = 0x48;
    pub(crate) const INTERN: u8 = 0x49;
    pub(crate) const PIECE: u8 = 0x4a;
    pub(crate) const CERTIFICATE: u8 = 0x4b;
    pub(crate) const GONE: u8 = 0x4c;
    pub(crate) const RENAMED: u8 = 0x4d;
    pub(crate) const CLOSED: u8 = 0x4e;

    pub(crate) const NUMBERED: u8 = 0x40;
    pub(crate) const MAY_BE_IGNORED: u8 = 0x80;
}

/// The port that a frame is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Name(PortName),
    Interned(u32),
}

/// The first number of an interned destination: 0 is the node port, 1 says that a name follows.
pub(crate) const FIRST_INTERNED: u32 = 2;

/// A frame, its variable parts still in the buffer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame<'b> {
    Refused { code: &'b str, text: &'b str },
    Hello(Hello),
    Start { number: u64 },
    Acknowledge { number: u64, notice: u64 },
    Heartbeat,
    Probe,
    ProbeAnswer,
    Goodbye,
    Lossy { to: Destination, body: &'b [u8] },
    Numbered(Numbered<'b>),
    Ignored,
}

/// A numbered frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbered<'b> {
    Message { to: Destination, body: &'b [u8] },
    Call { to: Destination, number: PortNumber, body: &'b [u8] },
    Answer { reply: PortName, body: &'b [u8] },
    AnswerFailed { reply: PortName, reason: &'b [u8] },
    Kill { to: Destination, reason: &'b [u8] },
    Monitor { to: Destination },
    Demonitor { to: Destination },
    Dead { name: PortName, delivered: Option<u64>, reason: &'b [u8] },
    Spawn { to: Destination, service: &'b str, arguments: &'b [u8] },
    Intern { index: u32, name: PortName },
    Piece(Piece<'b>),
    Certificate { name: PortName, kills: bool, reason: &'b [u8] },
    Gone { name: PortName },
    Renamed { name: PortName },
    Closed { name: PortName, delivered: Option<u64>, reason: &'b [u8] },
    Ignored,
}

/// A piece of a frame that was too long.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece<'b> {
    pub(crate) transfer: u64,
    /// The octets of the whole frame from its type on; in the first piece only.
    pub(crate) total: Option<usize>,
    pub(crate) octets: &'b [u8],
}

/// A frame whose body is not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'b> {
    /// The octets that it takes, with its length.
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) body: &'b [u8],
}

/// The first frame in `input`, if it is there as a whole.
#[inline]
pub(crate) fn split<'b>(input: &'b [u8], limits: &Limits) -> Result<Option<Raw<'b>>, FrameError> {
    let Some((length, rest)) = input.split_first_chunk::<LENGTH>() else { return Ok(None) };
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length == 0 || length > limits.max_piece.saturating_add(OVERHEAD) {
        return Err(FrameError::Length(length));
    }
    let Some(frame) = rest.get(..length) else { return Ok(None) };
    let (kind, body) = frame.split_first().ok_or(FrameError::Truncated)?;
    Ok(Some(Raw { length: length.saturating_add(LENGTH), kind: *kind, body }))
}

impl<'b> Frame<'b> {
    /// Reads a frame of any type.
    pub(crate) fn read(kind: u8, body: &'b [u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::new(body);
        Ok(match kind {
            kind if kind & kind::NUMBERED != 0 => Self::Numbered(Numbered::read(kind, reader)?),
            kind::REFUSED => {
                let length = usize::from(reader.octet()?);
                let code = std::str::from_utf8(reader.octets(length)?).map_err(|_| FrameError::Text)?;
                Self::Refused { code, text: std::str::from_utf8(reader.rest()).map_err(|_| FrameError::Text)? }
            }
            kind::HELLO => Self::Hello(Hello::read(reader)?),
            kind::START => Self::Start { number: reader.number()? },
            kind::ACKNOWLEDGE => Self::Acknowledge { number: reader.number()?, notice: reader.number()? },
            kind::HEARTBEAT => Self::Heartbeat,
            kind::PROBE => Self::Probe,
            kind::PROBE_ANSWER => Self::ProbeAnswer,
            kind::GOODBYE => Self::Goodbye,
            kind::LOSSY => Self::Lossy { to: destination(&mut reader)?, body: reader.rest() },
            kind if kind & kind::MAY_BE_IGNORED != 0 => Self::Ignored,
            kind => return Err(FrameError::Type(kind)),
        })
    }
}

impl<'b> Numbered<'b> {
    /// Reads a numbered frame: its type and what follows it.
    #[inline]
    pub(crate) fn read(kind: u8, mut reader: Reader<'b>) -> Result<Self, FrameError> {
        let r = &mut reader;
        Ok(match kind {
            kind::MESSAGE => Self::Message { to: destination(r)?, body: r.rest() },
            kind::CALL => Self::Call { to: destination(r)?, number: port_number(r)?, body: r.rest() },
            kind::ANSWER => Self::Answer { reply: r.name()?, body: r.rest() },
            kind::ANSWER_FAILED => Self::AnswerFailed { reply: r.name()?, reason: r.rest() },
            kind::KILL => Self::Kill { to: destination(r)?, reason: r.rest() },
            kind::MONITOR => Self::Monitor { to: destination(r)? },
            kind::DEMONITOR => Self::Demonitor { to: destination(r)? },
            kind::DEAD => Self::Dead { name: r.name()?, delivered: r.count()?, reason: r.rest() },
            kind::SPAWN => Self::Spawn { to: destination(r)?, service: r.text()?, arguments: r.rest() },
            kind::INTERN => Self::Intern { index: r.index()?, name: r.name()? },
            kind::PIECE => {
                let (transfer, first) = (r.number()?, r.octet()? != 0);
                let total = if first { Some(r.size()?) } else { None };
                Self::Piece(Piece { transfer, total, octets: r.rest() })
            }
            kind::CERTIFICATE => Self::Certificate { name: r.name()?, kills: r.octet()? != 0, reason: r.rest() },
            kind::GONE => Self::Gone { name: r.name()? },
            kind::RENAMED => Self::Renamed { name: r.name()? },
            kind::CLOSED => Self::Closed { name: r.name()?, delivered: r.count()?, reason: r.rest() },
            kind if kind & kind::MAY_BE_IGNORED != 0 => Self::Ignored,
            kind => return Err(FrameError::Type(kind)),
        })
    }
}

#[inline]
fn destination(reader: &mut Reader<'_>) -> Result<Destination, FrameError> {
    Ok(match reader.index()? {
        0 => Destination::Name(PortName::Node),
        1 => Destination::Name(reader.name()?),
        index => Destination::Interned(index.saturating_sub(FIRST_INTERNED)),
    })
}

fn port_number(reader: &mut Reader<'_>) -> Result<PortNumber, FrameError> {
    reader.number().map(PortNumber::from_bits)
}
