//! From an address or an accepted socket to an authenticated channel: all that comes before the kernel.

use std::{cell::RefCell, net::SocketAddr, rc::Rc, time::Duration};

use aemp_proto::{
    base::Access,
    id::{Address, NodeId},
    kernel::DialFailure,
    limits::Limits,
    link::{
        Admission, Admitted, HANDSHAKE_DEADLINE, Identity, Link, LinkError, NotAdmitted, Opening, Outstanding,
        Protection, Side,
    },
    reason::Reason,
    time::Time,
};
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    channel::{Channel, Io},
    connect::{Patience, Place, places},
    handshake::{Established, Handshake, HandshakeError},
    legacy::Legacy,
    listen::Accepted,
    tls::{CertificateError, Certificates, Tls},
    turns::Turns,
};
use crate::secret::Weakness;

/// Octets that one read takes at most.
pub(super) const READ_SIZE: usize = 64 << 10;

/// What the connections of a node are made with.
#[derive(Debug)]
pub(crate) struct TransportSettings {
    /// Who the node is.
    pub(crate) identity: Identity,
    /// Its certificates, if its credentials have any.
    pub(crate) certificates: Option<Certificates>,
    /// The fingerprint of its secret, for messages about failures.
    pub(crate) fingerprint: Option<String>,
    /// Its limits.
    pub(crate) limits: Limits,
    /// From the start of dialling to the end of the handshake.
    pub(crate) dial_timeout: Duration,
    /// Whether connections to other processes are encrypted.
    pub(crate) protection: Protection,
    /// Why the node must not dial beyond this host, if it must not: its secret is weak.
    pub(crate) confined: Option<Weakness>,
    /// How base peers are met, if they are admitted anywhere.
    pub(crate) legacy: Option<Legacy>,
}

/// What all handshakes of a node share.
pub(super) struct Doorway {
    identity: Rc<Identity>,
    tls: Tls,
    fingerprint: Option<String>,
    limits: Limits,
    dial_timeout: Duration,
    protection: Protection,
    confined: Option<Weakness>,
    legacy: Option<Legacy>,
    outstanding: Outstanding,
    admission: Admission,
    turns: Turns,
    start: Instant,
    /// Every read of the node goes through it; what is left over is kept by its connection.
    pub(super) scratch: RefCell<Vec<u8>>,
}

impl Doorway {
    pub(super) fn new(settings: TransportSettings) -> Result<Self, CertificateError> {
        Ok(Self {
            identity: Rc::new(settings.identity),
            tls: Tls::new(settings.certificates, settings.legacy.as_ref())?,
            fingerprint: settings.fingerprint,
            dial_timeout: settings.dial_timeout,
            protection: settings.protection,
            confined: settings.confined,
            legacy: settings.legacy,
            outstanding: Outstanding::default(),
            admission: Admission::new(&settings.limits),
            limits: settings.limits,
            turns: Turns::new(),
            start: Instant::now(),
            scratch: RefCell::new(vec![0; READ_SIZE]),
        })
    }

    /// A place for an accepted connection.
    pub(super) fn admit(&self, accepted: &Accepted) -> Result<Admitted, NotAdmitted> {
        self.admission.admit(accepted.source, Time::new(self.start.elapsed()))
    }

    /// The handshake of an accepted connection.
    pub(super) async fn accept(&self, accepted: Accepted, admitted: Admitted) -> Result<Established, HandshakeError> {
        let deadline = self.start + admitted.deadline().since_start();
        let base = self.legacy.as_ref().filter(|_| accepted.admits_base_peers).map(|legacy| &legacy.access);
        let opening = self.opening(Side::Acceptor, accepted.peer_address, base)?;
        let handshake = self.handshake(accepted.io, opening);
        let result = timeout_at(deadline, self.turns.limit(handshake)).await;
        result.unwrap_or(Err(HandshakeError::TimedOut(HANDSHAKE_DEADLINE.as_secs())))
    }

    /// The handshake of one half of a stream inside this process, which needs no encryption.
    pub(super) async fn join(&self, io: Box<dyn Io>, side: Side) -> Result<Established, HandshakeError> {
        let opening = Opening { protection: Protection::DangerouslyPlain, ..self.opening(side, None, None)? };
        let handshake = self.handshake(io, opening);
        let result = timeout(self.dial_timeout, handshake).await;
        result.unwrap_or(Err(HandshakeError::TimedOut(self.dial_timeout.as_secs())))
    }

    /// Does the handshake of the side that connects, over a transport that is no socket.
    #[cfg(test)]
    pub(super) async fn dial_over(&self, io: Box<dyn Io>) -> Result<Established, HandshakeError> {
        self.handshake(io, self.opening(Side::Dialler { expect: None }, None, None)?).await
    }

    /// Connections and nonces that are in a handshake.
    #[cfg(test)]
    pub(super) fn under_way(&self) -> (usize, usize) {
        (self.admission.count(), self.outstanding.len())
    }

