//! Why the database does not do what a program asks.

use thiserror::Error;

use crate::error::Stopped;

pub use aemp_proto::directory::DatabaseError as EntryError;

/// Why the database does not do what a program asks. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The entry cannot be: the program's mistake, or its node owns too many.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The own node is stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}
