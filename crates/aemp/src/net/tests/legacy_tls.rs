//! Handshakes with base peers that have a certificate, over real sockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use aemp_proto::{base::Method, kernel::DialFailure};
use rustls::{Connection, StreamOwned};

use super::{
    base_peer::{Lines, accept, admitting, dial, legacy, line},
    ends::rejection,
};
use crate::net::{handshake::Peer, tls::Tls};

/// The certificate that all nodes share.
const SHARED: &str = include_str!("../tls/shared.pem");
/// Nonces below and above all of ours, which are hexadecimal digits.
const LOWER: &str = "!";
const HIGHER: &str = "~";

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A Perl node with a certificate.
fn of_perl(nonce: &str) -> Lines {
    Lines(Lines::of_perl().0 + ";tls=1.0", nonce.to_owned())
}

/// TLS, begun behind the greetings.
fn start_tls(certificate: &str, client: bool, stream: TcpStream) -> Box<dyn Stream> {
    match Tls::new(None, Some(&legacy(Some(certificate)))).unwrap().start_base(client).unwrap().unwrap() {
        Connection::Client(connection) => Box::new(StreamOwned::new(connection, stream)),
        Connection::Server(connection) => Box::new(StreamOwned::new(connection, stream)),
    }
}

/// A script that begins TLS as the one with the lower nonce and the other as the server, and gives the line
/// that it got, with the one that it should have got.
fn with_certificate(certificate: String, nonce: &'static str) -> impl FnOnce(TcpStream) -> (Option<String>, String) {
    move |mut stream| {
        let own = of_perl(nonce);
        stream.write_all(&own.octets()).unwrap();
        let other = Lines::read(&mut stream);
        let mut tls = start_tls(&certificate, own.1 < other.1, stream);
        // Who is refused learns it when it writes or when it reads.
        let _ = tls.write_all(own.hash(&other, "cbor").as_bytes());
        (line(&mut tls), other.hash(&own, "json").trim().to_owned())
    }
}

#[tokio::test]
async fn the_lower_nonce_is_the_client_whoever_connected() {
    for nonce in [LOWER, HIGHER] {
        let (accepted, (found, expected)) =
            accept(admitting(legacy(Some(SHARED))), with_certificate(SHARED.to_owned(), nonce)).await;
        let (dialled, (found_there, expected_there)) =
            dial(admitting(legacy(Some(SHARED))), with_certificate(SHARED.to_owned(), nonce)).await;
        assert_eq!((found, found_there), (Some(expected), Some(expected_there)));
        for end in [accepted.unwrap(), dialled.unwrap()] {
            let Peer::Base(established) = end.peer else { panic!("a base peer") };
            assert_eq!(established.method(), Method::TlsHash);
            let client = matches!(end.channel.tls().unwrap(), Connection::Client(_));
            assert_eq!(client, nonce == HIGHER);
        }
    }
}

/// A certificate of the same name, which somebody else made.
fn another() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new([]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "AnyEvent::MP");
    params.self_signed(&key).unwrap().pem() + &key.serialize_pem()
}

#[tokio::test]
async fn another_certificate_is_refused_in_both_roles() {
    for nonce in [LOWER, HIGHER] {
        let (accepted, (found, _)) = accept(admitting(legacy(Some(SHARED))), with_certificate(another(), nonce)).await;
        let error = accepted.err().unwrap();
        assert!(error.to_string().starts_with("TLS failed") && error.code() == Some("auth_failed"), "{error}");
        let (dialled, (found_there, _)) =
            dial(admitting(legacy(Some(SHARED))), with_certificate(another(), nonce)).await;
        assert!(rejection(dialled).contains("auth_failed"));
        assert_eq!((found, found_there), (None, None), "nobody proved anything");
    }
}

#[tokio::test]
async fn with_a_certificate_alone_nobody_is_served_without_encryption() {
    let script = |mut stream: TcpStream| {
        stream.write_all(&Lines::of_perl().octets()).unwrap();
        let other = Lines::read(&mut stream);
        (other.0, line(&mut stream))
    };
    let (accepted, (greeting, found)) = accept(admitting(legacy(Some(SHARED))), script).await;
    assert!(greeting.contains(";native_secret,tls_sha3_512;") && greeting.ends_with(";tls=1.0"), "{greeting}");
    assert!(accepted.err().unwrap().to_string().contains("no way of authentication in common"));
    let (dialled, (_, found_there)) = dial(admitting(legacy(Some(SHARED))), script).await;
    assert!(matches!(dialled, Err(DialFailure::Rejected(_))));
    assert_eq!((found, found_there), (None, None));
}
