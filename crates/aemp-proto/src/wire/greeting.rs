//! The greeting: two lines that each end sends at once, whoever connected.
//!
//! `aemp;1;NODE;AUTHS;FRAMINGS;KEY=VALUE;...` and a line with a nonce (docs/protocol.md, "Greeting"). It
//! is shared with base peers, which ignore the keys of native nodes.

mod base;
mod error;
pub(crate) mod line;
mod native;
mod reader;

pub use base::{BaseKeys, BaseOffer};
pub use error::GreetingError;
pub use native::{NativeKeys, Versions};
pub use reader::GreetingReader;

use std::fmt;

use crate::id::NodeId;

/// The longest line, in octets, its end included.
pub const MAX_LINE: usize = 4096;
/// The most fields of the first line: base peers send ten, and room is left for others.
const MAX_FIELDS: usize = 64;
/// The fields that come before the keys.
const FIXED_FIELDS: usize = 5;

/// A greeting, kept as it stands on the wire, because that is what the proofs are about.
#[derive(Clone, PartialEq, Eq)]
pub struct Greeting {
    first: Box<str>,
    nonce: Box<str>,
    node: NodeId,
}

impl Greeting {
    /// Reads a greeting from its lines, without their ends.
    ///
    /// # Errors
    ///
    /// [`GreetingError`] for everything that a node following the protocol does not send.
    pub fn parse(first: &[u8], nonce: &[u8]) -> Result<Self, GreetingError> {
        let (first, node) = parse_first(first)?;
        Ok(Self { first, nonce: text(nonce)?.into(), node })
    }

    /// The sender.
    pub const fn node(&self) -> &NodeId {
        &self.node
    }

    /// The ways of authentication that the sender accepts, best first.
    pub fn auths(&self) -> impl Iterator<Item = &str> {
        self.field(3).split(',')
    }

    /// The framings that the sender can receive, best first.
    pub fn framings(&self) -> impl Iterator<Item = &str> {
        self.field(4).split(',')
    }

    /// The value of a key: empty for a key without a value, `None` for an absent key.
    pub fn key(&self, name: &str) -> Option<&str> {
        self.first.split(';').skip(FIXED_FIELDS).map(split_key).find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The first line, without its end.
    pub fn first_line(&self) -> &str {
        &self.first
    }

    /// The second line, without its end.
    pub fn nonce_line(&self) -> &str {
        &self.nonce
    }

    /// The octets to be sent.
    pub fn to_octets(&self) -> Vec<u8> {
        format!("{}\n{}\n", self.first, self.nonce).into_bytes()
    }

    fn field(&self, index: usize) -> &str {
        self.first.split(';').nth(index).unwrap_or_default()
    }
}

impl fmt::Debug for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.first, self.nonce)
    }
}

/// Checks all of a first line, so that the accessors need not.
fn parse_first(line: &[u8]) -> Result<(Box<str>, NodeId), GreetingError> {
    let line = text(line)?;
    let mut fields = line.split(';');
    if fields.next() != Some("aemp") {
        return Err(GreetingError::Protocol);
    }
    if fields.next() != Some("1") {
        return Err(GreetingError::Version);
    }
    let node = fields.next().ok_or(GreetingError::MissingField)?.parse().map_err(GreetingError::Node)?;
    let (Some(_auths), Some(_framings)) = (fields.next(), fields.next()) else {
        return Err(GreetingError::MissingField);
    };
    check_keys(fields)?;
    Ok((line.into(), node))
}

fn check_keys<'a>(fields: impl Iterator<Item = &'a str>) -> Result<(), GreetingError> {
    let mut seen: Vec<&str> = Vec::new();
    for (key, _) in fields.map(split_key) {
        if seen.contains(&key) {
            return Err(GreetingError::DuplicateKey);
        }
        seen.push(key);
        if seen.len() > MAX_FIELDS - FIXED_FIELDS {
            return Err(GreetingError::TooManyFields);
        }
    }
    Ok(())
}

fn split_key(field: &str) -> (&str, &str) {
    field.split_once('=').unwrap_or((field, ""))
}

/// UTF-8 without control characters, a carriage return inside the line among them.
fn text(line: &[u8]) -> Result<&str, GreetingError> {
    if line.iter().any(u8::is_ascii_control) {
        return Err(GreetingError::ControlCharacter);
    }
    std::str::from_utf8(line).map_err(|_| GreetingError::NotUtf8)
}

#[cfg(test)]
mod tests;
