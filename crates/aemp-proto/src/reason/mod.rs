//! Why a port died.

mod wire;

use std::{fmt, ops::RangeInclusive, sync::Arc};

use crate::value::Value;

/// The codes that the library itself uses, and room for those of programs and other kinds of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasonCode {
    /// The port ended of its own accord.
    Normal,
    /// A handler's message did not decode.
    BadMessage,
    /// A handler returned an error.
    Error,
    /// Somebody killed the port without a code of their own.
    Killed,
    /// A port that it was linked with died.
    Linked,
    /// A limit of the node was reached.
    Limit,
    /// The node said goodbye, or its end was proved.
    NodeDown,
    /// The node has no such port (any more).
    NoSuchPort,
    /// The node serves no such name, so it spawned nothing.
    NoSuchService,
    /// Too much waited for the port.
    Overload,
    /// A handler panicked.
    Panic,
    /// The node started anew under the same node ID.
    Restarted,
    /// The sender's message is larger than the limit.
    TooLarge,
    /// The sender's message could not be encoded.
    Unencodable,
    /// No handler took the message.
    UnhandledMessage,
    /// The node could not be reached in time.
    Unreachable,
    /// The node could not be reached: authentication failed.
    AuthenticationFailed,
    /// Any other code.
    Other(Box<str>),
}

impl ReasonCode {
    /// The code on the wire and in print.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Normal => "normal",
            Self::BadMessage => "bad_message",
            Self::Error => "error",
            Self::Killed => "killed",
            Self::Linked => "linked",
            Self::Limit => "limit",
            Self::NodeDown => "node_down",
            Self::NoSuchPort => "no_such_port",
            Self::NoSuchService => "no_such_service",
            Self::Overload => "overload",
            Self::Panic => "panic",
            Self::Restarted => "restarted",
            Self::TooLarge => "too_large",
            Self::Unencodable => "unencodable",
            Self::UnhandledMessage => "unhandled_message",
            Self::Unreachable => "unreachable",
            Self::AuthenticationFailed => "auth_failed",
            Self::Other(code) => code,
        }
    }
}

impl From<&str> for ReasonCode {
    fn from(code: &str) -> Self {
        const KNOWN: [ReasonCode; 17] = [
            ReasonCode::Normal,
            ReasonCode::BadMessage,
            ReasonCode::Error,
            ReasonCode::Killed,
            ReasonCode::Linked,
            ReasonCode::Limit,
            ReasonCode::NodeDown,
            ReasonCode::NoSuchPort,
            ReasonCode::NoSuchService,
            ReasonCode::Overload,
            ReasonCode::Panic,
            ReasonCode::Restarted,
            ReasonCode::TooLarge,
            ReasonCode::Unencodable,
            ReasonCode::UnhandledMessage,
            ReasonCode::Unreachable,
            ReasonCode::AuthenticationFailed,
        ];
        KNOWN.into_iter().find(|known| known.as_str() == code).unwrap_or_else(|| Self::Other(code.into()))
    }
}

/// Why a port died: a code for programs, a text for people, and details.
///
/// Reasons are equal if these three are; [how many messages were delivered](Reason::delivered) is what a monitor adds. Cheap to
/// clone: many are told of one death.
#[derive(Clone, Debug)]
pub struct Reason {
    /// Absent for a normal end that needs no words, as most do.
    what: Option<Arc<What>>,
    delivered: Option<(u64, u64)>,
}

#[derive(Clone, Debug, PartialEq)]
struct What {
    code: ReasonCode,
    text: Box<str>,
    details: Vec<Value>,
}

impl Reason {
    /// The port ended of its own accord.
    pub const fn normal() -> Self {
        Self { what: None, delivered: None }
    }

    /// A reason with a code and a text.
    pub fn new(code: impl Into<ReasonCode>, text: impl Into<Box<str>>) -> Self {
        Self::of(code.into(), text.into(), Vec::new())
    }

    fn of(code: ReasonCode, text: Box<str>, details: Vec<Value>) -> Self {
        let says_nothing = code == ReasonCode::Normal && text.is_empty() && details.is_empty();
        Self { what: (!says_nothing).then(|| Arc::new(What { code, text, details })), delivered: None }
    }

    /// The same reason with details for programs.
    #[must_use]
    pub fn with_details(self, details: Vec<Value>) -> Self {
        Self { delivered: self.delivered, ..Self::of(self.code().clone(), self.text().into(), details) }
    }

    /// The same reason with the number of messages that were delivered before.
    #[must_use]
    pub fn with_delivered(mut self, delivered: Option<RangeInclusive<u64>>) -> Self {
        self.delivered = delivered.map(RangeInclusive::into_inner);
        self
    }

    /// How many of this node's messages and calls the port took: at least, and at most. Both are equal where the port's
    /// node said so; they differ where the node fell silent, and nobody knows how far the last messages came.
    ///
    /// Counted are the messages that this node sent to the port's name in the present session (it outlives connections;
    /// where one fails, a port with a message in doubt is dead for this node), lossy ones not. `None` for a port of this node, for a reason that did not come from a monitor, and where this
    /// node talks to more ports of the other one than [`max_interned`](crate::limits::Limits::max_interned). It is not
    /// part of the reason when that is sent on.
    pub fn delivered(&self) -> Option<RangeInclusive<u64>> {
        self.delivered.map(|(least, most)| least..=most)
    }

    /// The code.
    pub fn code(&self) -> &ReasonCode {
        self.what.as_ref().map_or(&ReasonCode::Normal, |what| &what.code)
    }

    /// The text, for people.
    pub fn text(&self) -> &str {
        self.what.as_ref().map_or("", |what| &what.text)
    }

    /// The details, for programs.
    pub fn details(&self) -> &[Value] {
        self.what.as_ref().map_or(&[], |what| &what.details)
    }

    /// The same reason, its code and text cut to so many characters (a code to 64) and without its details.
    #[must_use]
    pub fn shortened(&self, characters: usize) -> Self {
        let code: String = self.code().as_str().chars().take(64).collect();
        Self {
            delivered: self.delivered,
            ..Self::new(code.as_str(), self.text().chars().take(characters).collect::<String>())
        }
    }

    /// Whether the port ended of its own accord.
    pub fn is_normal(&self) -> bool {
        *self.code() == ReasonCode::Normal
    }
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            "" => f.write_str(self.code().as_str()),
            text => write!(f, "{}: {text}", self.code().as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_its_text() {
        for code in ["normal", "panic", "auth_failed", "something_else"] {
            assert_eq!(ReasonCode::from(code).as_str(), code);
        }
        assert_eq!(ReasonCode::from("panic"), ReasonCode::Panic);
        assert_eq!(ReasonCode::from("x"), ReasonCode::Other("x".into()));
    }
}
