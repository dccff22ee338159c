//! The part of a handshake in which the other side has turned out to be a base peer.

use std::io::ErrorKind::{BrokenPipe, ConnectionReset};

use aemp_proto::{
    base::{Established, Handshake as Base, Progress},
    link::LinkError,
};

use super::handshake::{Handshake, HandshakeError};

impl Handshake<'_> {
    /// Goes on behind the greetings.
    pub(super) async fn advance_base(&mut self, base: &mut Base) -> Result<Established, HandshakeError> {
        self.carry(base).await.map_err(refused_without_a_word)
    }

    async fn carry(&mut self, base: &mut Base) -> Result<Established, HandshakeError> {
        loop {
            let mut input = &self.received[..];
            let progress = base.receive(&mut input).map_err(HandshakeError::Base)?;
            let handled = self.received.len() - input.len();
            self.received.drain(..handled);
            self.send(base.transmit()).await?;
            match progress {
                Progress::Done(established) => return Ok(established),
                Progress::StartTls { client } => self.start_base_tls(client, base).await?,
                Progress::Wait => self.read().await?,
            }
        }
    }

    async fn start_base_tls(&mut self, client: bool, base: &mut Base) -> Result<(), HandshakeError> {
        // A greeting wants TLS only where there is a certificate.
        let connection = self.tls.start_base(client).ok_or(LinkError::AuthenticationFailed)??;
        self.enter_tls(connection)?;
        self.establish_tls().await?;
        // TLS ends with an error where the other side shows no certificate, or another than it may.
        let verified = self.channel.tls().is_some_and(|tls| tls.peer_certificates().is_some());
        base.tls_established(verified).map_err(HandshakeError::Base)
    }
}

/// Base peers know no refusals: they close, and the system says so in one way or another.
fn refused_without_a_word(error: HandshakeError) -> HandshakeError {
    match error {
        HandshakeError::Closed => HandshakeError::ClosedByBasePeer,
        HandshakeError::Io(error) if matches!(error.kind(), ConnectionReset | BrokenPipe) => {
            HandshakeError::ClosedByBasePeer
        }
        other => other,
    }
}
