//! What a node says in its greeting to base peers.

use std::net::SocketAddr;

use super::{Greeting, native::print_nonce};
use crate::id::NodeId;

/// What a node offers to base peers in its greeting.
#[derive(Clone, Debug)]
pub struct BaseOffer<'a> {
    /// The ways of authentication that it accepts, best first, as one list.
    pub auths: &'a str,
    /// The framings that it can receive, best first, as one list.
    pub framings: &'a str,
    /// Whether it has a certificate, so that the connection is encrypted if the other side has one as well.
    pub tls: bool,
}

/// What a node that speaks the base protocol alone puts into its greeting.
#[derive(Clone, Debug)]
pub struct BaseKeys<'a> {
    /// The sender.
    pub node: &'a NodeId,
    /// What it offers.
    pub offer: BaseOffer<'a>,
    /// The other end of the connection, if it has a number.
    pub peer_address: Option<SocketAddr>,
    /// 32 random octets, for this connection only.
    pub nonce: [u8; 32],
}

impl BaseOffer<'_> {
    /// What stands behind the keys that all nodes send.
    pub(super) const fn keys(&self) -> &'static str {
        if self.tls { ";mproto=1;gproto=1;tls=1.0" } else { ";mproto=1;gproto=1" }
    }
}

impl Greeting {
    /// The greeting of a node that speaks the base protocol.
    pub fn base(keys: &BaseKeys<'_>) -> Self {
        let mut first = format!("aemp;1;{};{};{};provider=aemp-0.1", keys.node, keys.offer.auths, keys.offer.framings);
        if let Some(address) = keys.peer_address {
            first.push_str(&format!(";peeraddr={address}"));
        }
        first.push_str(keys.offer.keys());
        Self { first: first.into(), nonce: print_nonce(&keys.nonce).into(), node: keys.node.clone() }
    }

    /// Whether the sender has a certificate and wants TLS as base peers do it: `tls` with the integer part 1.
    pub fn wants_base_tls(&self) -> bool {
        self.key("tls").and_then(|version| version.split('.').next()) == Some("1")
    }
}
