//! Links that admit base peers: one greeting for both kinds, and the other side's greeting decides.

use std::rc::Rc;

use super::ends::{dialler, identity, secret};
use crate::{
    base::{self, Established, Framing, Secret, Tolerated},
    limits::Limits,
    link::{Link, LinkError, Opening, Outstanding, PeerIncompatible, PeerMisbehaved, Progress, Protection, Side},
};

fn access() -> base::Access {
    base::Access {
        credentials: base::Credentials::Secret(Secret::new(b"geheim").unwrap()),
        tolerated: Tolerated::default(),
    }
}

fn link(name: &str, side: Side, nonce: u8, access: Option<base::Access>, all: &Outstanding) -> Link {
    let opening = Opening {
        side,
        nonce: [nonce; 32],
        protection: Protection::Encrypted,
        peer_address: None,
        base: access.map(Rc::new),
    };
    Link::new(Rc::new(identity(name, secret())), opening, all, &Limits::default())
}

fn admitting(name: &str, side: Side, nonce: u8) -> Link {
    link(name, side, nonce, Some(access()), &Outstanding::default())
}

/// A base peer that is scripted by the handshake of base peers alone.
fn base_peer(name: &str, side: Side, nonce: u8) -> base::Handshake {
    let member = base::Member { node: name.parse().unwrap(), access: access() };
    let opening = base::Opening { side, nonce: [nonce; 32], peer_address: None };
    base::Handshake::new(&member, opening, &Outstanding::default())
}

/// What becomes of a link.
enum Outcome {
    UnderWay,
    NativeTls,
    Base(Established),
    Failed(LinkError),
}

/// A link, and the handshake that it may turn into.
enum End {
    Link(Link),
    Base(base::Handshake),
}

impl End {
    fn transmit(&mut self) -> Vec<u8> {
        match self {
            Self::Link(link) => link.transmit(),
            Self::Base(handshake) => handshake.transmit(),
        }
    }

    fn receive(&mut self, input: &mut &[u8]) -> Outcome {
        loop {
            match self {
                Self::Link(link) => match link.receive(input) {
                    Ok(Progress::Base(handshake)) => *self = Self::Base(*handshake),
                    Ok(Progress::StartTls { .. }) => return Outcome::NativeTls,
                    Ok(Progress::Wait) => return Outcome::UnderWay,
                    Ok(Progress::Done(_)) => panic!("not without TLS"),
                    Err(error) => return Outcome::Failed(error),
                },
                Self::Base(handshake) => {
                    return match handshake.receive(input) {
                        Ok(base::Progress::Done(established)) => Outcome::Base(established),
                        Ok(base::Progress::Wait) => Outcome::UnderWay,
                        Ok(base::Progress::StartTls { .. }) => panic!("nobody has a certificate"),
                        Err(error) => Outcome::Failed(error),
                    };
                }
            }
        }
    }
}

/// Carries octets between two ends until both are silent; `change` is in the middle.
fn meet(a: &mut End, b: &mut End, mut change: impl FnMut(Vec<u8>) -> Vec<u8>) -> (Outcome, Outcome) {
    let (mut of_a, mut of_b) = (Outcome::UnderWay, Outcome::UnderWay);
    loop {
        let (from_a, from_b) = (a.transmit(), b.transmit());
        if from_a.is_empty() && from_b.is_empty() {
            return (of_a, of_b);
        }
        for (end, outcome, octets) in [(&mut *b, &mut of_b, from_a), (&mut *a, &mut of_a, from_b)] {
            if matches!(outcome, Outcome::UnderWay) && !octets.is_empty() {
                *outcome = end.receive(&mut &change(octets)[..]);
            }
        }
    }
}

#[test]
fn the_greeting_offers_both() {
    let mut link = admitting("b", Side::Acceptor, 2);
    let first =
        "aemp;1;b;native_secret,hmac_sha3_512;native,cbor,json;provider=aemp-0.1;native=1;ntls=1.3;mproto=1;gproto=1";
    assert_eq!(String::from_utf8(link.transmit()).unwrap(), format!("{first}\n{}\n", "02".repeat(32)));
    let access = base::Access { credentials: base::Credentials::Certificate, tolerated: Tolerated::default() };
    let mut link = self::link("b", Side::Acceptor, 2, Some(access), &Outstanding::default());
    let greeting = String::from_utf8(link.transmit()).unwrap();
    assert!(greeting.contains("native_secret,tls_sha3_512;") && greeting.contains(";tls=1.0\n"), "{greeting}");
}

