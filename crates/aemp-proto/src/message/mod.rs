//! Messages: any serde type, as a list of elements.
//!
//! | The outermost value | Its elements |
//! |---|---|
//! | an enum | the variant's name (the tag), then its fields; those of a struct variant as one map |
//! | a tuple or tuple struct | one for each field |
//! | unit | none |
//! | a newtype | those of the value in it |
//! | anything else (sequence, map, struct, option, scalar) | that one |
//!
//! Within an element everything has serde's usual form, so an enum there is externally tagged. The forms do
//! not depend on the format: both [`cbor`] and [`json`] call themselves human-readable, so that an IP address is
//! a text in either.
//!
//! # How messages evolve
//!
//! A receiver ignores elements behind those that its type wants, also in tuples within an element. One that its
//! type wants and the sender does not have is an error, except:
//!
//! - fields of a tuple, tuple struct or tuple variant with `#[serde(default)]`, at the end (serde's rule: an
//!   `Option` there needs it as well),
//! - the `Option` of a newtype variant or of a whole message, which is `None`,
//! - the map of a struct variant, if each of its fields has a default or is an `Option`.
//!
//! # Types that ask the message what it is
//!
//! Untagged enums look at the message before they know their variant. They see the element if there is exactly
//! one, unit if there is none, and otherwise a sequence of the elements. So in an untagged enum a tuple of one field
//! whose field is not a sequence does not come back, and `[[1, 2]]` and `[1, 2]` look alike: order the variants
//! accordingly. Internally and adjacently tagged enums and flattened structs are one element, a map.
//!
//! # What receivers forgive
//!
//! Nodes in other languages do not always distinguish text from octets, nor whole numbers from others. Octets that
//! are UTF-8 are taken for a text, texts for [`Bytes`], and a floating-point number without a fraction for an
//! integer. For Perl nodes that is not enough: see [`Message::into_typed_loosely`].

pub mod cbor;
mod dynamic;
mod error;
mod gather;
pub mod json;
mod spread;
#[cfg(test)]
mod tests;

pub use dynamic::Message;
pub use error::{DecodeError, DecodeFault, EncodeError};

pub use crate::value::Bytes;
