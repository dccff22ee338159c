//! Node IDs: the name of a node, and often the recipe for reaching it.

use std::{
    cell::RefCell,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::Arc,
};

use thiserror::Error;

use super::Address;

/// The longest node ID, in octets.
const MAX_LEN: usize = 512;
/// The longest name in front of a recipe, in octets.
const MAX_NAME: usize = 64;

/// The ID of a node, compared as a whole.
///
/// An ID of the form `name@address,address` is its own recipe: whoever has it can reach the node. Any
/// other ID is opaque. Cheap to clone and to compare.
#[derive(Clone)]
pub struct NodeId(Arc<Inner>);

struct Inner {
    text: Box<str>,
    recipe: Box<[Address]>,
    hash: u64,
}

/// Why a text is not a node ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NodeIdError {
    /// The ID is empty.
    #[error("a node ID cannot be empty")]
    Empty,
    /// The ID has an octet that is not allowed.
    #[error("a node ID is made of printable ASCII without blank, '#', ';' and '%'")]
    Octet,
    /// The ID is longer than 512 octets.
    #[error("a node ID has at most {MAX_LEN} octets")]
    TooLong,
}

impl NodeId {
    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The addresses that the ID itself names; none if it is opaque.
    pub fn recipe(&self) -> &[Address] {
        &self.0.recipe
    }

    /// The part in front of the recipe, or the whole of an opaque ID.
    pub fn name(&self) -> &str {
        let text = self.as_str();
        match text.rsplit_once('@') {
            Some((name, _)) if !self.recipe().is_empty() => name,
            _ => text,
        }
    }
}

impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        let known = LAST.try_with(|last| last.borrow().clone().filter(|last| last.as_str() == text));
        if let Ok(Some(known)) = known {
            return Ok(known);
        }
        let id = parse(text)?;
        // A thread that ends remembers nothing, and needs nothing.
        let _ = LAST.try_with(|last| last.replace(Some(id.clone())));
        Ok(id)
    }
}

thread_local! {
    /// The ID that this thread read last: the ports in the messages of a peer are ports of one node, as a rule.
    static LAST: RefCell<Option<NodeId>> = const { RefCell::new(None) };
}

fn parse(text: &str) -> Result<NodeId, NodeIdError> {
    if text.is_empty() {
        return Err(NodeIdError::Empty);
    }
    if text.len() > MAX_LEN {
        return Err(NodeIdError::TooLong);
    }
    if !text.bytes().all(|octet| octet.is_ascii_graphic() && !b"#;%".contains(&octet)) {
        return Err(NodeIdError::Octet);
    }
    let hash = fnv(text.as_bytes());
    Ok(NodeId(Arc::new(Inner { text: text.into(), recipe: parse_recipe(text).unwrap_or_default(), hash })))
}

/// What stands behind the last `@` is a recipe only if all of it parses, and the name in front as well.
fn parse_recipe(text: &str) -> Option<Box<[Address]>> {
    let (name, recipe) = text.rsplit_once('@')?;
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(allowed) {
        return None;
    }
    recipe.split(',').map(|address| address.parse().ok()).collect()
}

/// FNV-1a: the hash is kept with the ID, so it has to be the same everywhere in a process and no more.
fn fnv(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

impl PartialEq for NodeId {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.hash == other.0.hash && self.0.text == other.0.text)
    }
}

impl Eq for NodeId {}

impl Hash for NodeId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialOrd for NodeId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NodeId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.text.cmp(&other.0.text)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> NodeId {
        text.parse().unwrap()
    }

    #[test]
    fn a_recipe_is_read_only_if_all_of_it_parses() {
        assert_eq!(id("a@10.0.0.1:1,[::1]:2,host:3,unix:/x").recipe().len(), 4);
        for opaque in ["a", "a@", "a@b", "@h:1", "a@h:1,", "a@h:1,x", "a/b@h:1", "anon/3kTd"] {
            assert!(id(opaque).recipe().is_empty(), "{opaque}");
        }
        assert_eq!(id("a@h:1").name(), "a");
        assert_eq!(id("a@h").name(), "a@h");
    }

    #[test]
    fn what_the_greeting_cannot_carry_is_refused() {
        assert_eq!("".parse::<NodeId>(), Err(NodeIdError::Empty));
        for text in ["a b", "a#b", "a;b", "a%b", "a\n", "\u{e9}"] {
            assert_eq!(text.parse::<NodeId>(), Err(NodeIdError::Octet), "{text:?}");
        }
        assert!("x".repeat(512).parse::<NodeId>().is_ok());
        assert_eq!("x".repeat(513).parse::<NodeId>(), Err(NodeIdError::TooLong));
    }

    #[test]
    fn what_was_read_before_is_no_other_id() {
        for text in ["a@h:1", "a@h:1", "a@h:12", "a@h:1", "b"] {
            assert_eq!((id(text).as_str(), id(text).recipe().len()), (text, usize::from(text != "b")));
        }
    }

    #[test]
    fn ids_are_compared_as_a_whole() {
        assert_eq!(id("a@h:1"), id("a@h:1"));
        assert_ne!(id("a@h:1"), id("a@h:2"));
    }
}
