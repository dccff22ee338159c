//! Two links with a make-believe TLS between them, which adds no octets.

use std::rc::Rc;

use crate::{
    limits::Limits,
    link::{
        Authenticated, Credentials, Identity, Link, LinkError, Method, Opening, Outstanding, Progress, Protection,
        SecretKey, Side,
    },
};

pub(super) const SECRET: [u8; 32] = [7; 32];
pub(super) const EXPORTER: [u8; 64] = [9; 64];

pub(super) fn secret() -> Credentials {
    Credentials::Secret(SecretKey::new(SECRET))
}

/// The identity of node `name`, whose run depends on its name only.
pub(super) fn identity(name: &str, credentials: Credentials) -> Identity {
    Identity::new(name.parse().unwrap(), &[name.as_bytes()[0]; 32], credentials)
}

pub(super) fn dialler() -> Side {
    Side::Dialler { expect: None }
}

/// One link and what became of it.
#[derive(Debug)]
pub(super) struct End {
    pub(super) link: Link,
    pub(super) exporter: [u8; 64],
    pub(super) peer_verified: bool,
    pub(super) tls: Option<(bool, Method)>,
    pub(super) outcome: Option<Result<Authenticated, LinkError>>,
    pub(super) rest: Vec<u8>,
}

impl End {
    pub(super) fn new(identity: Identity, side: Side, nonce: u8) -> Self {
        Self::with(identity, side, nonce, Protection::Encrypted, &Outstanding::default())
    }

    pub(super) fn with(identity: Identity, side: Side, nonce: u8, protection: Protection, all: &Outstanding) -> Self {
        let opening = Opening { side, nonce: [nonce; 32], protection, peer_address: None, base: None };
        Self {
            link: Link::new(Rc::new(identity), opening, all, &Limits::default()),
            exporter: EXPORTER,
            peer_verified: false,
            tls: None,
            outcome: None,
            rest: Vec::new(),
        }
    }

    /// The usual dialler and acceptor, with one secret.
    pub(super) fn pair() -> (Self, Self) {
        let dialler = Self::new(identity("a", secret()), dialler(), 1);
        (dialler, Self::new(identity("b", secret()), Side::Acceptor, 2))
    }

    /// Hands octets in, in chunks.
    pub(super) fn feed(&mut self, octets: &[u8], chunk: usize) {
        for mut input in octets.chunks(chunk) {
            while self.outcome.is_none() {
                match self.link.receive(&mut input) {
                    Ok(Progress::Wait) => break,
                    Ok(Progress::StartTls { client, method }) => {
                        self.tls = Some((client, method));
                        let established = self.link.tls_established(self.exporter, self.peer_verified);
                        self.outcome = established.err().map(Err);
                    }
                    Ok(Progress::Base(_)) => panic!("base peers are not admitted"),
                    Ok(Progress::Done(authenticated)) => self.outcome = Some(Ok(authenticated)),
                    Err(error) => self.outcome = Some(Err(error)),
                }
            }
            self.rest.extend_from_slice(input);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.outcome, Some(Ok(_)))
    }

    pub(super) fn error(self) -> LinkError {
        self.outcome.expect("over").expect_err("failed")
    }
}

/// Carries octets to and fro until nobody has anything to say. `change` may change them; its first argument
/// says whether they come from the first end.
pub(super) fn connect(a: &mut End, b: &mut End, chunk: usize, mut change: impl FnMut(bool, Vec<u8>) -> Vec<u8>) {
    loop {
        let (from_a, from_b) = (a.link.transmit(), b.link.transmit());
        if from_a.is_empty() && from_b.is_empty() {
            return;
        }
        b.feed(&change(true, from_a), chunk);
        a.feed(&change(false, from_b), chunk);
    }
}

pub(super) fn unchanged(_: bool, octets: Vec<u8>) -> Vec<u8> {
    octets
}
