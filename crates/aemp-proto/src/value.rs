//! The dynamic message value.

use bytes::Bytes;

/// Any value that a message can carry.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer; on the wire it takes 64 bits and a sign.
    Integer(i128),
    /// A floating-point number.
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
