//! Handshakes with base peers over real sockets.

use std::{io::Write, net::TcpStream, rc::Rc, time::Duration};

use aemp_proto::{
    base::{Access, Framing, Method, Tolerated},
    id::Address,
    kernel::DialFailure,
    link::{HANDSHAKE_DEADLINE, Source},
};
use tokio::{
    io::{AsyncWriteExt, duplex},
    task::LocalSet,
    time::Instant,
};

use super::{
    base_peer::{Lines, SECRET, accept, admitting, dial, greet, hex, legacy, line},
    between::meet_through,
    ends::{Dialling, doorway, meet, node, rejection, settings},
};
use crate::{
    net::{
        Legacy, LegacyDials, Places, TransportSettings,
        doorway::Doorway,
        handshake::{HandshakeError, Peer},
        listen::Accepted,
    },
    secret::Weakness,
};

/// Tolerates everything.
fn tolerant() -> Legacy {
    let legacy = legacy(None);
    let tolerated = Tolerated { cleartext: true, anonymous: true };
    Legacy { access: Rc::new(Access { tolerated, ..(*legacy.access).clone() }), ..legacy }
}

/// A script that proves itself with the secret, sends `behind` at once, and gives the line that it got.
fn with_secret(
    framing: &'static str,
    secret: &'static [u8],
    behind: &'static [u8],
) -> impl FnOnce(TcpStream) -> Proofs {
    move |mut stream| {
        let (own, other) = greet(&mut stream);
        let proof = own.proof(&other, framing, secret);
        stream.write_all(&[proof.as_bytes(), behind].concat()).unwrap();
        Proofs { expected: other.proof(&own, "json", SECRET).trim().to_owned(), found: line(&mut stream) }
    }
}

struct Proofs {
    expected: String,
    found: Option<String>,
}

#[tokio::test]
async fn a_base_peer_with_the_secret_comes_in() {
    for (name, framing) in [("json", Framing::Json), ("cbor", Framing::Cbor)] {
        let (accepted, proofs) = accept(admitting(legacy(None)), with_secret(name, SECRET, b"[\"\"]")).await;
        let accepted = accepted.unwrap();
        let Peer::Base(established) = accepted.peer else { panic!("a base peer") };
        assert_eq!(established.node().as_str(), "perl");
        assert_eq!((established.receiving(), established.sending()), (framing, Framing::Json));
        assert_eq!(established.method(), Method::Hmac);
        assert_eq!(proofs.found, Some(proofs.expected));
        assert_eq!(accepted.received, b"[\"\"]", "what comes behind is for the messages");
    }
}

#[tokio::test]
async fn a_base_peer_may_be_dialled() {
    let (dialled, proofs) = dial(admitting(legacy(None)), with_secret("cbor", SECRET, b"")).await;
    assert!(matches!(dialled.unwrap().peer, Peer::Base(_)));
    assert_eq!(proofs.found, Some(proofs.expected));
}

#[tokio::test]
async fn clear_text_is_accepted_only_where_it_is_allowed() {
    let script = |framing: &'static str| {
        move |mut stream: TcpStream| {
            // Simple clients say all at once, and read later.
            let line = format!("cleartext;{};{framing}\n", hex(SECRET));
            stream.write_all(&[&Lines::of_perl().octets()[..], line.as_bytes()].concat()).unwrap();
            Lines::read(&mut stream);
            super::base_peer::line(&mut stream)
        }
    };
    for framing in ["json", "cbor"] {
        let (accepted, found) = accept(admitting(tolerant()), script(framing)).await;
        assert!(accepted.is_ok() && found.unwrap().starts_with("hmac_sha3_512;"));
    }
    let (accepted, found) = accept(admitting(legacy(None)), script("json")).await;
    assert!(accepted.err().unwrap().to_string().contains("not agreed on"));
    assert_eq!(found, None, "it is closed without a word");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_without_a_word() {
    let (accepted, proofs) = accept(admitting(legacy(None)), with_secret("json", b"guessed", b"")).await;
    let error = accepted.err().unwrap();
    assert!(error.to_string().contains("did not prove that it is a member") && error.is_refusal());
    assert_eq!(proofs.found, None, "a stranger gets nothing to try guesses with");
    let (dialled, _) = dial(admitting(legacy(None)), with_secret("json", b"guessed", b"")).await;
    let text = rejection(dialled);
    assert!(text.contains("auth_failed") && text.contains("legacy_secret") && !text.contains("fingerprint"), "{text}");
}

#[tokio::test]
async fn a_weak_secret_of_base_peers_does_not_leave_this_host() {
    let weak = Legacy { weakness: Some(Weakness::Short), ..legacy(None) };
    let (doorway, far) = (doorway(admitting(weak)), "192.0.2.1:1".parse().unwrap());
    assert!(rejection(doorway.dial(Some(node("perl")), &far).await).contains("less than 16 octets"));
    assert!(doorway.legacy_weakness(Some(&node("native")), &far).is_none(), "native nodes never see it");
}

