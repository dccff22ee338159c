//! All octets before a connection is authenticated: nobody gets in by luck, and nothing is kept that grows.

use std::rc::Rc;

use aemp_proto::{
    base::{self, Access, Tolerated},
    limits::Limits,
    link::{Credentials, Identity, Link, Opening, Outstanding, Progress, Protection, SecretKey, Side},
    wire::greeting::Greeting,
};

const SECRET: [u8; 32] = [7; 32];

/// The first octet says which side this is, whether base peers are admitted, what a certificate is worth, and how long the
/// parts are.
pub(crate) fn read(octets: &[u8]) {
    let Some((first, octets)) = octets.split_first() else { return };
    greeting(octets);
    let outstanding = Outstanding::default();
    let credentials = Credentials::Secret(SecretKey::new(SECRET));
    let identity = Rc::new(Identity::new("n@127.0.0.1:1".parse().expect("a node ID"), &[1; 32], credentials));
    let side = if first & 1 == 0 { Side::Acceptor } else { Side::Dialler { expect: None } };
    let opening =
        Opening { side, nonce: [2; 32], protection: Protection::Encrypted, peer_address: None, base: base(*first) };
    let mut link = Link::new(identity, opening, &outstanding, &Limits::default());
    let verified = first & 4 != 0;
    for mut part in octets.chunks(usize::from(first / 8).max(1)) {
        while !part.is_empty() {
            let before = part.len();
            match link.receive(&mut part) {
                Ok(Progress::Wait) if part.len() == before => return,
                Ok(Progress::Wait) => {}
                Ok(Progress::StartTls { .. }) if link.tls_established([3; 64], verified).is_ok() => {}
                Ok(Progress::Base(handshake)) => return base_handshake(*handshake, part, verified),
                Ok(Progress::Done(_)) => panic!("a stranger has got in"),
                Ok(Progress::StartTls { .. }) | Err(_) => return,
            }
        }
    }
}

fn base(first: u8) -> Option<Rc<Access>> {
    let secret = base::Secret::new(&SECRET)?;
    let credentials = base::Credentials::CertificateOrSecret(secret);
    (first & 2 != 0).then(|| Rc::new(Access { credentials, tolerated: Tolerated::default() }))
}

fn base_handshake(mut handshake: base::Handshake, mut octets: &[u8], verified: bool) {
    while !octets.is_empty() {
        let before = octets.len();
        match handshake.receive(&mut octets) {
            Ok(base::Progress::Wait) if octets.len() == before => return,
            Ok(base::Progress::Wait) => {}
            Ok(base::Progress::StartTls { .. }) if handshake.tls_established(verified).is_ok() => {}
            Ok(base::Progress::Done(established)) => {
                assert!(verified && established.method().is_within_tls(), "a stranger has got in");
                return;
            }
            Ok(base::Progress::StartTls { .. }) | Err(_) => return,
        }
    }
}

/// What is read as a greeting is written as it was.
fn greeting(octets: &[u8]) {
    let mut lines = octets.splitn(3, |octet| *octet == b'\n');
    let (Some(first), Some(nonce)) = (lines.next(), lines.next()) else { return };
    if let Ok(greeting) = Greeting::parse(first, nonce) {
        assert_eq!(greeting.to_octets(), [first, b"\n", nonce, b"\n"].concat());
        let _ = (greeting.auths().count(), greeting.framings().count(), greeting.key("native"));
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let nonce = "0123456789abcdef".repeat(4);
    let native =
        format!("aemp;1;m@127.0.0.1:2;native_secret,hmac_sha3_512;native,cbor,json;native=1;ntls=1.3\n{nonce}\n");
    let perl = format!(
        "aemp;1;perl;tls_sha3_512,hmac_sha3_512;cbor,json;provider=AE-2.02;tls=1.0\n{nonce}\ntls_sha3_512;{};json\n",
        "ab".repeat(64)
    );
    let plain =
        format!("aemp;1;perl;hmac_sha3_512;json\n{nonce}\nhmac_sha3_512;{};json\n[\"\",\"time\"]", "ab".repeat(64));
    let frames = [&native.clone().into_bytes()[..], b"\0\0\0\x45\x01", &[9; 68]].concat();
    let one = |first: u8, octets: &[u8]| [&[first][..], octets].concat();
    vec![
        one(0xf8, native.as_bytes()),
        one(0xf9, &frames),
        one(0xfe, perl.as_bytes()),
        one(0x5b, perl.as_bytes()),
        one(0xfa, plain.as_bytes()),
    ]
}
