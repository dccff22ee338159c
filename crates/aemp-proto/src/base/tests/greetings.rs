//! What we say about ourselves, and what two ends agree on.

use proptest::prelude::*;

use super::end::{End, connect, dialler, member, secret};
use crate::{
    base::{Credentials, Framing, Handshake, Method, Opening, Tolerated},
    link::{LinkError, Outstanding, PeerIncompatible, Side},
    wire::greeting::{Greeting, GreetingReader},
};

fn credentials() -> [Credentials; 3] {
    [Credentials::Secret(secret()), Credentials::Certificate, Credentials::CertificateOrSecret(secret())]
}

fn both(cleartext: bool, anonymous: bool) -> Tolerated {
    Tolerated { cleartext, anonymous }
}

#[test]
fn the_greeting_says_what_is_accepted() {
    for (credentials, tolerated, auths, tls) in [
        (0, both(false, false), "hmac_sha3_512", ""),
        (0, both(true, true), "hmac_sha3_512,cleartext", ""),
        (1, both(false, false), "tls_sha3_512", ";tls=1.0"),
        (1, both(true, true), "tls_sha3_512,tls_anon", ";tls=1.0"),
        (2, both(false, false), "tls_sha3_512,hmac_sha3_512", ";tls=1.0"),
        // All that the original offers, in its order.
        (2, both(true, true), "tls_sha3_512,hmac_sha3_512,tls_anon,cleartext", ";tls=1.0"),
    ] {
        let member = member("counter@10.0.0.1:4040", self::credentials()[credentials].clone(), tolerated);
        let opening =
            Opening { side: Side::Acceptor, nonce: [0xab; 32], peer_address: Some("[::1]:5".parse().unwrap()) };
        let greeting = Handshake::new(&member, opening, &Outstanding::default()).transmit();
        let first = format!(
            "aemp;1;counter@10.0.0.1:4040;{auths};cbor,json;provider=aemp-0.1;peeraddr=[::1]:5;mproto=1;gproto=1{tls}"
        );
        assert_eq!(String::from_utf8(greeting).unwrap(), format!("{first}\n{}\n", "ab".repeat(32)));
    }
}

#[test]
fn a_secret_cannot_be_empty_and_is_not_printed() {
    assert!(super::super::Secret::new(b"").is_none());
    assert_eq!(format!("{:?}", credentials()[0]), "Secret(Secret(..))");
}

#[test]
fn tls_is_wanted_from_version_1() {
    for (keys, wanted) in [
        ("tls=1.0", true),
        ("tls=1", true),
        ("tls=1.9", true),
        ("tls=2.0", false),
        ("tls", false),
        ("tls=10", false),
        ("x", false),
    ] {
        let greeting = Greeting::parse(format!("aemp;1;a;x;y;{keys}").as_bytes(), b"").unwrap();
        assert_eq!(greeting.wants_base_tls(), wanted, "{keys}");
    }
}

/// A dialler and an acceptor of ours, each with its credentials.
fn pair(a: &Credentials, b: &Credentials) -> (End, End) {
    let mut dialling = End::new(&member("a", a.clone(), Tolerated::default()), dialler(), 1);
    let mut accepting = End::new(&member("b", b.clone(), Tolerated::default()), Side::Acceptor, 2);
    connect(&mut dialling, &mut accepting, |_, octets| octets);
    (dialling, accepting)
}

#[test]
fn two_of_our_nodes_agree_where_they_have_something_in_common() {
    let [secret, certificate, either] = credentials();
    for (a, b, method) in [
        (&secret, &secret, Some(Method::Hmac)),
        (&secret, &either, Some(Method::Hmac)),
        (&either, &secret, Some(Method::Hmac)),
        (&certificate, &certificate, Some(Method::TlsHash)),
        (&certificate, &either, Some(Method::TlsHash)),
        (&either, &either, Some(Method::TlsHash)),
        (&secret, &certificate, None),
        (&certificate, &secret, None),
    ] {
        let (a, b) = pair(a, b);
        let encrypted = method == Some(Method::TlsHash);
        // The nonce of `a` is the lower one.
        assert_eq!((a.tls_client, b.tls_client), (encrypted.then_some(true), encrypted.then_some(false)));
        for (end, peer) in [(a, "b"), (b, "a")] {
            match method {
                Some(method) => {
                    let established = end.established().unwrap();
                    assert_eq!((established.method(), established.node().as_str()), (method, peer));
                    assert_eq!((established.sending(), established.receiving()), (Framing::Cbor, Framing::Cbor));
                }
                None => assert_eq!(end.error(), Some(&LinkError::from(PeerIncompatible::NoCommonBaseMethod))),
            }
        }
    }
}

/// Perl nodes say their line at once, so an acceptor that waits for it blocks nobody, and gives strangers nothing.
#[test]
fn an_acceptor_proves_itself_only_to_a_member() {
    let mut acceptor = End::new(&member("b", credentials()[0].clone(), Tolerated::default()), Side::Acceptor, 2);
    acceptor.sent.clear();
    acceptor.feed(b"aemp;1;s;hmac_sha3_512;json\n\n", 4096);
    assert!(acceptor.sent.is_empty() && acceptor.outcome.is_none());
    acceptor.feed(b"hmac_sha3_512;00;json\n", 4096);
    assert!(acceptor.sent.is_empty());
    assert_eq!(acceptor.error(), Some(&LinkError::AuthenticationFailed));
}

proptest! {
    #[test]
    fn our_greeting_is_read_back(
        node in "[a-z0-9/@:.]{1,40}", nonce: [u8; 32], port: u16, has: prop::sample::Index, cleartext: bool, anonymous: bool,
    ) {
        let member = member(&node, has.get(&credentials()).clone(), both(cleartext, anonymous));
        let greeting = member.greeting(nonce, Some(([127, 0, 0, 1], port).into()));
        let octets = greeting.to_octets();
        let mut rest = &octets[..];
        let read = GreetingReader::default().read(&mut rest).unwrap().unwrap();
        prop_assert_eq!(read.to_octets(), octets.clone());
        prop_assert_eq!((read, rest.len()), (greeting, 0));
    }
}