/// What a place is, is seen by who must not be dialled there: the secret is weak.
#[tokio::test]
async fn whoever_is_at_a_place_may_be_a_base_peer_by_its_name_and_what_that_stands_for() {
    let [name, numbers, other] =
        ["localhost:4040", "127.0.0.1:4040", "127.0.0.1:4041"].map(|address| address.parse::<Address>().unwrap());
    let dials = LegacyDials::Only { nodes: [].into(), places: Places::new([name.clone()]) };
    let doorway = doorway(admitting(Legacy { dials, weakness: Some(Weakness::Short), ..legacy(None) }));
    let may_be = |address| doorway.legacy_weakness(None, address).is_some();
    assert!(may_be(&name) && !may_be(&numbers));
    assert!(doorway.resolve(&name).await.contains(&numbers));
    assert_eq!(doorway.resolve(&other).await, std::slice::from_ref(&other));
    assert!(may_be(&name) && may_be(&numbers));
    assert!(!may_be(&other), "nobody said so");
}

#[tokio::test]
async fn a_base_peer_that_closes_is_told_as_that() {
    let (dialled, ()) = dial(admitting(legacy(None)), |mut stream| {
        greet(&mut stream);
    })
    .await;
    assert!(unreachable(dialled).contains("another secret"));
}

fn unreachable(dialled: Dialling) -> String {
    match dialled {
        Err(DialFailure::Unreachable(text)) => text,
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn octets_may_come_one_by_one() {
    let (accepted, found) = accept(admitting(legacy(None)), |mut stream| {
        stream.set_nodelay(true).unwrap();
        let own = Lines::of_perl();
        own.octets().iter().for_each(|octet| stream.write_all(&[*octet]).unwrap());
        let other = Lines::read(&mut stream);
        own.proof(&other, "json", SECRET).bytes().for_each(|octet| stream.write_all(&[octet]).unwrap());
        line(&mut stream)
    })
    .await;
    assert!(accepted.is_ok() && found.is_some());
}

/// What becomes of somebody who greets and says no more.
async fn greeted_and_silent(node: &Doorway, admits_base_peers: bool) -> HandshakeError {
    let (near, mut far) = duplex(4096);
    far.write_all(&Lines::of_perl().octets()).await.unwrap();
    let accepted = Accepted { io: Box::new(near), source: Source::Local, peer_address: None, admits_base_peers };
    let admitted = node.admit(&accepted).unwrap();
    let result = LocalSet::new().run_until(node.accept(accepted, admitted)).await;
    drop(far);
    result.err().unwrap()
}

/// Time is virtual, and goes on only when nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_silent_base_peer_is_closed_at_the_deadline() {
    let (node, start) = (doorway(admitting(legacy(None))), Instant::now());
    let error = greeted_and_silent(&node, true).await;
    assert!(error.to_string().contains("longer than 10 s"), "{error}");
    assert!(start.elapsed() >= HANDSHAKE_DEADLINE && start.elapsed() < HANDSHAKE_DEADLINE + Duration::from_secs(1));
    assert_eq!(node.under_way(), (0, 0));
}

#[tokio::test]
async fn where_nobody_admits_them_base_peers_are_refused_with_what_to_do() {
    let greeting = |mut stream: TcpStream| greet(&mut stream).1.0;
    let (dialled, greeting_of_b) = dial(settings("b", 1), greeting).await;
    assert!(rejection(dialled).contains("legacy_peer"));
    assert!(greeting_of_b.contains(";native_secret;native;"), "nothing is offered: {greeting_of_b}");
    let others = Legacy { dials: LegacyDials::Only { nodes: [].into(), places: Places::default() }, ..legacy(None) };
    let (dialled, greeting_of_b) = dial(admitting(others), greeting).await;
    assert!(rejection(dialled).contains("legacy_peer"));
    assert!(greeting_of_b.contains(";native_secret;native;"), "nor to others than it is meant for: {greeting_of_b}");
}

/// A node with base peers at one listener admits none at another.
#[tokio::test(start_paused = true)]
async fn a_listener_without_base_peers_refuses_them() {
    let error = greeted_and_silent(&doorway(admitting(legacy(None))), false).await;
    assert!(error.to_string().contains("legacy_bind"), "{error}");
}

#[tokio::test]
async fn native_nodes_stay_native_wherever_base_peers_are_admitted() {
    let admits = |name: &str, legacy: Option<Legacy>| TransportSettings { legacy, ..settings(name, 1) };
    let everywhere = || Legacy { dials: LegacyDials::All, ..legacy(None) };
    for of_a in [true, false] {
        for of_b in [true, false] {
            let [of_a, of_b] = [of_a, of_b].map(|admitted| admitted.then(everywhere));
            let (dialled, accepted) = meet(admits("a", of_a), admits("b", of_b)).await;
            for end in [dialled.unwrap(), accepted.unwrap()] {
                assert!(matches!(end.peer, Peer::Native(_)) && end.channel.tls().is_some());
            }
        }
    }
}

/// Somebody on the way makes two native nodes take each other for base peers.
#[tokio::test]
async fn a_downgrade_is_refused() {
    let everywhere = || Legacy { dials: LegacyDials::All, ..legacy(None) };
    let strip = |line: &str| line.replace("native_secret,", "").replace(";native=1", "");
    let (dialled, accepted) = meet_through(
        TransportSettings { legacy: Some(everywhere()), ..settings("a", 1) },
        admitting(everywhere()),
        strip,
    )
    .await;
    assert!(accepted.err().unwrap().to_string().contains("did not prove"));
    assert!(dialled.is_err());
}
