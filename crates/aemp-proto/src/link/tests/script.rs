//! What a peer says, written by hand after docs/protocol.md and without the code under test.

use ed25519_dalek::{Signer, SigningKey};
use sha3::{Digest, Sha3_512};

use super::ends::EXPORTER;

/// The two lines of a greeting.
#[derive(Clone, Debug)]
pub(super) struct Lines(pub(super) String, pub(super) String);

impl Lines {
    pub(super) fn new(node: &str, nonce: u8) -> Self {
        let first = format!("aemp;1;{node};native_secret;native;provider=aemp-0.1;native=1;ntls=1.3");
        Self(first, format!("{nonce:02x}").repeat(32))
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        format!("{}\n{}\n", self.0, self.1).into_bytes()
    }
}

/// Everything that goes into a proof.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) secret: Vec<u8>,
    pub(super) role: &'static str,
    pub(super) dialler: Lines,
    pub(super) acceptor: Lines,
    pub(super) exporter: Vec<u8>,
    pub(super) version: u16,
    pub(super) method: u8,
    pub(super) seed: [u8; 32],
}

impl Script {
    /// The proof of a dialler "s" towards the acceptor "b".
    pub(super) fn dialler() -> Self {
        Self {
            secret: super::ends::SECRET.to_vec(),
            role: "dialler",
            dialler: Lines::new("s", 3),
            acceptor: Lines::new("b", 2),
            exporter: EXPORTER.to_vec(),
            version: 1,
            method: 1,
            seed: [5; 32],
        }
    }

    /// The proof of an acceptor "s" towards the dialler "a".
    pub(super) fn acceptor() -> Self {
        Self { role: "acceptor", dialler: Lines::new("a", 1), acceptor: Lines::new("s", 3), ..Self::dialler() }
    }

    pub(super) fn public_key(&self) -> [u8; 32] {
        SigningKey::from_bytes(&self.seed).verifying_key().to_bytes()
    }

    pub(super) fn mac(&self) -> Vec<u8> {
        let octets = self.transcript("mac");
        if self.method == 2 { Sha3_512::digest(&octets).to_vec() } else { hmac_sha3_512(&self.secret, &octets) }
    }

    pub(super) fn signature(&self) -> Vec<u8> {
        SigningKey::from_bytes(&self.seed).sign(&self.transcript("signature")).to_bytes().to_vec()
    }

    /// The frame: length, type 1, method, MAC, public key, signature.
    pub(super) fn frame(&self) -> Vec<u8> {
        proof_frame(self.method, &self.mac(), &self.public_key(), &self.signature())
    }

    fn transcript(&self, purpose: &str) -> Vec<u8> {
        let version = self.version.to_le_bytes();
        let public_key = self.public_key();
        [
            &b"aemp native handshake"[..],
            purpose.as_bytes(),
            self.role.as_bytes(),
            self.dialler.0.as_bytes(),
            self.dialler.1.as_bytes(),
            self.acceptor.0.as_bytes(),
            self.acceptor.1.as_bytes(),
            &self.exporter,
            &version,
            &[self.method],
            &public_key,
        ]
        .iter()
        .flat_map(|part| [&(part.len() as u32).to_le_bytes()[..], part].concat())
        .collect()
    }
}

pub(super) fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 1).to_le_bytes()[..], &[kind], body].concat()
}

pub(super) fn proof_frame(method: u8, mac: &[u8], public_key: &[u8], signature: &[u8]) -> Vec<u8> {
    frame(1, &[&[method], mac, public_key, signature].concat())
}

/// RFC 2104 with SHA3-512, whose block has 72 octets.
fn hmac_sha3_512(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let pad = |with: u8| {
        let mut block = [with; 72];
        block.iter_mut().zip(key).for_each(|(padded, octet)| *padded ^= octet);
        block
    };
    let inner = Sha3_512::digest([&pad(0x36)[..], octets].concat());
    Sha3_512::digest([&pad(0x5c)[..], &inner].concat()).to_vec()
}
