//! The state machine of one connection.

use std::{net::SocketAddr, rc::Rc};

use super::{
    Authenticated, Identity, LinkError, Method, Outstanding, PeerIncompatible, PeerMisbehaved, Refusal, Role,
    agreement::{Agreement, accepted, agree},
    frame::{Frame, FrameReader, PROOF, REFUSED},
    outstanding::OwnNonce,
    proof::{Proof, Transcript},
};
use crate::{
    base,
    id::NodeId,
    limits::Limits,
    wire::greeting::{Greeting, GreetingReader, MAX_LINE, NativeKeys},
};

/// Which side a link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// This side connected.
    Dialler {
        /// The node that must be there; `None` if only its address is known.
        expect: Option<NodeId>,
    },
    /// This side accepted.
    Acceptor,
}

/// Whether a connection must be encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// TLS, always.
    #[default]
    Encrypted,
    /// No encryption where the other side wants none either: everybody on the way can read and change
    /// messages. Meant for connections inside a process.
    DangerouslyPlain,
}

/// What a link begins with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Which side this is.
    pub side: Side,
    /// 32 octets from the system's random generator, used for this connection only.
    pub nonce: [u8; 32],
    /// Whether it must be encrypted.
    pub protection: Protection,
    /// The other end, if it has a number; told to it.
    pub peer_address: Option<SocketAddr>,
    /// Base peers are admitted as well, if they and this node prove themselves like this.
    pub base: Option<Rc<base::Access>>,
}

/// What ties the proofs to the TLS connection that they are sent in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exporter {
    Tls(Box<[u8; 64]>),
    Plain,
}

impl Exporter {
    pub(super) fn octets(&self) -> &[u8] {
        match self {
            Self::Tls(exporter) => &**exporter,
            Self::Plain => &[],
        }
    }
}

/// What the driver is to do next.
#[derive(Debug)]
pub enum Progress {
    /// Send what [`Link::transmit`] gives and hand in what is received.
    Wait,
    /// Send what [`Link::transmit`] gives, then start TLS 1.3. What the input still holds belongs to TLS.
    /// From here on the link sends and receives inside it.
    StartTls {
        /// Which side of TLS this is.
        client: bool,
        /// With [`Method::Certificate`] TLS has to verify the other side's certificate, with
        /// [`Method::Secret`] it must not.
        method: Method,
    },
    /// Send what [`Link::transmit`] gives. What the input still holds belongs to the session.
    Done(Authenticated),
    /// The other side is a base peer: go on with this handshake, to which everything belongs that follows. The link
    /// is over.
    Base(Box<base::Handshake>),
}

/// One connection until it is authenticated.
///
/// It buffers at most [`Limits::handshake_bytes`] of what the other side sends.
#[derive(Debug)]
pub struct Link {
    identity: Rc<Identity>,
    side: Side,
    /// Whether nothing but this host stands between the ends.
    same_host: bool,
    greeting: Greeting,
    nonce: Rc<OwnNonce>,
    base: Option<Rc<base::Access>>,
    unsent: Vec<u8>,
    max_frame: usize,
    /// Whether a refusal can be told.
    private: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Greeting(GreetingReader),
    Tls(Greeting, Agreement),
    Proof(Box<Proving>),
    Over,
}

/// Both greetings are known, and the TLS connection if there is one.
#[derive(Debug)]
struct Proving {
    peer: Greeting,
    method: Method,
    version: u16,
    exporter: Exporter,
    reader: FrameReader,
}