    /// Connects to an address and does the handshake: with each host that its name stands for, until one succeeds.
    pub(super) async fn dial(&self, expect: Option<NodeId>, address: &Address) -> Result<Established, DialFailure> {
        if let Some(weakness) = self.confined.or_else(|| self.legacy_weakness(expect.as_ref(), address))
            && !address.is_same_host()
        {
            let text = format!("it is on another host, and {weakness}");
            return Err(DialFailure::Rejected(Reason::new("weak_secret", text)));
        }
        let base = self.legacy.as_ref().and_then(|legacy| legacy.towards(expect.as_ref(), address));
        let patience = Patience::new(self.dial_timeout);
        let unreachable = |text: &str| DialFailure::Unreachable(text.to_owned());
        let places = match patience.share(0, places(address)).await {
            Some(places) => places.map_err(|error| unreachable(&error.to_string()))?,
            None => return Err(unreachable("its name was not resolved in time")),
        };
        let mut failure = (!places.is_empty()).then_some(DialFailure::Refused);
        for (index, place) in places.iter().enumerate() {
            let others = places.len() - index - 1;
            let failed = match patience.share(others, self.dial_place(expect.clone(), place, base)).await {
                Some(Ok(established)) => return Ok(established),
                Some(Err(DialError::Refused)) => DialFailure::Refused,
                Some(Err(DialError::Handshake(error))) => self.failure(&error),
                None => unreachable(&format!("no answer within {} s", self.dial_timeout.as_secs())),
            };
            failure = failure.map(|before| graver(before, failed));
        }
        Err(failure.unwrap_or_else(|| unreachable("its name stands for no address")))
    }

    /// Why a node that may be a base peer must not be dialled beyond this host, if it must not.
    pub(super) fn legacy_weakness(&self, expect: Option<&NodeId>, address: &Address) -> Option<Weakness> {
        let legacy = self.legacy.as_ref().filter(|legacy| legacy.towards(expect, address).is_some());
        legacy.and_then(|legacy| legacy.weakness)
    }

    /// The addresses that a host name stands for now; none if that is not found out in time.
    pub(super) async fn resolve(&self, address: &Address) -> Vec<Address> {
        let places = timeout(self.dial_timeout, places(address)).await.ok().and_then(Result::ok).unwrap_or_default();
        let sockets = places.iter().filter_map(Place::socket_address);
        let addresses: Vec<_> = sockets.map(|socket| Address::ip(socket.ip(), socket.port())).collect();
        if let Some(legacy) = &self.legacy {
            legacy.resolved(address, &addresses);
        }
        addresses
    }

    async fn dial_place(
        &self,
        expect: Option<NodeId>,
        place: &Place,
        base: Option<&Rc<Access>>,
    ) -> Result<Established, DialError> {
        let io = place.connect().await.map_err(|error| {
            if place.is_refusal(&error) { DialError::Refused } else { DialError::Handshake(error.into()) }
        })?;
        let opening = self.opening(Side::Dialler { expect: expect.clone() }, place.socket_address(), base);
        let handshake = async { self.handshake(io, opening?).await };
        handshake.await.map_err(DialError::Handshake)
    }

    /// What a connection begins with. `base`: where base peers are admitted as well.
    fn opening(
        &self,
        side: Side,
        peer_address: Option<SocketAddr>,
        base: Option<&Rc<Access>>,
    ) -> Result<Opening, HandshakeError> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(std::io::Error::from)?;
        Ok(Opening { side, nonce, protection: self.protection, peer_address, base: base.cloned() })
    }

    async fn handshake(&self, io: Box<dyn Io>, opening: Opening) -> Result<Established, HandshakeError> {
        let link = Link::new(self.identity.clone(), opening, &self.outstanding, &self.limits);
        let limit = self.limits.handshake_bytes;
        Handshake::new(Channel::new(io), link, &self.tls, &self.scratch, limit).run().await
    }

    /// What the kernel learns of a failed handshake.
    fn failure(&self, error: &HandshakeError) -> DialFailure {
        let text = self.explain(error);
        if error.is_own_node() {
            return DialFailure::OwnNode;
        }
        match error.code() {
            Some(code) => DialFailure::Rejected(Reason::new(code, text)),
            None => DialFailure::Unreachable(text),
        }
    }

    /// An error for people, with what they need to compare.
    pub(super) fn explain(&self, error: &HandshakeError) -> String {
        match (error, &self.fingerprint) {
            (HandshakeError::Base(LinkError::AuthenticationFailed), _) => {
                format!(
                    "{error} (it is a base peer: for them legacy_secret counts, or else the text of the node's own secret)"
                )
            }
            (_, Some(fingerprint)) if error.is_about_secrets() => {
                format!("{error} (the secret of {} has the fingerprint {fingerprint})", self.identity.node())
            }
            _ => error.to_string(),
        }
    }
}

enum DialError {
    Refused,
    Handshake(HandshakeError),
}

/// Of several failures the one that says most: all must have refused for the address to have refused.
fn graver(one: DialFailure, other: DialFailure) -> DialFailure {
    match (&one, &other) {
        (DialFailure::Rejected(_) | DialFailure::OwnNode, _) | (_, DialFailure::Refused) => one,
        _ => other,
    }
}
