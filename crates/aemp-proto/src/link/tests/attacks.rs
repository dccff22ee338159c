//! Attacks on handshakes: the rows of the attack table that native connections have.

use super::{
    ends::{End, connect, dialler, identity, secret, unchanged},
    script::Lines,
};
use crate::link::{LinkError, Outstanding, PeerIncompatible, PeerMisbehaved, Protection, Side};

/// What a link says to a greeting; it has sent nothing but its own.
fn error_for(mut end: End, greeting: &[u8]) -> LinkError {
    end.link.transmit();
    end.feed(greeting, 4096);
    assert!(end.link.transmit().is_empty(), "nothing is told before TLS");
    assert_eq!(end.tls, None);
    end.error()
}

fn acceptor() -> End {
    End::new(identity("b", secret()), Side::Acceptor, 2)
}

#[test]
fn an_echo_is_recognised() {
    for mut end in [acceptor(), End::new(identity("b", secret()), dialler(), 2)] {
        let own = end.link.transmit();
        assert_eq!(error_for(end, &own), PeerMisbehaved::Echo.into());
    }
}

#[test]
fn a_node_does_not_talk_to_its_own_id() {
    assert_eq!(error_for(acceptor(), &Lines::new("b", 9).octets()), LinkError::NodeIdInUse);
}

#[test]
fn a_node_that_meets_itself_knows_it_on_both_sides() {
    let all = Outstanding::default();
    let end = |side, nonce| End::with(identity("b", secret()), side, nonce, Protection::Encrypted, &all);
    let (mut one, mut other) = (end(dialler(), 1), end(Side::Acceptor, 2));
    let (of_one, of_other) = (one.link.transmit(), other.link.transmit());
    assert_eq!(error_for(other, &of_one), LinkError::OwnNode);
    assert_eq!(error_for(one, &of_other), LinkError::OwnNode, "although that side has ended");
}

#[test]
fn equal_nonces_fail_on_both_sides() {
    let mut a = End::new(identity("a", secret()), dialler(), 1);
    let mut b = End::new(identity("b", secret()), Side::Acceptor, 1);
    connect(&mut a, &mut b, 4096, unchanged);
    let error = LinkError::from(PeerMisbehaved::SameNonce);
    assert_eq!((a.error(), b.error()), (error.clone(), error));
}

#[test]
fn a_nonce_of_another_handshake_of_this_node_is_a_reflection() {
    let all = Outstanding::default();
    let other = End::with(identity("b", secret()), dialler(), 7, Protection::Encrypted, &all);
    let end = || End::with(identity("b", secret()), Side::Acceptor, 2, Protection::Encrypted, &all);
    assert_eq!(error_for(end(), &Lines::new("evil", 7).octets()), PeerMisbehaved::Reflection.into());
    drop(other);
    let mut later = end();
    later.feed(&Lines::new("evil", 7).octets(), 4096);
    assert!(later.tls.is_some(), "the nonce of a handshake that is over is free");
}

#[test]
fn two_connections_of_one_node_wired_across_fail_both() {
    let all = Outstanding::default();
    let mut a = End::with(identity("a", secret()), dialler(), 1, Protection::Encrypted, &all);
    let mut b = End::with(identity("a", secret()), Side::Acceptor, 2, Protection::Encrypted, &all);
    connect(&mut a, &mut b, 4096, |_, octets| {
        String::from_utf8_lossy(&octets).replace("aemp;1;a;", "aemp;1;m;").into_bytes()
    });
    let error = LinkError::from(PeerMisbehaved::Reflection);
    assert_eq!((a.error(), b.error()), (error.clone(), error));
}

#[test]
fn nonces_are_outstanding_as_long_as_their_handshake() {
    let all = Outstanding::default();
    for stage in 0..4 {
        let mut a = End::with(identity("a", secret()), dialler(), 1, Protection::Encrypted, &all);
        let mut b = End::new(identity("b", secret()), Side::Acceptor, 2);
        for _ in 0..stage {
            b.feed(&a.link.transmit(), 4096);
            a.feed(&b.link.transmit(), 4096);
        }
        assert_eq!(all.len(), 1);
        drop(a);
        assert!(all.is_empty(), "{stage}");
    }
}

