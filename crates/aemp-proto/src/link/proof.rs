//! The proof of membership and of being an incarnation, and its verification.

use ed25519_dalek::{Signature, VerifyingKey};
use sha3::{Digest, Sha3_512};
use subtle::ConstantTimeEq;

use super::{
    Credentials, Identity, LinkError, Method, PeerIncompatible, PeerMisbehaved, Role, frame, identity::incarnation_of,
    mac::hmac, state::Exporter,
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