#[test]
fn a_base_peer_is_served_whoever_connected() {
    for base_dials in [true, false] {
        let (of_link, of_base) = if base_dials { (Side::Acceptor, dialler()) } else { (dialler(), Side::Acceptor) };
        let (mut link, mut base) = (End::Link(admitting("b", of_link, 2)), End::Base(base_peer("s", of_base, 3)));
        let (Outcome::Base(to_base), Outcome::Base(to_link)) = meet(&mut link, &mut base, |octets| octets) else {
            panic!("both are established")
        };
        assert_eq!((to_base.node().as_str(), to_link.node().as_str()), ("s", "b"));
        assert_eq!((to_link.sending(), to_link.receiving()), (Framing::Cbor, Framing::Cbor));
    }
}

#[test]
fn native_nodes_stay_native() {
    for other in [Some(access()), None] {
        let (mut a, mut b) = (
            End::Link(admitting("a", dialler(), 1)),
            End::Link(link("b", Side::Acceptor, 2, other, &Outstanding::default())),
        );
        let outcomes = meet(&mut a, &mut b, |octets| octets);
        assert!(matches!(outcomes, (Outcome::NativeTls, Outcome::NativeTls)));
    }
}

#[test]
fn the_octets_may_be_split_anywhere() {
    let (mut link, mut base) = (admitting("b", Side::Acceptor, 2), base_peer("s", dialler(), 3));
    let greeting = link.transmit();
    assert_eq!(base.receive(&mut &greeting[..]), Ok(base::Progress::Wait));
    let octets = [base.transmit(), b"[\"\"]".to_vec()].concat();
    for split in 0..octets.len() - 4 {
        let mut end = End::Link(admitting("b", Side::Acceptor, 2));
        let (mut before, mut behind) = octets.split_at(split);
        assert!(matches!(end.receive(&mut before), Outcome::UnderWay), "{split}");
        assert!(before.is_empty());
        assert!(matches!(end.receive(&mut behind), Outcome::Base(_)), "{split}");
        assert_eq!(behind, b"[\"\"]", "what follows belongs to the messages");
    }
}

#[test]
fn where_nobody_allowed_them_base_peers_are_refused_with_what_to_do() {
    let mut end = End::Link(link("b", Side::Acceptor, 2, None, &Outstanding::default()));
    let Outcome::Failed(error) = end.receive(&mut &base_peer("s", dialler(), 3).transmit()[..]) else {
        panic!("refused")
    };
    assert_eq!(error, PeerIncompatible::NotNative.into());
    assert!(error.to_string().contains("legacy_bind"), "{error}");
}

/// Whoever takes the offer to speak natively out of the greetings makes two nodes take each other for base peers.
#[test]
fn a_downgrade_is_refused() {
    let strip = |octets: Vec<u8>| {
        String::from_utf8(octets).unwrap().replace(";native=1", "").replace("native_secret,", "").into_bytes()
    };
    let (mut a, mut b) = (End::Link(admitting("a", dialler(), 1)), End::Link(admitting("b", Side::Acceptor, 2)));
    let (of_a, of_b) = meet(&mut a, &mut b, strip);
    assert!(matches!(of_b, Outcome::Failed(LinkError::AuthenticationFailed)));
    assert!(matches!(of_a, Outcome::UnderWay), "and the dialler gets no proof");
}

#[test]
fn nonces_and_the_own_name_are_refused_as_ever() {
    let all = Outstanding::default();
    let _other = link("b", dialler(), 7, Some(access()), &all);
    let refused = |greeting: &str| {
        let mut end = End::Link(link("b", Side::Acceptor, 2, Some(access()), &all));
        match end.receive(&mut greeting.as_bytes()) {
            Outcome::Failed(error) => error,
            _ => panic!("refused"),
        }
    };
    let says = |node: &str, nonce: u8| {
        refused(&format!("aemp;1;{node};hmac_sha3_512;json\n{}\n", format!("{nonce:02x}").repeat(32)))
    };
    assert_eq!(says("s", 7), PeerMisbehaved::Reflection.into());
    assert_eq!(says("s", 2), PeerMisbehaved::SameNonce.into());
    assert_eq!(says("b", 9), LinkError::NodeIdInUse);
    let own = String::from_utf8(admitting("b", Side::Acceptor, 2).transmit()).unwrap();
    assert_eq!(refused(&own), PeerMisbehaved::Echo.into());
}

#[test]
fn the_nonce_is_outstanding_as_long_as_the_base_handshake() {
    let all = Outstanding::default();
    let mut end = End::Link(link("b", Side::Acceptor, 2, Some(access()), &all));
    assert!(matches!(end.receive(&mut &base_peer("s", dialler(), 3).transmit()[..]), Outcome::UnderWay));
    assert!(matches!(end, End::Base(_)));
    assert_eq!(all.len(), 1);
    drop(end);
    assert!(all.is_empty());
}
