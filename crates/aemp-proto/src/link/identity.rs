//! Who this node is, and how it proves that.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha3::{Digest, Sha3_256};
use zeroize::Zeroizing;

use crate::{
    id::{Incarnation, NodeId},
    wire::greeting::Versions,
};

/// The key that all members of a network share: 32 octets, drawn or stretched, never a passphrase itself.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A key from its octets.
    pub fn new(octets: [u8; 32]) -> Self {
        Self(Zeroizing::new(octets))
    }

    pub(super) fn octets(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// What a node proves its membership with.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A certificate, which the driver presents; it verifies those of others.
    Certificate,
    /// Either, as the other side has it; the certificate where both have both.
    CertificateOrSecret(SecretKey),
    /// The shared secret.
    Secret(SecretKey),
}

impl Credentials {
    pub(super) const fn secret(&self) -> Option<&SecretKey> {
        match self {
            Self::Certificate => None,
            Self::CertificateOrSecret(secret) | Self::Secret(secret) => Some(secret),
        }
    }
}

/// This run of this node, shared by all its links.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) node: NodeId,
    pub(super) credentials: Credentials,
    pub(super) versions: Versions,
    incarnation: Incarnation,
    key: SigningKey,
}

impl Identity {
    /// The identity of one run. `seed` is 32 random octets, drawn at the start and for nothing else: the
    /// private key of this run, which lives as long as it does.
    pub fn new(node: NodeId, seed: &[u8; 32], credentials: Credentials) -> Self {
        let key = SigningKey::from_bytes(seed);
        let incarnation = incarnation_of(&key.verifying_key());
        Self { node, credentials, versions: Versions::SPOKEN, incarnation, key }
    }

    /// The ID of the node.
    pub const fn node(&self) -> &NodeId {
        &self.node
    }

    /// The run, which only the holder of its private key can claim to be.
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Speaks other versions: for tests of what happens between releases.
    #[cfg(test)]
    pub(super) fn with_versions(self, versions: Versions) -> Self {
        Self { versions, ..self }
    }

    pub(super) fn public_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    pub(super) fn sign(&self, octets: &[u8]) -> [u8; 64] {
        self.key.sign(octets).to_bytes()
    }
}

/// The first half of a hash of the public key: whoever claims a living incarnation needs its private key.
pub(super) fn incarnation_of(key: &VerifyingKey) -> Incarnation {
    let hash = Sha3_256::new().chain_update(b"aemp incarnation").chain_update(key.as_bytes()).finalize();
    let mut octets = [0; 16];
    octets.iter_mut().zip(hash).for_each(|(octet, of_hash)| *octet = of_hash);
    Incarnation(octets)
}
