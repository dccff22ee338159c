//! The ways of authentication.

use sha3::{Digest, Sha3_512};

use super::Secret;
use crate::{link::mac::hmac, wire::greeting::Greeting};

/// How one side proves itself to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The secret itself. Never sent by this node.
    Cleartext,
    /// A MAC over both greetings, with the secret.
    Hmac,
    /// Nothing but the certificate. Never sent by this node.
    TlsAnonymous,
    /// A hash of both greetings, within TLS, which verified the certificate.
    TlsHash,
}

impl Method {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cleartext => "cleartext",
            Self::Hmac => "hmac_sha3_512",
            Self::TlsAnonymous => "tls_anon",
            Self::TlsHash => "tls_sha3_512",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Cleartext, Self::Hmac, Self::TlsAnonymous, Self::TlsHash]
            .into_iter()
            .find(|method| method.name() == name)
    }

    /// Whether it belongs inside TLS; the others belong outside.
    pub const fn is_within_tls(self) -> bool {
        matches!(self, Self::TlsAnonymous | Self::TlsHash)
    }

    /// What proves the sender of one greeting to the sender of the other; `None` without the secret that it takes.
    pub(super) fn token(self, secret: Option<&Secret>, sender: &Greeting, receiver: &Greeting) -> Option<String> {
        let greetings = || [sender.to_octets(), receiver.to_octets()].concat();
        Some(match self {
            Self::Cleartext => hex(secret?.octets()),
            Self::Hmac => hex(&hmac(secret?.octets(), &greetings())),
            Self::TlsAnonymous => String::new(),
            Self::TlsHash => hex(&Sha3_512::digest(greetings())),
        })
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
