//! The state machine of one connection to a base peer, until it is authenticated.

use std::{net::SocketAddr, rc::Rc};

use super::{Access, Framing, Member, Method, Secret, agreement::Agreement, auth_line::AuthLine};
use crate::{
    id::NodeId,
    link::{LinkError, Outstanding, PeerMisbehaved, Side, outstanding::OwnNonce},
    wire::greeting::{Greeting, GreetingReader, line::LineReader},
};

/// What a connection begins with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Which side this is.
    pub side: Side,
    /// 32 octets from the system's random generator, used for this connection only.
    pub nonce: [u8; 32],
    /// The other end, if it has a number; told to it.
    pub peer_address: Option<SocketAddr>,
}

/// What the driver is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Send what [`Handshake::transmit`] gives and hand in what is received.
    Wait,
    /// Send what [`Handshake::transmit`] gives, then start TLS, in which each side has to show a certificate that the
    /// other trusts. What the input still holds belongs to TLS. From here on the handshake is inside it.
    StartTls {
        /// Which side of TLS this is, whoever connected.
        client: bool,
    },
    /// Send what [`Handshake::transmit`] gives. What the input still holds are messages.
    Done(Established),
}

/// A connection to a base peer that proved itself. Only [`Handshake`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Established {
    greeting: Greeting,
    method: Method,
    sending: Framing,
    receiving: Framing,
}

impl Established {
    /// A connection that nobody authenticated: for simulated networks only.
    #[cfg(any(test, feature = "simulation"))]
    pub const fn simulated(greeting: Greeting, method: Method, sending: Framing, receiving: Framing) -> Self {
        Self { greeting, method, sending, receiving }
    }

    /// The node at the other side.
    pub const fn node(&self) -> &NodeId {
        self.greeting.node()
    }

    /// All that it said about itself.
    pub const fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// How it proved itself. The connection is encrypted if that belongs inside TLS.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The framing of what this side sends.
    pub const fn sending(&self) -> Framing {
        self.sending
    }

    /// The framing of what the other side sends.
    pub const fn receiving(&self) -> Framing {
        self.receiving
    }
}

/// One connection to a base peer, until it is authenticated. It buffers at most two lines.
#[derive(Debug)]
pub struct Handshake {
    side: Side,
    secret: Option<Secret>,
    ours: Greeting,
    nonce: Option<Rc<OwnNonce>>,
    unsent: Vec<u8>,
    state: State,
}

#[derive(Debug)]
enum State {
    Greeting(GreetingReader),
    Greeted(Greeting),
    Tls(Greeting, Agreement),
    Proof(Greeting, Agreement, LineReader),
    Over,
}

impl Handshake {
    /// A connection that was just made. The greeting waits in [`Self::transmit`].
    pub fn new(member: &Member, opening: Opening, outstanding: &Outstanding) -> Self {
        let ours = member.greeting(opening.nonce, opening.peer_address);
        Self::with_greeting(ours, member.access.credentials.secret().cloned(), opening.side, outstanding)
    }

    /// What the greeting offers is what is accepted later.
    pub(super) fn with_greeting(ours: Greeting, secret: Option<Secret>, side: Side, outstanding: &Outstanding) -> Self {
        let nonce = ours.native_nonce().map(|nonce| Rc::new(outstanding.enter(nonce)));
        let unsent = ours.to_octets();
        Self { side, secret, ours, nonce, unsent, state: State::Greeting(GreetingReader::default()) }
    }

    /// A connection on which both sides have greeted: `ours` was sent, `peer` was received.
    pub(crate) fn greeted(access: &Access, side: Side, ours: Greeting, nonce: Rc<OwnNonce>, peer: Greeting) -> Self {
        let secret = access.credentials.secret().cloned();
        Self { side, secret, ours, nonce: Some(nonce), unsent: Vec::new(), state: State::Greeted(peer) }
    }

    /// Takes what is to be sent now: in the clear until TLS is established, inside TLS afterwards.
    pub fn transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    /// Handles octets of the other side from the front of `input`, and leaves there what is not for the handshake.
    ///
    /// # Errors
    ///
    /// The connection is over, and has to be closed without a word: base peers know no refusals.
    pub fn receive(&mut self, input: &mut &[u8]) -> Result<Progress, LinkError> {
        let progress = self.advance(input);
        self.over_after(progress)
    }

