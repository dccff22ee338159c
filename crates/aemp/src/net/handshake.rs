//! Carries the octets of one connection until it is authenticated.

use std::{cell::RefCell, future::poll_fn, io, time::Instant};

use aemp_proto::{
    base,
    id::NodeId,
    link::{Authenticated, Link, LinkError, Method, Progress, RefusalCode},
};
use rustls::Connection;
use thiserror::Error;

use super::{
    channel::{Channel, Read},
    tls::{Tls, exporter},
};

/// Octets that are read at once before the other side is authenticated.
const CHUNK: usize = 4096;

/// A channel to an authenticated peer.
pub(super) struct Established {
    pub(super) channel: Channel,
    pub(super) peer: Peer,
    /// When this side began: its greeting is not older.
    pub(super) begun: Instant,
    /// What came in behind the handshake.
    pub(super) received: Vec<u8>,
}

/// Who proved itself.
#[derive(Debug)]
pub(super) enum Peer {
    Native(Authenticated),
    Base(base::Established),
}

impl Peer {
    pub(super) const fn node(&self) -> &NodeId {
        match self {
            Self::Native(authenticated) => authenticated.node(),
            Self::Base(established) => established.node(),
        }
    }
}

/// Why a handshake failed. The connection is closed.
#[derive(Debug, Error)]
pub(super) enum HandshakeError {
    /// Behind the greetings of a base peer.
    #[error(transparent)]
    Base(LinkError),
    #[error("the other side closed the connection in the middle of the handshake")]
    Closed,
    #[error(
        "the other side, a base peer, closed the connection in the middle of the handshake: it has another secret, or is connected already, or refuses for another reason, which base peers do not tell"
    )]
    ClosedByBasePeer,
    #[error("the connection broke during the handshake: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Link(#[from] LinkError),
    /// It is no event when somebody looks whether the port is open.
    #[error("the other side closed the connection without a word")]
    Silent,
    #[error("the handshake took longer than {0} s")]
    TimedOut(u64),
    #[error("TLS failed: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the other side sent more than {0} octets before it was authenticated")]
    TooMuch(usize),
}

/// One handshake under way.
pub(super) struct Handshake<'a> {
    pub(super) channel: Channel,
    link: Link,
    pub(super) tls: &'a Tls,
    scratch: &'a RefCell<Vec<u8>>,
    /// Received, and not yet handled.
    pub(super) received: Vec<u8>,
    begun: Instant,
    total: usize,
    limit: usize,
}

impl<'a> Handshake<'a> {
    /// A handshake in which the other side may send `limit` octets.
    pub(super) fn new(channel: Channel, link: Link, tls: &'a Tls, scratch: &'a RefCell<Vec<u8>>, limit: usize) -> Self {
        Self { channel, link, tls, scratch, received: Vec::new(), begun: Instant::now(), total: 0, limit }
    }

    /// Does the handshake. After an error the other side has been told what can be told.
    pub(super) async fn run(mut self) -> Result<Established, HandshakeError> {
        match self.advance().await {
            Ok(peer) => {
                let Self { channel, received, begun, .. } = self;
                Ok(Established { channel, peer, begun, received })
            }
            Err(error) => {
                if self.channel.queue(self.link.transmit().into()).is_ok() {
                    self.channel.close().await;
                }
                Err(error)
            }
        }
    }

    async fn advance(&mut self) -> Result<Peer, HandshakeError> {
        loop {
            let mut input = &self.received[..];
            let progress = self.link.receive(&mut input)?;
            let handled = self.received.len() - input.len();
            self.received.drain(..handled);
            let octets = self.link.transmit();
            self.send(octets).await?;
            match progress {
                Progress::Done(authenticated) => return Ok(Peer::Native(authenticated)),
                // Boxed, so that native handshakes are not as large.
                Progress::Base(mut base) => return Box::pin(self.advance_base(&mut base)).await.map(Peer::Base),
                Progress::StartTls { client, method } => self.start_tls(client, method).await?,
                Progress::Wait => self.read().await?,
            }
        }
    }

    pub(super) async fn send(&mut self, octets: Vec<u8>) -> io::Result<()> {
        self.channel.queue(octets.into())?;
        self.channel.flush().await
    }

    async fn start_tls(&mut self, client: bool, method: Method) -> Result<(), HandshakeError> {
        // A link agrees only on methods that its credentials have.
        let connection = self.tls.start(client, method).ok_or(LinkError::AuthenticationFailed)??;
        self.enter_tls(connection)?;
        self.establish_tls().await?;
        if let Some(tls) = self.channel.tls() {
            let verified = self.tls.has_verified(method, tls, self.link.claimed_peer());
            self.link.tls_established(exporter(tls)?, verified)?;
        }
        Ok(())
    }

    /// From here on everything is inside TLS.
    pub(super) fn enter_tls(&mut self, connection: Connection) -> io::Result<()> {
        let in_the_clear = std::mem::take(&mut self.received);
        self.channel.start_tls(connection, &in_the_clear, &mut self.received)
    }

    /// Carries octets until TLS is established.
    pub(super) async fn establish_tls(&mut self) -> Result<(), HandshakeError> {
        self.channel.flush().await?;
        while self.channel.tls().is_some_and(|tls| tls.is_handshaking()) {
            self.read().await?;
            self.channel.flush().await?;
        }
        Ok(())
    }

    pub(super) async fn read(&mut self) -> Result<(), HandshakeError> {
        if self.total >= self.limit {
            return Err(HandshakeError::TooMuch(self.limit));
        }
        let read = poll_fn(|cx| {
            let mut scratch = self.scratch.borrow_mut();
            let size = scratch.len().min(CHUNK);
            self.channel.poll_read(cx, &mut scratch[..size], &mut self.received)
        });
        match read.await.map_err(tls_error)? {
            Read::Octets(octets) => self.total += octets,
            Read::End if self.total == 0 => return Err(HandshakeError::Silent),
            Read::End if self.received.is_empty() => return Err(HandshakeError::Closed),
            // What was said right before the end may be a refusal.
            Read::End => {}
        }
        Ok(())
    }
}

/// Errors of TLS come packed into those of the channel.
fn tls_error(error: io::Error) -> HandshakeError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => HandshakeError::Tls(tls.clone()),
        None => HandshakeError::Io(error),
    }
}

impl HandshakeError {
    /// Whether this side did not want the other: not if it went away, as a dialler does that reached us twice, and not if it is
    /// this node itself, which finds itself among its seeds.
    pub(super) fn is_refusal(&self) -> bool {
        !matches!(self, Self::Silent | Self::Closed | Self::ClosedByBasePeer | Self::Io(_)) && !self.is_own_node()
    }

    /// Whether dialling the same address again is useless until somebody changes a configuration.
    /// Then the code that says why.
    pub(super) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Base(error) | Self::Link(error) => error.is_final().then(|| error.code()),
            Self::Tls(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)) => Some("auth_failed"),
            _ => None,
        }
    }

    /// Whether this node reached itself.
    pub(super) fn is_own_node(&self) -> bool {
        matches!(self, Self::Link(LinkError::OwnNode))
    }

    /// Whether comparing secrets may help.
    pub(super) fn is_about_secrets(&self) -> bool {
        match self {
            Self::Link(LinkError::AuthenticationFailed) => true,
            Self::Link(LinkError::Refused(refusal)) => refusal.code() == RefusalCode::AuthenticationFailed,
            _ => false,
        }
    }
}
