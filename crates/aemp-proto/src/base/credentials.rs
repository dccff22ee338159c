//! What a node proves its membership with towards base peers.

use std::{fmt, net::SocketAddr};

use zeroize::Zeroizing;

use super::{Framing, Method};
use crate::{
    id::NodeId,
    wire::greeting::{BaseKeys, BaseOffer, Greeting},
};

/// The secret of a network with base peers: octets of any length, as the nodes of the network have them.
///
/// It cannot be empty, because behind an empty secret everybody is a member.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The secret with these octets; `None` if there are none.
    pub fn new(octets: &[u8]) -> Option<Self> {
        (!octets.is_empty()).then(|| Self(Zeroizing::new(octets.to_vec())))
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a node has.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A certificate: connections without TLS are refused.
    Certificate,
    /// Both; the certificate where the other side has one as well, and else the secret, without TLS.
    CertificateOrSecret(Secret),
    /// The secret: connections are without TLS.
    Secret(Secret),
}

impl Credentials {
    pub(super) const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Certificate => None,
            Self::CertificateOrSecret(secret) | Self::Secret(secret) => Some(secret),
        }
    }

    const fn has_certificate(&self) -> bool {
        !matches!(self, Self::Secret(_))
    }
}

/// What a node accepts beyond the safe methods. Nothing, unless somebody asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerated {
    /// The other side may send the secret in clear text, where everybody on the way can read it.
    pub cleartext: bool,
    /// Within TLS the other side may leave out the hash of the greetings; its certificate is all that it shows.
    pub anonymous: bool,
}

/// How a node and its base peers prove themselves to each other.
#[derive(Clone, Debug)]
pub struct Access {
    /// What the node proves its membership with.
    pub credentials: Credentials,
    /// What it accepts from others beyond the safe methods.
    pub tolerated: Tolerated,
}

impl Access {
    /// The list of methods for the greeting, best first. What does not stand there is refused.
    pub(crate) fn auths(&self) -> String {
        let (tls, secret) = (self.credentials.has_certificate(), self.credentials.secret().is_some());
        let offered = [
            (Method::TlsHash, tls),
            (Method::Hmac, secret),
            (Method::TlsAnonymous, tls && self.tolerated.anonymous),
            (Method::Cleartext, secret && self.tolerated.cleartext),
        ];
        let names: Vec<_> =
            offered.into_iter().filter(|(_, offered)| *offered).map(|(method, _)| method.name()).collect();
        names.join(",")
    }

    /// What stands in the greeting, with the list of methods.
    pub(crate) const fn offer<'a>(&self, auths: &'a str) -> BaseOffer<'a> {
        BaseOffer { auths, framings: Framing::OFFERED, tls: self.credentials.has_certificate() }
    }
}

/// This node, as base peers see it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its ID.
    pub node: NodeId,
    /// How it and they prove themselves.
    pub access: Access,
}

impl Member {
    /// The greeting for one connection.
    pub(super) fn greeting(&self, nonce: [u8; 32], peer_address: Option<SocketAddr>) -> Greeting {
        let auths = self.access.auths();
        Greeting::base(&BaseKeys { node: &self.node, offer: self.access.offer(&auths), peer_address, nonce })
    }
}
