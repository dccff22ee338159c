//! What two greetings agree on.

use super::{Framing, Method, Secret};
use crate::{
    link::{LinkError, PeerIncompatible},
    wire::greeting::Greeting,
};

/// What both greetings agree on for the direction from this side to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) encrypted: bool,
    pub(super) method: Method,
    pub(super) framing: Framing,
}

impl Agreement {
    /// The first of what the other side accepts that this side has.
    pub(super) fn new(ours: &Greeting, theirs: &Greeting, secret: Option<&Secret>) -> Result<Self, PeerIncompatible> {
        let encrypted = ours.wants_base_tls() && theirs.wants_base_tls();
        let method = if encrypted { Some(Method::TlsHash) } else { secret.map(|_| Method::Hmac) };
        let method = method
            .filter(|method| theirs.auths().any(|name| name == method.name()))
            .ok_or(PeerIncompatible::NoCommonBaseMethod)?;
        let framing = theirs
            .framings()
            .filter(|name| ours.framings().any(|ours| ours == *name))
            .find_map(Framing::from_name)
            .ok_or(PeerIncompatible::NoCommonFraming)?;
        Ok(Self { encrypted, method, framing })
    }

    /// The line that proves this side.
    pub(super) fn line(self, ours: &Greeting, theirs: &Greeting, secret: Option<&Secret>) -> Result<String, LinkError> {
        let token = self.method.token(secret, ours, theirs).ok_or(PeerIncompatible::NoCommonBaseMethod)?;
        Ok(format!("{};{token};{}\n", self.method.name(), self.framing))
    }
}
