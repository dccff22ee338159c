//! Port IDs: all that one needs to reach a port.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{NodeId, NodeIdError, PortName, PortNameError};

/// A port of a node: `nodeid#portname`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId {
    /// The node.
    pub node: NodeId,
    /// The port's name there.
    pub name: PortName,
}

/// Why a text is not a port ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PortIdError {
    /// What stands before the first `#` is not a node ID.
    #[error(transparent)]
    Node(#[from] NodeIdError),
    /// What stands behind the first `#` is not a port name.
    #[error(transparent)]
    Name(#[from] PortNameError),
}

impl PortId {
    /// The port `name` of `node`.
    pub const fn new(node: NodeId, name: PortName) -> Self {
        Self { node, name }
    }

    /// The node port of `node`.
    pub const fn of_node(node: NodeId) -> Self {
        Self { node, name: PortName::Node }
    }
}

impl FromStr for PortId {
    type Err = PortIdError;

    /// Splits at the first `#`; a node ID alone names the node port.
    fn from_str(text: &str) -> Result<Self, PortIdError> {
        let (node, name) = text.split_once('#').unwrap_or((text, ""));
        Ok(Self { node: node.parse()?, name: name.parse()? })
    }
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.node.as_str())?;
        if self.name != PortName::Node {
            f.write_str("#")?;
        }
        self.name.fmt(f)
    }
}

impl fmt::Debug for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_sign_splits() {
        let id: PortId = "a@h:1#b#c".parse().unwrap();
        assert_eq!((id.node.as_str(), id.name.to_string().as_str()), ("a@h:1", "b#c"));
        assert_eq!(id.to_string(), "a@h:1#b#c");
    }

    #[test]
    fn a_node_id_alone_names_the_node_port() {
        let id: PortId = "a@h:1".parse().unwrap();
        assert_eq!(id, PortId::of_node("a@h:1".parse().unwrap()));
        assert_eq!(id.to_string(), "a@h:1");
    }

    #[test]
    fn the_error_says_which_part_is_wrong() {
        assert_eq!("#x".parse::<PortId>(), Err(PortIdError::Node(NodeIdError::Empty)));
        assert_eq!("a#\n".parse::<PortId>(), Err(PortIdError::Name(PortNameError::Control)));
    }
}
