//! The proof of membership and of being an incarnation, and its verification.

use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{KeyInit, Mac, SimpleHmac};
use sha3::{Digest, Sha3_512};
use subtle::ConstantTimeEq;

use super::{
    Credentials, Identity, LinkError, Method, PeerIncompatible, PeerMisbehaved, Role, frame, identity::incarnation_of,
    state::Exporter,
};
use crate::{id::Incarnation, wire::greeting::Greeting};

/// What both proofs of a connection are about.
#[derive(Debug)]
pub(super) struct Transcript<'a> {
    pub(super) dialler: &'a Greeting,
    pub(super) acceptor: &'a Greeting,
    pub(super) exporter: &'a Exporter,
    pub(super) version: u16,
    pub(super) method: Method,
}

/// The proof of one side.
#[derive(Debug)]
pub(super) struct Proof {
    method: u8,
    mac: [u8; 64],
    public_key: [u8; 32],
    signature: [u8; 64],
}

impl Proof {
    /// The proof of this side, which has `role`.
    pub(super) fn new(identity: &Identity, role: Role, transcript: &Transcript<'_>) -> Result<Self, LinkError> {
        let public_key = identity.public_key().to_bytes();
        Ok(Self {
            method: transcript.method.number(),
            mac: transcript.mac(&identity.credentials, role, &public_key)?,
            public_key,
            signature: identity.sign(&transcript.octets(b"signature", role, &public_key)),
        })
    }

    /// Reads the body of a frame.
    pub(super) fn parse(body: &[u8]) -> Result<Self, PeerMisbehaved> {
        let parts = || {
            let (method, rest) = body.split_first()?;
            let (mac, rest) = rest.split_first_chunk()?;
            let (public_key, rest) = rest.split_first_chunk()?;
            let signature = rest.try_into().ok()?;
            Some(Self { method: *method, mac: *mac, public_key: *public_key, signature })
        };
        parts().ok_or(PeerMisbehaved::MalformedProof)
    }

    /// The whole frame.
    pub(super) fn to_frame(&self) -> Vec<u8> {
        frame::encode(frame::PROOF, &[&[self.method], &self.mac, &self.public_key, &self.signature])
    }

    /// Verifies the proof of the other side, which has `role`, and says which incarnation it is.
    pub(super) fn verify(
        &self,
        credentials: &Credentials,
        role: Role,
        transcript: &Transcript<'_>,
    ) -> Result<Incarnation, LinkError> {
        if self.method != transcript.method.number() {
            return Err(PeerMisbehaved::MethodNotAccepted.into());
        }
        if !bool::from(transcript.mac(credentials, role, &self.public_key)?.ct_eq(&self.mac)) {
            return Err(LinkError::AuthenticationFailed);
        }
        let key = VerifyingKey::from_bytes(&self.public_key).map_err(|_| LinkError::AuthenticationFailed)?;
        let signed = transcript.octets(b"signature", role, &self.public_key);
        // Strict: keys of small order, for which a signature may fit any text, are refused.
        key.verify_strict(&signed, &Signature::from_bytes(&self.signature))
            .map_err(|_| LinkError::AuthenticationFailed)?;
        Ok(incarnation_of(&key))
    }
}

impl Transcript<'_> {
    /// With the secret an HMAC; with certificates, which TLS has verified, a hash.
    fn mac(&self, credentials: &Credentials, prover: Role, public_key: &[u8; 32]) -> Result<[u8; 64], LinkError> {
        let octets = self.octets(b"mac", prover, public_key);
        match self.method {
            Method::Certificate => Ok(Sha3_512::digest(&octets).into()),
            Method::Secret => {
                let secret = credentials.secret().ok_or(PeerIncompatible::NoCommonMethod)?;
                Ok(hmac(secret.octets(), &octets))
            }
        }
    }

    /// Everything that must be the same on both sides, each part behind its length.
    fn octets(&self, purpose: &[u8], prover: Role, public_key: &[u8; 32]) -> Vec<u8> {
        let role: &[u8] = match prover {
            Role::Dialler => b"dialler",
            Role::Acceptor => b"acceptor",
        };
        let parts: [&[u8]; 11] = [
            b"aemp native handshake",
            purpose,
            role,
            self.dialler.first_line().as_bytes(),
            self.dialler.nonce_line().as_bytes(),
            self.acceptor.first_line().as_bytes(),
            self.acceptor.nonce_line().as_bytes(),
            self.exporter.octets(),
            &self.version.to_le_bytes(),
            &[self.method.number()],
            public_key,
        ];
        let mut octets = Vec::new();
        for part in parts {
            octets.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            octets.extend_from_slice(part);
        }
        octets
    }
}

fn hmac(key: &[u8; 32], octets: &[u8]) -> [u8; 64] {
    // A key shorter than a block is padded with zeros, so a whole block is a key that always fits.
    let mut block = zeroize::Zeroizing::new([0; 72]);
    block.iter_mut().zip(key).for_each(|(padded, octet)| *padded = *octet);
    let mut mac = SimpleHmac::<Sha3_512>::new(&(*block).into());
    mac.update(octets);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines and tokens of a recorded handshake of the Perl original, whose HMAC is the same.
    #[test]
    fn the_hmac_is_that_of_the_recorded_vectors() {
        let key = |text: &str| {
            let mut octets = [0; 32];
            octets[..text.len()].copy_from_slice(text.as_bytes());
            octets
        };
        let hex = |octets: [u8; 64]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        let a = "aemp;1;nodeB;tls_sha3_512,hmac_sha3_512,tls_anon,cleartext;cbor;peeraddr=127.0.0.1:14141;mproto=1;gproto=1;provider=AE-2.02\nOyXwaabCYXHIJJ21oRcm5Ew7t2QnyM5p3Gd462nzVZ+TKhmqI8Q+SEn/9/JvMdGxxnheERP2zF95r6+7Oz07e0N7\n";
        let b = "aemp;1;seedA;tls_sha3_512,hmac_sha3_512,tls_anon,cleartext;cbor;gproto=1;provider=AE-2.02;peeraddr=127.0.0.1:49120;mproto=1\nyOi36s30Y0L2S5olZBLByw5Tr1VeHUXuguEQK/iqVY0PKQrROef7JsOAaqrMbwq/9k3+mtvhP4JR5eAu16oCr2aN\n";
        assert_eq!(
            hex(hmac(&key("geheim"), format!("{a}{b}").as_bytes())),
            "73d98c249e21e6cd22d3906c5767636fd55270b8493bef050f73944c3ff3ff5fa2ae413b410cef2cb659da43f2b42c66c8b106bbf2d00f002fd6e537fa17f950"
        );
        assert_eq!(
            hex(hmac(&key("geheim"), format!("{b}{a}").as_bytes())),
            "66c4361a9d1817c0b1e89a14f43c8047859aaa422ad2f846829267cc9c79c8172e0afd11e4327bf1b042f58379a15e83eca988c3dc8a59e1f8f4065a70bfca33"
        );
    }
}
