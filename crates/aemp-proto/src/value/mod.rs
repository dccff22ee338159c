//! The dynamic message value.

mod build;
mod bytes;
mod deserialize;
mod display;
mod from;
mod lent;
mod loose;
mod serialize;
mod serializer;

pub use bytes::Bytes;
pub use deserialize::{from_value, from_value_loosely};
pub use lent::append_encoded;
pub use serializer::to_value;

pub(crate) use build::{Budget, Element};
pub(crate) use bytes::share_frame;
pub(crate) use deserialize::{FromValue, visit_integral};
pub(crate) use lent::{Borrowing, Lent, lend_or_copy};
pub(crate) use serializer::ToValue;

/// Any value that a message can carry.
///
/// It converts from the common types, prints as a text like JSON, and turns into and from any serde type
/// with [`to_value`] and [`from_value`].
///
/// ```
/// use aemp_proto::value::{Value, from_value, to_value};
///
/// let value = to_value(&(1, "two", [3.0])).unwrap();
/// assert_eq!(value.to_string(), r#"[1,"two",[3.0]]"#);
/// assert_eq!(from_value::<(u8, String, Vec<f64>)>(value).unwrap(), (1, "two".to_owned(), vec![3.0]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer; on the wire it takes 64 bits and a sign.
    Integer(i128),
    /// A floating-point number; JSON has no not-a-number and no infinities.
    Float(f64),
    /// Octets.
    Bytes(Bytes),
    /// Text.
    Text(String),
    /// A sequence.
    Array(Vec<Self>),
    /// Keys and values, in their order on the wire.
    Map(Vec<(Self, Self)>),
}

impl Value {
    /// The text of a text, or of octets that are UTF-8: some nodes do not distinguish them.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(octets) => std::str::from_utf8(octets).ok(),
            _ => None,
        }
    }
}
