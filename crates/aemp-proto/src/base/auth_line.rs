//! The line in which a peer proves itself.

use subtle::ConstantTimeEq;

use super::{Framing, Method, Secret};
use crate::{
    link::{LinkError, PeerMisbehaved},
    wire::greeting::Greeting,
};

/// The line in which the other side proves itself, and says in which framing it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthLine {
    pub(super) method: Method,
    pub(super) framing: Framing,
    token: String,
}

impl AuthLine {
    /// Reads a line, without its end. What this side's greeting does not offer is refused.
    pub(super) fn parse(line: &[u8], ours: &Greeting, encrypted: bool) -> Result<Self, PeerMisbehaved> {
        let line = std::str::from_utf8(line).map_err(|_| PeerMisbehaved::MalformedProof)?;
        // Base peers ignore what stands behind the framing.
        let mut fields = line.split(';');
        let (Some(method), Some(token), Some(framing)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(PeerMisbehaved::MalformedProof);
        };
        let offered = |name: &str| ours.auths().any(|offered| offered == name);
        let method = Some(method)
            .filter(|name| offered(name))
            .and_then(Method::from_name)
            .ok_or(PeerMisbehaved::MethodNotAccepted)?;
        if method.is_within_tls() != encrypted {
            return Err(PeerMisbehaved::MethodOutOfPlace);
        }
        let framing = Some(framing)
            .filter(|name| ours.framings().any(|offered| offered == *name))
            .and_then(Framing::from_name)
            .ok_or(PeerMisbehaved::FramingNotAccepted)?;
        Ok(Self { method, framing, token: token.to_owned() })
    }

    /// Whether the sender of `theirs` may have sent it.
    pub(super) fn verify(&self, ours: &Greeting, theirs: &Greeting, secret: Option<&Secret>) -> Result<(), LinkError> {
        let expected = self.method.token(secret, theirs, ours).ok_or(LinkError::AuthenticationFailed)?;
        if bool::from(expected.as_bytes().ct_eq(self.token.as_bytes())) {
            Ok(())
        } else {
            Err(LinkError::AuthenticationFailed)
        }
    }
}
