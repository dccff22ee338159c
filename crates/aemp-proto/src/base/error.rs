//! What ends the stream of messages of a base peer.

use thiserror::Error;

use crate::message::{DecodeError, DecodeFault};

/// Why the octets of a base peer are not messages. The peer is at fault. The connection has to be closed, because where the
/// next message begins is not known, or a message would be missing that nobody knows of.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StreamError {
    /// A message that cannot be decoded.
    #[error("a message of the other side cannot be read: {0}")]
    Malformed(DecodeFault),
    /// A head that CBOR does not have.
    #[error("what the other side sends is not CBOR")]
    NoCbor,
    /// Something else than an array.
    #[error("the other side sent something that is not a message: a message is an array")]
    NoMessage,
    /// Values that stand for others of the message.
    #[error("a message of the other side has string references or shared values: encode it without them")]
    References,
    /// Nested deeper than [`crate::limits::Limits::max_depth`].
    #[error("a message of the other side is nested too deeply: send it flatter, or raise `max_depth` here")]
    TooDeep,
    /// Larger than [`crate::limits::Limits::max_message`].
    #[error("a message of the other side is too large: send it in parts, or raise `max_message` here")]
    TooLarge,
}

impl From<DecodeError> for StreamError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error.fault().clone())
    }
}