    /// TLS is established. `peer_verified`: it verified the other side's certificate.
    ///
    /// # Errors
    ///
    /// As for [`Self::receive`].
    pub fn tls_established(&mut self, peer_verified: bool) -> Result<(), LinkError> {
        let State::Tls(peer, agreement) = std::mem::replace(&mut self.state, State::Over) else {
            return Ok(());
        };
        if !peer_verified {
            return Err(LinkError::AuthenticationFailed);
        }
        let begun = self.begin_proofs(peer, agreement);
        self.over_after(begun)
    }

    fn over_after<T>(&mut self, result: Result<T, LinkError>) -> Result<T, LinkError> {
        if result.is_err() {
            self.state = State::Over;
            self.unsent.clear();
        }
        result
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Progress, LinkError> {
        if let State::Greeting(reader) = &mut self.state {
            let Some(peer) = reader.read(input).map_err(PeerMisbehaved::from)? else {
                return Ok(Progress::Wait);
            };
            self.state = State::Greeted(peer);
        }
        if let State::Greeted(peer) = &self.state {
            let peer = peer.clone();
            self.check_greeting(&peer)?;
            let agreement = Agreement::new(&self.ours, &peer, self.secret.as_ref())?;
            if agreement.encrypted {
                let client = self.ours.nonce_line() < peer.nonce_line();
                self.state = State::Tls(peer, agreement);
                return Ok(Progress::StartTls { client });
            }
            self.begin_proofs(peer, agreement)?;
        }
        let State::Proof(_, _, reader) = &mut self.state else {
            return Ok(Progress::Wait);
        };
        match reader.read(input).map_err(PeerMisbehaved::from)? {
            Some(line) => self.authenticate(&line).map(Progress::Done),
            None => Ok(Progress::Wait),
        }
    }

    fn check_greeting(&self, peer: &Greeting) -> Result<(), LinkError> {
        if *peer == self.ours {
            return Err(PeerMisbehaved::Echo.into());
        }
        if peer.node() == self.ours.node() {
            return Err(LinkError::NodeIdInUse);
        }
        if peer.nonce_line() == self.ours.nonce_line() {
            return Err(PeerMisbehaved::SameNonce.into());
        }
        if let (Some(own), Some(nonce)) = (&self.nonce, peer.native_nonce())
            && own.is_reflected_in(&nonce)
        {
            return Err(PeerMisbehaved::Reflection.into());
        }
        match &self.side {
            Side::Dialler { expect: Some(expected) } if expected != peer.node() => {
                Err(LinkError::WrongNode { expected: expected.clone(), found: peer.node().clone() })
            }
            _ => Ok(()),
        }
    }

    fn begin_proofs(&mut self, peer: Greeting, agreement: Agreement) -> Result<(), LinkError> {
        if matches!(self.side, Side::Dialler { .. }) {
            self.prove(&peer, agreement)?;
        }
        self.state = State::Proof(peer, agreement, LineReader::default());
        Ok(())
    }

    fn authenticate(&mut self, line: &[u8]) -> Result<Established, LinkError> {
        let State::Proof(peer, agreement, _) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(PeerMisbehaved::MalformedProof.into());
        };
        let line = AuthLine::parse(line, &self.ours, agreement.encrypted)?;
        line.verify(&self.ours, &peer, self.secret.as_ref())?;
        if self.side == Side::Acceptor {
            // Only now: a stranger obtains nothing to guess the secret with.
            self.prove(&peer, agreement)?;
        }
        Ok(Established { greeting: peer, method: line.method, sending: agreement.framing, receiving: line.framing })
    }

    fn prove(&mut self, peer: &Greeting, agreement: Agreement) -> Result<(), LinkError> {
        let line = agreement.line(&self.ours, peer, self.secret.as_ref())?;
        self.unsent.extend_from_slice(line.as_bytes());
        Ok(())
    }
}
