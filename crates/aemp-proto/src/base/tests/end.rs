//! One end of a connection, and what became of it. TLS is make-believe here and adds no octets.

use crate::{
    base::{
        Access, Credentials, Established, Handshake, Member, MessageReader, Opening, Progress, Received, Secret,
        StreamError, Tolerated,
    },
    limits::Limits,
    link::{LinkError, Outstanding, Side},
    wire::greeting::Greeting,
};

#[derive(Debug)]
pub(super) struct End {
    pub(super) handshake: Handshake,
    /// What it has to say.
    pub(super) sent: Vec<u8>,
    /// What its TLS thinks of the other side's certificate.
    pub(super) peer_verified: bool,
    /// Which side of TLS it is, if there is TLS.
    pub(super) tls_client: Option<bool>,
    pub(super) outcome: Option<Result<Established, LinkError>>,
    pub(super) received: Vec<Received>,
    pub(super) stream_error: Option<StreamError>,
    reader: Option<MessageReader>,
}

pub(super) fn dialler() -> Side {
    Side::Dialler { expect: None }
}

pub(super) fn secret() -> Secret {
    Secret::new(b"geheim").unwrap()
}

pub(super) fn member(node: &str, credentials: Credentials, tolerated: Tolerated) -> Member {
    Member { node: node.parse().unwrap(), access: Access { credentials, tolerated } }
}

impl End {
    /// An end that greets as somebody did in a recording.
    pub(super) fn recorded(greeting: Greeting, secret: Option<Secret>, side: Side) -> Self {
        Self::from(Handshake::with_greeting(greeting, secret, side, &Outstanding::default()))
    }

    pub(super) fn new(member: &Member, side: Side, nonce: u8) -> Self {
        Self::with(member, side, nonce, &Outstanding::default())
    }

    pub(super) fn with(member: &Member, side: Side, nonce: u8, outstanding: &Outstanding) -> Self {
        Self::from(Handshake::new(member, Opening { side, nonce: [nonce; 32], peer_address: None }, outstanding))
    }

    /// Hands octets in, in chunks, until the connection is over.
    pub(super) fn feed(&mut self, octets: &[u8], chunk: usize) {
        octets.chunks(chunk).for_each(|chunk| self.receive(chunk));
    }

    fn receive(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() && self.stream_error.is_none() {
            match &mut self.reader {
                Some(reader) => match reader.read(&mut chunk) {
                    Ok(message) => self.received.extend(message),
                    Err(error) => self.stream_error = Some(error),
                },
                None if self.outcome.is_some() => return,
                None => self.handshake(&mut chunk),
            }
        }
    }

    fn handshake(&mut self, chunk: &mut &[u8]) {
        match self.handshake.receive(chunk) {
            Ok(Progress::Wait) => {}
            Ok(Progress::StartTls { client }) => {
                self.tls_client = Some(client);
                self.outcome = self.handshake.tls_established(self.peer_verified).err().map(Err);
            }
            Ok(Progress::Done(established)) => {
                self.reader = Some(MessageReader::new(established.receiving(), &Limits::default()));
                self.outcome = Some(Ok(established));
            }
            Err(error) => self.outcome = Some(Err(error)),
        }
        self.sent.extend(self.handshake.transmit());
    }

    pub(super) fn established(&self) -> Option<&Established> {
        self.outcome.as_ref()?.as_ref().ok()
    }

    pub(super) fn error(&self) -> Option<&LinkError> {
        self.outcome.as_ref()?.as_ref().err()
    }
}

impl From<Handshake> for End {
    fn from(mut handshake: Handshake) -> Self {
        let sent = handshake.transmit();
        Self {
            sent,
            peer_verified: true,
            handshake,
            tls_client: None,
            outcome: None,
            received: Vec::new(),
            stream_error: None,
            reader: None,
        }
    }
}

/// Carries octets between two ends until both are silent; `change` is in the middle and knows whether they are the dialler's.
pub(super) fn connect(dialler: &mut End, acceptor: &mut End, mut change: impl FnMut(bool, Vec<u8>) -> Vec<u8>) {
    loop {
        let to_acceptor = std::mem::take(&mut dialler.sent);
        let to_dialler = std::mem::take(&mut acceptor.sent);
        if to_acceptor.is_empty() && to_dialler.is_empty() {
            return;
        }
        acceptor.feed(&change(true, to_acceptor), 4096);
        dialler.feed(&change(false, to_dialler), 4096);
    }
}
