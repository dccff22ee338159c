//! Why a message does not encode or decode.

use std::fmt::{self, Display, Write as _};

use serde::{de, ser};
use thiserror::Error;

/// Why a message was not encoded: its sender is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// An integer that the format does not have.
    #[error("an integer needs more than 64 bits: send it as a text or as octets")]
    IntegerTooLarge,
    /// A key that the format does not have.
    #[error("a key of a map has to be a text, a number or a truth value in JSON and for Perl nodes")]
    Key,
    /// A floating-point number that the format does not have.
    #[error("JSON and Perl nodes have no not-a-number and no infinities")]
    NotFinite,
    /// The type's own `Serialize` failed.
    #[error("the message's type refuses to be encoded: {0}")]
    Refused(Box<str>),
    /// The message is for a base peer and nested deeper than [`crate::limits::Limits::max_depth`].
    #[error("the message is nested too deeply for a base peer: send it flatter")]
    TooDeep,
    /// A type's own `Serialize` contradicts itself.
    #[error("a sequence or map of the message announced another length than it has: its `Serialize` is wrong")]
    WrongLength,
}

impl ser::Error for EncodeError {
    fn custom<T: Display>(text: T) -> Self {
        Self::Refused(text.to_string().into())
    }
}

/// Why a message was not decoded, and where. One word, because every step of decoding may end with it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("element {} of the message: {}", .0.element, .0.fault)]
pub struct DecodeError(Box<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    element: usize,
    fault: DecodeFault,
}

/// What is wrong with a message that does not decode.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// The sender's encoder is at fault: this is not the format that was agreed on.
    #[error("it is malformed: {0}")]
    Malformed(Box<str>),
    /// Sender and receiver do not mean the same type.
    #[error("it has another form than the receiver expects: {0}")]
    Mismatch(Box<str>),
    /// The message has too few elements for the receiver's type.
    #[error("it is missing")]
    Missing,
    /// It is nested deeper than [`crate::limits::Limits::max_depth`].
    #[error("it is nested too deeply")]
    TooDeep,
    /// The message has more elements than [`crate::limits::Limits::max_elements`].
    #[error("the message has too many elements")]
    TooManyElements,
    /// The message ends within it.
    #[error("it is cut off")]
    Truncated,
}

impl DecodeError {
    pub(crate) fn new(element: usize, fault: DecodeFault) -> Self {
        Self(Box::new(Place { element, fault }))
    }

    /// The element at fault, counted from 0.
    pub const fn element(&self) -> usize {
        self.0.element
    }

    /// What is wrong with it.
    pub const fn fault(&self) -> &DecodeFault {
        &self.0.fault
    }

    /// The element at fault is known now.
    pub(crate) const fn set_element(&mut self, element: usize) {
        self.0.element = element;
    }
}

/// A fault in a place that is filled in where it is known.
impl From<DecodeFault> for DecodeError {
    #[cold]
    fn from(fault: DecodeFault) -> Self {
        Self::new(0, fault)
    }
}

impl de::Error for DecodeError {
    fn custom<T: Display>(text: T) -> Self {
        DecodeFault::Mismatch(shortened(&text)).into()
    }
}

/// The most that is kept of what serde says: it may quote the message, which may be long.
const MAX_TEXT: usize = 512;

/// The beginning of a text; no more of it is ever in memory.
fn shortened(text: &dyn Display) -> Box<str> {
    struct Short(String);
    impl fmt::Write for Short {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = MAX_TEXT.saturating_sub(self.0.len());
            self.0.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
            Ok(())
        }
    }
    let mut short = Short(String::new());
    match write!(short, "{text}") {
        Ok(()) => short.0.into(),
        Err(fmt::Error) => "its error cannot be printed".into(),
    }
}
