//! The proof that a connection is authenticated.

use crate::id::{Incarnation, NodeId};

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This side connected.
    Dialler,
    /// This side accepted.
    Acceptor,
}

/// A connection whose other side is authenticated. Only the authentication step of [`crate::link`] makes one.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub(crate) node: NodeId,
    pub(crate) incarnation: Incarnation,
    pub(crate) role: Role,
    /// The nonce of the side that connected: ranks crossing connections.
    pub(crate) nonce: [u8; 32],
    /// Whether nothing but this host stands between the nodes: loopback, a Unix socket, or memory.
    pub(crate) same_host: bool,
}

impl Role {
    /// The role of the other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Dialler => Self::Acceptor,
            Self::Acceptor => Self::Dialler,
        }
    }
}

impl Authenticated {
    /// A connection that nobody authenticated: for simulated networks only.
    #[cfg(any(test, feature = "simulation"))]
    pub const fn simulated(node: NodeId, incarnation: Incarnation, role: Role, nonce: [u8; 32]) -> Self {
        Self { node, incarnation, role, nonce, same_host: true }
    }

    /// The node at the other side.
    pub const fn node(&self) -> &NodeId {
        &self.node
    }

    /// Its run, which it proved to be.
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Which side opened the connection.
    pub const fn role(&self) -> Role {
        self.role
    }
}