impl Link {
    /// A connection that was just made. The greeting waits in [`Self::transmit`].
    pub fn new(identity: Rc<Identity>, opening: Opening, outstanding: &Outstanding, limits: &Limits) -> Self {
        let base_auths = opening.base.as_ref().map(|access| access.auths()).unwrap_or_default();
        let greeting = Greeting::native(&NativeKeys {
            node: &identity.node,
            auths: accepted(&identity.credentials),
            versions: identity.versions,
            plain: opening.protection == Protection::DangerouslyPlain,
            base: opening.base.as_ref().map(|access| access.offer(&base_auths)),
            peer_address: opening.peer_address,
            nonce: opening.nonce,
        });
        let same_host = opening.peer_address.is_none_or(|peer| peer.ip().to_canonical().is_loopback());
        Self {
            side: opening.side,
            same_host,
            private: false,
            nonce: Rc::new(outstanding.enter(opening.nonce)),
            base: opening.base,
            unsent: greeting.to_octets(),
            // The rest of the limit is for the greeting.
            max_frame: limits.handshake_bytes.saturating_sub(2_usize.saturating_mul(MAX_LINE)),
            state: State::Greeting(GreetingReader::default()),
            identity,
            greeting,
        }
    }

    /// Takes what is to be sent now: in the clear until TLS is established, inside TLS afterwards.
    ///
    /// Also after an error: it may be a refusal, which the other side should see before the connection closes.
    pub fn transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    /// The node that the other side says to be, once its greeting was accepted: not proved yet.
    pub const fn claimed_peer(&self) -> Option<&NodeId> {
        match &self.state {
            State::Tls(peer, _) => Some(peer.node()),
            State::Proof(proving) => Some(proving.peer.node()),
            State::Greeting(_) | State::Over => None,
        }
    }

    /// Handles octets of the other side from the front of `input`, and leaves there what is not for the link.
    ///
    /// # Errors
    ///
    /// The connection is over: see [`LinkError`].
    pub fn receive(&mut self, input: &mut &[u8]) -> Result<Progress, LinkError> {
        self.advance(input).map_err(|error| self.fail(error))
    }

