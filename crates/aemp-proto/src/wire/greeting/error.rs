//! What can be wrong with a greeting.

use thiserror::Error;

use super::{MAX_FIELDS, MAX_LINE};
use crate::id::NodeIdError;

/// Why octets are not a greeting. Whoever sent them does not speak this protocol, or a version that is too old or too new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GreetingError {
    /// A line has a control character, such as NUL or a carriage return that does not belong to its end.
    #[error("a line of the greeting has a control character")]
    ControlCharacter,
    /// A key stands in the line twice.
    #[error("the greeting has a key twice")]
    DuplicateKey,
    /// The line is longer than 4096 octets.
    #[error("a line of the greeting has more than {MAX_LINE} octets")]
    LineTooLong,
    /// One of the first five fields is missing.
    #[error("the greeting has less than five fields")]
    MissingField,
    /// The node ID is not one.
    #[error("the greeting has no usable node ID: {0}")]
    Node(NodeIdError),
    /// A line is not UTF-8.
    #[error("a line of the greeting is not UTF-8")]
    NotUtf8,
    /// The line does not begin with `aemp`: some other program speaks here.
    #[error("what speaks here is not an aemp node")]
    Protocol,
    /// There are more than 64 fields.
    #[error("the greeting has more than {MAX_FIELDS} fields")]
    TooManyFields,
    /// The version of the greeting is not 1.
    #[error("the greeting has another version than 1")]
    Version,
}
