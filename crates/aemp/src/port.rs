//! Typed names of ports.

use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use aemp_proto::id::{NodeId, PortId, PortIdError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{codec::Message, node::newest_id};

/// The name of a port that takes messages of type `M`: all one needs to reach it.
///
/// It prints as the port ID, parses from it, and is serialised as it, so that it can be sent in messages.
/// Whether the port is alive, and whether it really takes `M`, is not part of the name: messages to dead
/// ports are dropped, and messages that do not decode are refused by the receiver.
///
/// `Port` alone is a port for messages of any type; [`Port::cast`] changes the type.
///
/// ```
/// use aemp::Port;
///
/// let port: Port<u64> = "counter@127.0.0.1:4040#AAAAAAAAAAAAAAAAB".parse()?;
/// assert_eq!(port.to_string(), "counter@127.0.0.1:4040#AAAAAAAAAAAAAAAAB");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Port<M = Message> {
    id: PortId,
    messages: PhantomData<fn(M)>,
}

impl<M> Port<M> {
    /// The port with this ID.
    pub const fn new(id: PortId) -> Self {
        Self { id, messages: PhantomData }
    }

    /// The port's ID.
    pub const fn id(&self) -> &PortId {
        &self.id
    }

    /// The node that the port belongs to.
    pub const fn node_id(&self) -> &NodeId {
        &self.id.node
    }

    /// The same port, for messages of another type. Nothing is checked: the receiver decodes.
    pub fn cast<N>(&self) -> Port<N> {
        Port::new(self.id.clone())
    }
}

impl<M> Clone for Port<M> {
    fn clone(&self) -> Self {
        Self::new(self.id.clone())
    }
}

impl<M> PartialEq for Port<M> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<M> Eq for Port<M> {}

impl<M> Hash for Port<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<M> fmt::Display for Port<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl<M> fmt::Debug for Port<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<M> FromStr for Port<M> {
    type Err = PortIdError;

    fn from_str(text: &str) -> Result<Self, PortIdError> {
        text.parse().map(Self::new)
    }
}

impl<M> From<PortId> for Port<M> {
    fn from(id: PortId) -> Self {
        Self::new(id)
    }
}

impl<M> Serialize for Port<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match newest_id(&self.id) {
            Some(newest) => serializer.collect_str(&newest),
            None => serializer.collect_str(&self.id),
        }
    }
}

impl<'de, M> Deserialize<'de> for Port<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(PortIdText).map(Self::new)
    }
}

/// Reads a port ID from text, without a copy of it.
pub(crate) struct PortIdText;

impl de::Visitor<'_> for PortIdText {
    type Value = PortId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port ID")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PortId, E> {
        text.parse().map_err(E::custom)
    }
}

/// What names a node: a node's ID, a node of this process, or any port of it.
pub trait OnNode {
    /// The ID of the node.
    fn on_node(&self) -> NodeId;
}

impl OnNode for NodeId {
    fn on_node(&self) -> NodeId {
        self.clone()
    }
}

impl<M> OnNode for Port<M> {
    fn on_node(&self) -> NodeId {
        self.id.node.clone()
    }
}