    /// TLS is established with this exporter value (label `EXPORTER-aemp-native`, no context). `peer_verified`:
    /// it verified the other side's certificate.
    ///
    /// # Errors
    ///
    /// The connection is over: see [`LinkError`].
    pub fn tls_established(&mut self, exporter: [u8; 64], peer_verified: bool) -> Result<(), LinkError> {
        let State::Tls(peer, agreement) = std::mem::replace(&mut self.state, State::Over) else {
            return Ok(());
        };
        self.begin_proofs(peer, agreement, Exporter::Tls(Box::new(exporter)), peer_verified)
            .map_err(|error| self.fail(error))
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Progress, LinkError> {
        if let State::Greeting(reader) = &mut self.state {
            let Some(peer) = reader.read(input).map_err(PeerMisbehaved::from)? else {
                return Ok(Progress::Wait);
            };
            if let Some(access) = &self.base
                && !peer.is_native()
            {
                let handshake = self.hand_over(access, peer);
                self.state = State::Over;
                return Ok(Progress::Base(Box::new(handshake)));
            }
            let agreement = self.check_greeting(&peer)?;
            if agreement.encrypted {
                self.state = State::Tls(peer, agreement);
                return Ok(Progress::StartTls { client: self.role() == Role::Dialler, method: agreement.method });
            }
            self.begin_proofs(peer, agreement, Exporter::Plain, false)?;
        }
        let State::Proof(proving) = &mut self.state else {
            return Ok(Progress::Wait);
        };
        match proving.reader.read(input)? {
            Some(frame) => self.on_frame(&frame).map(Progress::Done),
            None => Ok(Progress::Wait),
        }
    }

    fn hand_over(&self, access: &base::Access, peer: Greeting) -> base::Handshake {
        base::Handshake::greeted(access, self.side.clone(), self.greeting.clone(), Rc::clone(&self.nonce), peer)
    }

    fn check_greeting(&self, peer: &Greeting) -> Result<Agreement, LinkError> {
        if *peer == self.greeting {
            return Err(PeerMisbehaved::Echo.into());
        }
        if peer.nonce_line() == self.greeting.nonce_line() {
            return Err(PeerMisbehaved::SameNonce.into());
        }
        if peer.node() == &self.identity.node {
            // Anybody can call himself that: only a nonce of its own shows a node that it met itself.
            let is_own = peer.native_nonce().is_some_and(|nonce| self.nonce.is_of_same_node(&nonce));
            return Err(if is_own { LinkError::OwnNode } else { LinkError::NodeIdInUse });
        }
        let agreement = agree(&self.greeting, peer)?;
        let nonce = peer.native_nonce().ok_or(PeerMisbehaved::Nonce)?;
        if self.nonce.is_reflected_in(&nonce) {
            return Err(PeerMisbehaved::Reflection.into());
        }
        Ok(agreement)
    }

    /// The first moment at which an objection to the greeting can be told.
    fn begin_proofs(
        &mut self,
        peer: Greeting,
        agreement: Agreement,
        exporter: Exporter,
        peer_verified: bool,
    ) -> Result<(), LinkError> {
        self.private = true;
        if agreement.method == Method::Certificate && !peer_verified {
            return Err(LinkError::AuthenticationFailed);
        }
        if let Side::Dialler { expect: Some(expected) } = &self.side
            && expected != peer.node()
        {
            return Err(LinkError::WrongNode { expected: expected.clone(), found: peer.node().clone() });
        }
        let version = agreement.version.ok_or(PeerIncompatible::NoCommonVersion)?;
        let reader = FrameReader::new(self.max_frame);
        let proving = Proving { peer, method: agreement.method, version, exporter, reader };
        if self.role() == Role::Dialler {
            let proof = Proof::new(&self.identity, Role::Dialler, &self.transcript(&proving))?;
            self.unsent.extend(proof.to_frame());
        }
        self.state = State::Proof(Box::new(proving));
        Ok(())
    }

    fn on_frame(&mut self, frame: &Frame) -> Result<Authenticated, LinkError> {
        let State::Proof(proving) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(PeerMisbehaved::UnexpectedFrame(frame.kind).into());
        };
        match frame.kind {
            PROOF => self.authenticate(&proving, &frame.body),
            REFUSED => Err(LinkError::Refused(Refusal::parse(&frame.body)?)),
            kind => Err(PeerMisbehaved::UnexpectedFrame(kind).into()),
        }
    }

    fn authenticate(&mut self, proving: &Proving, body: &[u8]) -> Result<Authenticated, LinkError> {
        let transcript = self.transcript(proving);
        let role = self.role();
        let incarnation = Proof::parse(body)?.verify(&self.identity.credentials, role.other(), &transcript)?;
        let nonce = transcript.dialler.native_nonce().ok_or(PeerMisbehaved::Nonce)?;
        if role == Role::Acceptor {
            // Only now: a stranger obtains nothing to guess the secret with.
            let proof = Proof::new(&self.identity, role, &transcript)?;
            self.unsent.extend(proof.to_frame());
        }
        let node = proving.peer.node().clone();
        Ok(Authenticated { node, incarnation, role, nonce, same_host: self.same_host })
    }

    fn transcript<'a>(&'a self, proving: &'a Proving) -> Transcript<'a> {
        let (dialler, acceptor) = match self.role() {
            Role::Dialler => (&self.greeting, &proving.peer),
            Role::Acceptor => (&proving.peer, &self.greeting),
        };
        let Proving { exporter, version, method, .. } = proving;
        Transcript { dialler, acceptor, exporter, version: *version, method: *method }
    }

    const fn role(&self) -> Role {
        match self.side {
            Side::Dialler { .. } => Role::Dialler,
            Side::Acceptor => Role::Acceptor,
        }
    }

    fn fail(&mut self, error: LinkError) -> LinkError {
        self.state = State::Over;
        if self.private
            && let Some(refusal) = error.refusal()
        {
            self.unsent.extend(refusal.to_frame());
        }
        error
    }
}
