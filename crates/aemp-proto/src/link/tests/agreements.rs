//! What two honest links come to.

use super::ends::{End, SECRET, connect, dialler, identity, secret, unchanged};
use crate::{
    link::{
        Credentials, LinkError, Method, Outstanding, PeerIncompatible, Protection, RefusalCode, Role, SecretKey, Side,
    },
    wire::greeting::Versions,
};

fn both() -> Credentials {
    Credentials::CertificateOrSecret(SecretKey::new(SECRET))
}

/// What both ends say, with certificates that TLS verified or not.
fn meet(a: Credentials, b: Credentials, verified: bool) -> (End, End) {
    let mut a = End::new(identity("a", a), dialler(), 1);
    let mut b = End::new(identity("b", b), Side::Acceptor, 2);
    (a.peer_verified, b.peer_verified) = (verified, verified);
    connect(&mut a, &mut b, 4096, unchanged);
    (a, b)
}

#[test]
fn both_ends_learn_who_the_other_is() {
    let (mut a, mut b) = End::pair();
    connect(&mut a, &mut b, 4096, unchanged);
    assert_eq!((a.tls, b.tls), (Some((true, Method::Secret)), Some((false, Method::Secret))));
    let (a, b) = (a.outcome.unwrap().unwrap(), b.outcome.unwrap().unwrap());
    assert_eq!((a.node().as_str(), a.role()), ("b", Role::Dialler));
    assert_eq!((b.node().as_str(), b.role()), ("a", Role::Acceptor));
    assert_eq!(a.incarnation(), identity("b", secret()).incarnation());
    assert_eq!(b.incarnation(), identity("a", secret()).incarnation());
    assert_eq!((a.nonce, b.nonce), ([1; 32], [1; 32]));
}

#[test]
fn a_handshake_may_come_in_chunks_of_any_size() {
    for chunk in 1..400 {
        let (mut a, mut b) = End::pair();
        connect(&mut a, &mut b, chunk, unchanged);
        assert!(a.is_done() && b.is_done(), "{chunk}");
    }
}

#[test]
fn each_run_is_another_incarnation() {
    let node = || "a".parse().unwrap();
    let first = crate::link::Identity::new(node(), &[1; 32], secret());
    let second = crate::link::Identity::new(node(), &[2; 32], secret());
    assert_ne!(first.incarnation(), second.incarnation());
}

#[test]
fn certificates_come_first_where_both_have_both() {
    for (a, b, method) in [
        (both(), both(), Method::Certificate),
        (both(), Credentials::Certificate, Method::Certificate),
        (Credentials::Certificate, Credentials::Certificate, Method::Certificate),
        (both(), secret(), Method::Secret),
        (secret(), both(), Method::Secret),
    ] {
        let (a, b) = meet(a, b, method == Method::Certificate);
        assert!(a.is_done() && b.is_done());
        assert_eq!((a.tls.unwrap().1, b.tls.unwrap().1), (method, method));
    }
}

#[test]
fn a_certificate_that_was_not_verified_counts_for_nothing() {
    let (a, b) = meet(both(), both(), false);
    assert_eq!((a.error(), b.error()), (LinkError::AuthenticationFailed, LinkError::AuthenticationFailed));
}

#[test]
fn a_secret_alone_and_a_certificate_alone_have_nothing_in_common() {
    let (a, b) = meet(secret(), Credentials::Certificate, true);
    let error = LinkError::PeerIncompatible(PeerIncompatible::NoCommonMethod);
    assert_eq!((a.error(), b.error()), (error.clone(), error));
}

#[test]
fn encryption_ends_only_where_both_ends_ask_for_that() {
    use Protection::{DangerouslyPlain, Encrypted};
    for (of_a, of_b, tls) in [
        (DangerouslyPlain, DangerouslyPlain, false),
        (DangerouslyPlain, Encrypted, true),
        (Encrypted, DangerouslyPlain, true),
    ] {
        let all = Outstanding::default();
        let mut a = End::with(identity("a", secret()), dialler(), 1, of_a, &all);
        let mut b = End::with(identity("b", secret()), Side::Acceptor, 2, of_b, &Outstanding::default());
        connect(&mut a, &mut b, 4096, unchanged);
        assert!(a.is_done() && b.is_done());
        assert_eq!((a.tls.is_some(), b.tls.is_some()), (tls, tls));
    }
}