#[test]
fn a_recorded_handshake_is_worth_nothing() {
    let (mut a, mut b) = End::pair();
    let mut recorded = Vec::new();
    connect(&mut a, &mut b, 4096, |from_dialler, octets| {
        if from_dialler {
            recorded.extend_from_slice(&octets);
        }
        octets
    });
    assert!(b.is_done());
    for round in 0..1000_u32 {
        let mut nonce = [2; 32];
        nonce[..4].copy_from_slice(&round.to_le_bytes());
        let mut end = acceptor();
        end.link = crate::link::Link::new(
            std::rc::Rc::new(identity("b", secret())),
            crate::link::Opening {
                side: Side::Acceptor,
                nonce,
                protection: Protection::Encrypted,
                peer_address: None,
                base: None,
            },
            &Outstanding::default(),
            &crate::limits::Limits::default(),
        );
        end.feed(&recorded, 4096);
        assert_eq!(end.error(), LinkError::AuthenticationFailed);
    }
}

#[test]
fn every_changed_octet_of_a_greeting_ends_the_handshake() {
    let lengths = [Lines::new("a", 1).octets().len(), Lines::new("b", 2).octets().len()];
    for (from_dialler, length) in [(true, lengths[0]), (false, lengths[1])] {
        for index in 0..length {
            for flip in [0x01, 0x07, 0x20, 0x80, 0xff] {
                let (mut a, mut b) = End::pair();
                let mut first = true;
                connect(&mut a, &mut b, 4096, |of_dialler, mut octets| {
                    if of_dialler == from_dialler && first {
                        octets[index] ^= flip;
                        first = false;
                    }
                    octets
                });
                assert!(!a.is_done() && !b.is_done(), "{from_dialler} {index} {flip}");
            }
        }
    }
}

#[test]
fn what_is_taken_out_of_a_greeting_is_missed() {
    for (removed, error) in [
        (";native=1", Some(PeerIncompatible::NotNative)),
        (";ntls=1.3", Some(PeerIncompatible::NoTls)),
        (";provider=aemp-0.1", None),
    ] {
        let (mut a, mut b) = End::pair();
        let strip = |_, octets: Vec<u8>| {
            String::from_utf8(octets.clone()).map_or(octets, |text| text.replace(removed, "").into_bytes())
        };
        connect(&mut a, &mut b, 4096, strip);
        assert!(!a.is_done() && !b.is_done());
        if let Some(error) = error {
            assert_eq!((a.error(), b.error()), (error.into(), error.into()));
        }
    }
}

#[test]
fn a_greeting_that_promises_too_little_is_refused_before_tls() {
    let good = Lines::new("s", 3);
    let with = |from: &str, to: &str| Lines(good.0.replace(from, to), good.1.clone()).octets();
    for (greeting, error) in [
        (with("native=1;", ""), PeerIncompatible::NotNative),
        (with("native=1;", "native=x;"), PeerIncompatible::NotNative),
        (with("native=1;", "native=01;"), PeerIncompatible::NotNative),
        (with("ntls=1.3", "ntls=1.2"), PeerIncompatible::NoTls),
        (with("ntls=1.3", "ntls"), PeerIncompatible::NoTls),
        (with("ntls=1.3", "nplain=1"), PeerIncompatible::NoTls),
        (with("native_secret", "hmac_sha3_512"), PeerIncompatible::NoCommonMethod),
        (with("native_secret", ""), PeerIncompatible::NoCommonMethod),
        (with("native_secret", "native_secrets"), PeerIncompatible::NoCommonMethod),
    ] {
        assert_eq!(error_for(acceptor(), &greeting), error.into());
    }
}

#[test]
fn a_native_node_has_a_nonce_of_32_octets() {
    for nonce in ["", "00", &"0".repeat(63), &"0".repeat(65), &"0".repeat(66), &"G".repeat(64)] {
        let greeting = Lines(Lines::new("s", 3).0, nonce.to_owned()).octets();
        assert_eq!(error_for(acceptor(), &greeting), PeerMisbehaved::Nonce.into(), "{nonce}");
    }
}
