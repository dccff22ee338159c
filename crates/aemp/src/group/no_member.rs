//! A message for a group without members.

use std::{error::Error, fmt};

/// The group has no member now, so the message was not sent: it is given back.
#[derive(Clone, PartialEq, Eq)]
pub struct NoMember<M> {
    /// The message.
    pub message: M,
}

impl<M> fmt::Debug for NoMember<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoMember")
    }
}

impl<M> fmt::Display for NoMember<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the group has no member: wait until it is ready")
    }
}

impl<M> Error for NoMember<M> {}
