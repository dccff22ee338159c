//! What is refused, of programs and of other nodes.

use thiserror::Error;

use super::{
    entry::{MAX_VALUE, ValueError},
    name::{MAX_NAME, NameTooLong},
};
use crate::{id::NodeId, message::DecodeError};

/// Why the database does not do what a program asks. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A family or key has too many octets.
    #[error("the name of a family or key has more than {MAX_NAME} octets: use a shorter one")]
    NameTooLong,
    /// Families whose name begins with `'` belong to the nodes.
    #[error("families whose name begins with ' are written by the nodes themselves: use another name")]
    Reserved,
    /// The encoded value is too large.
    #[error("the value has {size} octets, more than {MAX_VALUE}: store it elsewhere, and where it is here")]
    ValueTooLarge {
        /// Its size.
        size: usize,
    },
    /// The value cannot be encoded.
    #[error("the value cannot be encoded: {0}")]
    Unencodable(String),
    /// The entries of this node are too large together: [`crate::limits::Limits::max_owned`].
    #[error("the entries of this node have {limit} octets, which is its limit: remove some")]
    TooMuch {
        /// The limit.
        limit: usize,
    },
    /// This node owns too many entries: [`crate::limits::Limits::max_entries`].
    #[error("this node owns {limit} entries, which is its limit: remove some")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
}

impl From<NameTooLong> for DatabaseError {
    fn from(_: NameTooLong) -> Self {
        Self::NameTooLong
    }
}

impl From<ValueError> for DatabaseError {
    fn from(error: ValueError) -> Self {
        match error {
            ValueError::TooLarge(size) => Self::ValueTooLarge { size },
            ValueError::Unreadable(_) | ValueError::Unencodable(_) => Self::Unencodable(error.to_string()),
        }
    }
}

impl From<ValueError> for Refusal {
    fn from(error: ValueError) -> Self {
        Self::Value(error.to_string())
    }
}

/// Why a request of another node is not carried out. That node is at fault, and nothing was changed.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum Refusal {
    #[error("it is no request of the directory: {0}")]
    Malformed(#[from] DecodeError),
    #[error("what it sets cannot be kept: {0}")]
    Value(String),
    #[error("it asks this node as its master, but has not registered here")]
    NotASlave,
    #[error("it sends what only global nodes send, but has not said that it is one")]
    NotAGlobal,
    #[error("it asks this node, which is not global, for what only global nodes have")]
    NotAsked,
    #[error("it changes entries of {owner}, which are not its own")]
    NotItsOwn { owner: NodeId },
    #[error("it registers as a slave, but has said that it is global")]
    GlobalAlready,
    #[error("the pieces of its content do not follow each other")]
    OutOfTurn,
    #[error("it gives {owner} more than {limit} entries")]
    TooManyEntries { owner: NodeId, limit: usize },
    #[error("it gives {owner} entries of more than {limit} octets")]
    TooLarge { owner: NodeId, limit: usize },
    #[error("there is no room for what it sets: one global node speaks for entries of {limit} octets at most")]
    Full { limit: usize },
    #[error("what it says of a family that is watched here has more than {limit} octets")]
    FamilyTooLarge { limit: usize },
    #[error("it claims entries of more than {limit} nodes")]
    TooManyOwners { limit: usize },
    #[error("it watches more than {limit} families")]
    TooManyWatches { limit: usize },
    #[error("it has more than {limit} requests under way")]
    TooManyQueries { limit: usize },
    #[error("it names more than {limit} seeds")]
    TooManySeeds { limit: usize },
}
