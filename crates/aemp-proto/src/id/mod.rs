//! Names of nodes and ports: parsed once, validated, printed back identically.

mod address;
mod node_id;
mod port_id;
mod port_name;
mod serde;

pub use address::{Address, AddressError, Host};
pub use node_id::{NodeId, NodeIdError};
pub use port_id::{PortId, PortIdError};
pub use port_name::{Origin, PortKind, PortName, PortNameError, PortNumber};

use std::fmt;

/// The longest name under which a port can be published, in octets.
pub const MAX_PUBLISHED_NAME: usize = 255;

/// One run of one node: 128 bits that are drawn, not chosen, at its start.
///
/// It is derived from a public key made at the start (see [`crate::link`]), so that no other member of
/// the network can claim it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub [u8; 16]);

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl From<Incarnation> for Origin {
    /// An incarnation's random bits mark the names that it makes.
    fn from(incarnation: Incarnation) -> Self {
        let mut origin = [0; 12];
        for (octet, random) in origin.iter_mut().zip(incarnation.0) {
            *octet = random;
        }
        Self(origin)
    }
}
