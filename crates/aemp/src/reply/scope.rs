//! What the thread is doing to a message, so that replies within it know.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use aemp_proto::id::{PortId, PortName, PortNumber};
use serde::Serialize;

use crate::{codec, error::TrySendError, node::Shared};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Encoding,
    /// Encoding a message that may be lost.
    EncodingLossy,
    Decoding,
    /// Dropping a message whose content was handed to another node.
    DroppingSent,
}

thread_local! {
    static DOING: Cell<Doing> = const { Cell::new(Doing::Nothing) };
    /// The reply of the own node that was encoded last.
    static REPLY: Cell<Option<PortNumber>> = const { Cell::new(None) };
}

/// Why a message was not encoded.
pub(crate) enum EncodeFault {
    Codec(codec::EncodeError),
    /// A `Serialize` of the user panicked; the panic goes on where nothing is borrowed.
    Panic(Box<dyn Any + Send>),
}

impl EncodeFault {
    pub(crate) fn into_error(self) -> TrySendError {
        match self {
            Self::Codec(error) => TrySendError::Unencodable(error.into()),
            Self::Panic(panic) => resume_unwind(panic),
        }
    }
}

/// Encodes a message. The number of the own call whose reply is in it, if one is.
pub(crate) fn encode<M: Serialize>(message: &M, out: &mut Vec<u8>) -> Result<Option<PortNumber>, EncodeFault> {
    REPLY.set(None);
    encode_as(Doing::Encoding, message, out).map(|()| REPLY.take())
}

/// Encodes a message that may be lost. It fails if a reply is in it, whose caller nobody would tell.
pub(crate) fn encode_lossy<M: Serialize>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeFault> {
    encode_as(Doing::EncodingLossy, message, out)
}

fn encode_as<M: Serialize>(doing: Doing, message: &M, out: &mut Vec<u8>) -> Result<(), EncodeFault> {
    let encode = || codec::encode(message, out);
    match within(doing, || catch_unwind(AssertUnwindSafe(encode))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(EncodeFault::Codec(error)),
        Err(panic) => Err(EncodeFault::Panic(panic)),
    }
}

/// Encodes a message that is then no longer needed, and looks at its size.
pub(crate) fn encode_checked<M: Serialize>(
    message: M,
    limit: usize,
) -> Result<(Vec<u8>, Option<PortNumber>), TrySendError> {
    let mut octets = Vec::new();
    let reply = encode(&message, &mut octets).map_err(EncodeFault::into_error)?;
    check_size(&octets, limit)?;
    drop_sent(message);
    Ok((octets, reply))
}

/// The same for a message that may be lost.
pub(crate) fn encode_lossy_checked<M: Serialize>(message: M, limit: usize) -> Result<Vec<u8>, TrySendError> {
    let mut octets = Vec::new();
    encode_lossy(&message, &mut octets).map_err(EncodeFault::into_error)?;
    check_size(&octets, limit)?;
    Ok(octets)
}

const fn check_size(octets: &[u8], limit: usize) -> Result<(), TrySendError> {
    if octets.len() > limit { Err(TrySendError::TooLarge { size: octets.len(), limit }) } else { Ok(()) }
}

/// Decodes a message. Where that fails, the replies already decoded say nothing: the caller does.
pub(crate) fn decoding<R>(decode: impl FnOnce() -> R) -> R {
    within(Doing::Decoding, decode)
}

/// Drops a message whose replies are now another's to answer.
pub(crate) fn drop_sent<M>(message: M) {
    if std::mem::needs_drop::<M>() {
        within(Doing::DroppingSent, || drop(message));
    }
}

/// Notes that a reply is encoded; false if nothing is.
pub(super) fn note_reply(to: &PortId, node: &Shared) -> bool {
    if let PortName::Native { origin, number } = to.name
        && origin == node.origin
    {
        REPLY.set(Some(number));
    }
    DOING.get() == Doing::Encoding
}

/// Whether a reply that is dropped now is somebody else's to answer.
pub(super) fn is_handed_on() -> bool {
    matches!(DOING.get(), Doing::DroppingSent | Doing::Decoding)
}

pub(super) fn is_decoding() -> bool {
    DOING.get() == Doing::Decoding
}

fn within<R>(doing: Doing, work: impl FnOnce() -> R) -> R {
    struct Restore(Doing);
    impl Drop for Restore {
        fn drop(&mut self) {
            DOING.set(self.0);
        }
    }
    let _restore = Restore(DOING.replace(doing));
    work()
}