#[test]
fn without_encryption_the_secret_is_still_needed() {
    let plain = Protection::DangerouslyPlain;
    let other = Credentials::Secret(SecretKey::new([8; 32]));
    let mut a = End::with(identity("a", secret()), dialler(), 1, plain, &Outstanding::default());
    let mut b = End::with(identity("b", other), Side::Acceptor, 2, plain, &Outstanding::default());
    connect(&mut a, &mut b, 4096, unchanged);
    assert_eq!(b.error(), LinkError::AuthenticationFailed);
    assert!(matches!(a.error(), LinkError::Refused(refusal) if refusal.code() == RefusalCode::AuthenticationFailed));
}

#[test]
fn without_encryption_no_certificate_is_believed() {
    let plain = Protection::DangerouslyPlain;
    let mut a = End::with(identity("a", both()), dialler(), 1, plain, &Outstanding::default());
    let mut b = End::with(identity("b", both()), Side::Acceptor, 2, plain, &Outstanding::default());
    connect(&mut a, &mut b, 4096, unchanged);
    assert!(a.is_done() && b.is_done() && a.tls.is_none());
}

#[test]
fn the_highest_common_version_is_proved() {
    let versions = |oldest, newest| Versions::new(oldest, newest).unwrap();
    for (of_a, of_b, meet) in [
        (versions(1, 2), versions(1, 1), true),
        (versions(2, 9), versions(1, 3), true),
        (versions(2, 2), versions(1, 1), false),
    ] {
        let mut a = End::new(identity("a", secret()).with_versions(of_a), dialler(), 1);
        let mut b = End::new(identity("b", secret()).with_versions(of_b), Side::Acceptor, 2);
        connect(&mut a, &mut b, 4096, unchanged);
        assert_eq!((a.is_done(), b.is_done()), (meet, meet));
        if !meet {
            assert_eq!(a.error(), PeerIncompatible::NoCommonVersion.into());
        }
    }
}

#[test]
fn no_common_version_is_told_inside_tls() {
    let mut b = End::new(identity("b", secret()).with_versions(Versions::new(2, 3).unwrap()), Side::Acceptor, 2);
    b.link.transmit();
    b.feed(&super::script::Lines::new("s", 3).octets(), 4096);
    let told = b.link.transmit();
    assert!(told[4..].starts_with(b"\x02\x07version"));
    assert_eq!(b.error(), PeerIncompatible::NoCommonVersion.into());
}

#[test]
fn a_node_that_was_not_dialled_is_told_so() {
    let mut a = End::new(identity("a", secret()), Side::Dialler { expect: Some("c".parse().unwrap()) }, 1);
    let mut b = End::new(identity("b", secret()), Side::Acceptor, 2);
    connect(&mut a, &mut b, 4096, unchanged);
    assert!(matches!(b.error(), LinkError::Refused(refusal) if refusal.code() == RefusalCode::WrongNode));
    let error = a.error();
    assert!(
        matches!(&error, LinkError::WrongNode { expected, found } if expected.as_str() == "c" && found.as_str() == "b")
    );
    assert!(error.is_final());
}

#[test]
fn the_node_that_was_dialled_is_accepted() {
    let mut a = End::new(identity("a", secret()), Side::Dialler { expect: Some("b".parse().unwrap()) }, 1);
    let mut b = End::new(identity("b", secret()), Side::Acceptor, 2);
    connect(&mut a, &mut b, 4096, unchanged);
    assert!(a.is_done() && b.is_done());
}

#[test]
fn a_wrong_secret_is_told_without_details() {
    let mut a = End::new(identity("a", Credentials::Secret(SecretKey::new([8; 32]))), dialler(), 1);
    let mut b = End::new(identity("b", secret()), Side::Acceptor, 2);
    connect(&mut a, &mut b, 4096, unchanged);
    assert_eq!(b.error(), LinkError::AuthenticationFailed);
    let error = a.error();
    assert!(matches!(&error, LinkError::Refused(refusal) if refusal.code() == RefusalCode::AuthenticationFailed));
    assert!(error.is_final());
}
