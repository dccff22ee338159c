//! What can go wrong for callers of the library, by who is at fault and what to do.

use std::{fmt, io};

use aemp_proto::{
    id::NodeIdError,
    reason::{Reason, ReasonCode},
};
use thiserror::Error;

use crate::{database::DatabaseError, net::ListenError, outcome::BoxError};

/// The code of the reason that says that a reply was dropped unanswered.
pub(crate) const NO_REPLY: &str = "no_reply";

/// The result of most operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a node could not be started or used. Its [`Debug`](fmt::Debug) form is its text too, since that is what a `main` prints that
/// returns it.
#[derive(Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration is wrong: a name, an address, a secret. Nothing was started.
    #[error("{0}")]
    Configuration(BoxError),
    /// An address could not be bound. Nothing was started.
    #[error("cannot listen at {address}: {source}")]
    Bind {
        /// The address, as it was given.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused a thread or randomness. Nothing was started.
    #[error("the node cannot start: {0}")]
    System(#[from] io::Error),
    /// A call got no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The database does not do what was asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The node was stopped, or this process is a fork of the one that started it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ListenError> for Error {
    fn from(error: ListenError) -> Self {
        match error {
            ListenError::Io { place, error } => Self::Bind { address: place.to_string(), source: error },
            ListenError::Address { .. } => Self::Configuration(error.into()),
        }
    }
}

impl From<NodeIdError> for Error {
    fn from(error: NodeIdError) -> Self {
        Self::Configuration(error.into())
    }
}

/// The node was stopped, or this process is a fork of the one that started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the node is stopped")]
pub struct Stopped;

/// Why a message was not sent. Nothing of it was; other messages are not affected.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrySendError {
    /// The message cannot be encoded: the sender's mistake.
    #[error("the message cannot be encoded: {0}")]
    Unencodable(BoxError),
    /// The message is larger than the limit: the sender's mistake.
    #[error("the message has {size} octets, the limit is {limit}")]
    TooLarge {
        /// Its size in octets.
        size: usize,
        /// `Limits::max_message`, in octets.
        limit: usize,
    },
    /// The own node is stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl TrySendError {
    /// The reason with which a port dies that sent such a message.
    pub(crate) fn reason(&self) -> Reason {
        let code = match self {
            Self::Unencodable(_) => ReasonCode::Unencodable,
            Self::TooLarge { .. } => ReasonCode::TooLarge,
            Self::Stopped(_) => ReasonCode::NodeDown,
        };
        Reason::new(code, self.to_string())
    }
}

/// Why a call got no answer.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nothing came in time. The request may still be carried out.
    #[error("no answer came in time")]
    TimedOut,
    /// The other side dropped the reply without answering, or refused the request.
    #[error("the call was not answered")]
    Dropped,
    /// The port or its node is dead, or the session failed. The request may have been carried out.
    #[error("the call failed: {0}")]
    Lost(Reason),
    /// An answer came that is not of the expected type: one side's types are wrong.
    #[error("the answer is not of the expected type: {0}")]
    Decode(String),
    /// The request could not be sent.
    #[error("the request was not sent: {0}")]
    Unsendable(String),
    /// The own node is stopped.
    #[error("the node is stopped")]
    Stopped,
}

impl From<Reason> for CallError {
    fn from(reason: Reason) -> Self {
        if reason.code().as_str() == NO_REPLY { Self::Dropped } else { Self::Lost(reason) }
    }
}

impl From<Stopped> for CallError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_main_returns_is_printed_for_people() {
        let error = Error::Bind { address: "127.0.0.1:1".to_owned(), source: io::Error::other("it is taken") };
        assert_eq!(format!("{error:?}"), "cannot listen at 127.0.0.1:1: it is taken");
    }
}
