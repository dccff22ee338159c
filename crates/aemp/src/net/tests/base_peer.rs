//! A base peer written by hand after docs/base-protocol.md, on a plain socket and without the code under test.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

use aemp_proto::{
    base::{Access, Credentials, Secret, Tolerated},
    id::Address,
};
use sha3::{Digest, Sha3_512};
use tokio::task::{LocalSet, spawn_blocking};

use super::ends::{Accepting, Dialling, doorway, listen, node, settings};
use crate::net::{Legacy, LegacyCertificate, LegacyDials, Places, TransportSettings};

pub(super) const SECRET: &[u8] = b"geheim, wie in Perl";
/// Nobody who has read a greeting waits longer for the next line.
const PATIENCE: Duration = Duration::from_secs(20);

/// How base peers are met by a node with this certificate, or else with the secret.
pub(super) fn legacy(certificate: Option<&str>) -> Legacy {
    let credentials = match certificate {
        Some(_) => Credentials::Certificate,
        None => Credentials::Secret(Secret::new(SECRET).unwrap()),
    };
    Legacy {
        access: Access { credentials, tolerated: Tolerated::default() }.into(),
        certificate: certificate.map(|pem| LegacyCertificate::from_pem(pem.as_bytes()).unwrap()),
        dials: LegacyDials::Only { nodes: [node("perl")].into(), places: Places::default() },
        weakness: None,
    }
}

/// The node "b", which admits base peers.
pub(super) fn admitting(legacy: Legacy) -> TransportSettings {
    TransportSettings { legacy: Some(legacy), ..settings("b", 1) }
}

/// A node accepts somebody who follows a script, at a place where base peers are admitted.
pub(super) async fn accept<T: Send + 'static>(
    settings: TransportSettings,
    script: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (Accepting, T) {
    let (listeners, address) = listen("127.0.0.1:0").await;
    let node = doorway(settings);
    let there = address.to_string();
    let peer = thread::spawn(move || script(TcpStream::connect(there).unwrap()));
    let accepted = listeners.sockets[0].accept().await.unwrap();
    let admitted = node.admit(&accepted).unwrap();
    let result = LocalSet::new().run_until(node.accept(accepted, admitted)).await;
    (result, join(peer).await)
}

/// A node dials "perl", where somebody follows a script.
pub(super) async fn dial<T: Send + 'static>(
    settings: TransportSettings,
    script: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (Dialling, T) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::ip(socket.local_addr().unwrap().ip(), socket.local_addr().unwrap().port());
    let peer = thread::spawn(move || script(socket.accept().unwrap().0));
    let doorway = doorway(settings);
    let result = LocalSet::new().run_until(doorway.dial(Some(node("perl")), &address)).await;
    (result, join(peer).await)
}

async fn join<T: Send + 'static>(thread: JoinHandle<T>) -> T {
    spawn_blocking(|| thread.join()).await.unwrap().expect("the script is content")
}

/// The two lines of a greeting.
#[derive(Clone, Debug)]
pub(super) struct Lines(pub(super) String, pub(super) String);

impl Lines {
    /// What a Perl node says which has a secret alone.
    pub(super) fn of_perl() -> Self {
        let first = "aemp;1;perl;tls_sha3_512,hmac_sha3_512,tls_anon,cleartext;json,cbor,storable;gproto=1;provider=AE-2.02;mproto=1";
        Self(first.to_owned(), "W".repeat(88))
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        format!("{}\n{}\n", self.0, self.1).into_bytes()
    }

    /// What somebody says at the beginning.
    pub(super) fn read(stream: &mut impl Read) -> Self {
        Self(line(stream).expect("a greeting"), line(stream).expect("a nonce"))
    }

    /// The line by which the sender of these lines proves itself to the sender of `other`.
    pub(super) fn proof(&self, other: &Self, framing: &str, secret: &[u8]) -> String {
        format!("hmac_sha3_512;{};{framing}\n", hex(&hmac(secret, &[self.octets(), other.octets()].concat())))
    }

    pub(super) fn hash(&self, other: &Self, framing: &str) -> String {
        let hash = Sha3_512::digest([self.octets(), other.octets()].concat());
        format!("tls_sha3_512;{};{framing}\n", hex(&hash))
    }
}

/// The next line, with its end; `None` if the other side closed.
pub(super) fn line(stream: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut octet = [0];
        match stream.read(&mut octet) {
            Ok(1) => line.extend(octet),
            _ => return None,
        }
    }
    let text = String::from_utf8(line).unwrap();
    Some(text.trim_end_matches('\n').to_owned())
}

/// Greets, and reads the greeting of the other side.
pub(super) fn greet(stream: &mut TcpStream) -> (Lines, Lines) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let own = Lines::of_perl();
    stream.write_all(&own.octets()).unwrap();
    let other = Lines::read(stream);
    (own, other)
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// HMAC with SHA3-512, whose block has 72 octets. The secret is shorter.
fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |octet: u8| {
        let mut pad = [octet; 72];
        pad.iter_mut().zip(secret).for_each(|(pad, secret)| *pad ^= secret);
        pad
    };
    let inner = Sha3_512::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha3_512::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}
