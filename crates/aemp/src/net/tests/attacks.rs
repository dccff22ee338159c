//! Somebody between two nodes, who reads and changes what they say.

use std::{cell::RefCell, rc::Rc};

use aemp_proto::link::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::{LocalSet, spawn_local},
};

use super::ends::{Accepting, carry, doorway, settings};
use crate::net::{channel::Channel, doorway::Doorway, handshake::HandshakeError, listen::Accepted, tls::Tls};

/// What the one between does to octets; its first arguments are whether they go to the acceptor, and their place
/// in the stream. If he makes them fewer, he cuts the connection there.
type Change = Rc<dyn Fn(bool, usize, &mut Vec<u8>)>;

async fn forward(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    to_acceptor: bool,
    change: Change,
) {
    let (mut place, mut buffer) = (0, vec![0; 4096]);
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let mut octets = buffer[..length].to_vec();
        change(to_acceptor, place, &mut octets);
        place += length;
        if to.write_all(&octets).await.is_err() || octets.len() < length {
            break;
        }
    }
    let _ = to.shutdown().await;
}

fn accepted(stream: DuplexStream) -> Accepted {
    Accepted {
        io: Box::new(stream),
        source: aemp_proto::link::Source::Local,
        peer_address: None,
        admits_base_peers: false,
    }
}

/// Encrypted, although it is inside the process: what comes over a socket goes through the same code.
async fn shake_hands(doorway: &Doorway, stream: DuplexStream, dials: bool) -> Accepting {
    if dials {
        doorway.dial_over(Box::new(stream)).await
    } else {
        let accepted = accepted(stream);
        let admitted = doorway.admit(&accepted).unwrap();
        doorway.accept(accepted, admitted).await
    }
}

/// Lets two nodes meet through somebody; has to run in a `LocalSet`, where the one between goes on.
async fn meet_through(change: Change) -> (Accepting, Accepting) {
    let (a, near) = duplex(64 << 10);
    let (far, b) = duplex(64 << 10);
    let ((near_read, near_write), (far_read, far_write)) = (tokio::io::split(near), tokio::io::split(far));
    spawn_local(forward(near_read, far_write, true, change.clone()));
    spawn_local(forward(far_read, near_write, false, change));
    let (one, other) = (doorway(settings("a", 1)), doorway(settings("b", 1)));
    let both = async { tokio::join!(Box::pin(shake_hands(&one, a, true)), Box::pin(shake_hands(&other, b, false))) };
    let result = both.await;
    assert_eq!((one.under_way(), other.under_way()), ((0, 0), (0, 0)), "nothing is left of a handshake that is over");
    result
}

#[tokio::test]
async fn whoever_listens_learns_nothing() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let all = seen.clone();
    let talk = async {
        let (a, b) = meet_through(Rc::new(move |_, _, octets| all.borrow_mut().extend_from_slice(octets))).await;
        carry(&mut a.unwrap().channel, &mut b.unwrap().channel, b"the content of a message").await
    };
    assert_eq!(LocalSet::new().run_until(talk).await, b"the content of a message");
    let contains = |part: &[u8]| seen.borrow().windows(part.len()).any(|window| window == part);
    assert!(contains(b"aemp;1;a;native_secret;native"), "the greeting is in the clear");
    assert!(!contains(b"the content"));
}

#[tokio::test]
async fn every_changed_octet_of_a_greeting_is_noticed_under_real_tls() {
    for to_acceptor in [true, false] {
        // Every octet is flipped where TLS is made up; here some are enough.
        for place in (0..120).step_by(7) {
            let change = move |towards, at: usize, octets: &mut Vec<u8>| {
                if towards == to_acceptor && (at..at + octets.len()).contains(&place) {
                    octets[place - at] ^= 1;
                }
            };
            let (a, b) = LocalSet::new().run_until(meet_through(Rc::new(change))).await;
            assert!(a.is_err() && b.is_err(), "{to_acceptor} {place}");
        }
    }
}

#[tokio::test]
async fn a_handshake_that_is_cut_anywhere_fails_and_leaves_nothing() {
    for towards_acceptor in [true, false] {
        // Greeting, half of TLS, all of TLS, half of the proof.
        for place in [0, 1, 60, 129, 131, 140, 250, 350, 420, 480, 560] {
            let cut = move |towards, at: usize, octets: &mut Vec<u8>| {
                if towards == towards_acceptor && at + octets.len() > place {
                    octets.truncate(place.saturating_sub(at));
                }
            };
            let (a, b) = LocalSet::new().run_until(meet_through(Rc::new(cut))).await;
            assert!(a.is_err(), "{towards_acceptor} {place}");
            // The acceptor is content with the dialler's proof, whatever becomes of its own.
            assert!(b.is_err() || !towards_acceptor, "{place}");
        }
    }
}

/// One side of the man in the middle: passes the greeting on, then does TLS of its own.
async fn middle(io: DuplexStream, client: bool, tls: &Tls) -> (Channel, Vec<u8>) {
    let mut channel = Channel::new(Box::new(io));
    let connection = tls.start(client, Method::Secret).unwrap().unwrap();
    channel.start_tls(connection, &[], &mut Vec::new()).unwrap();
    let (mut scratch, mut received) = (vec![0; 4096], Vec::new());
    while channel.tls().unwrap().is_handshaking() {
        channel.flush().await.unwrap();
        std::future::poll_fn(|cx| channel.poll_read(cx, &mut scratch, &mut received)).await.unwrap();
    }
    channel.flush().await.unwrap();
    (channel, received)
}

async fn read_greeting(io: &mut DuplexStream) -> Vec<u8> {
    let mut greeting = Vec::new();
    while greeting.iter().filter(|octet| **octet == b'\n').count() < 2 {
        greeting.push(io.read_u8().await.unwrap());
    }
    greeting
}

#[tokio::test]
async fn a_man_in_the_middle_with_tls_of_his_own_is_found_out() {
    let (a, mut near) = duplex(64 << 10);
    let (mut far, b) = duplex(64 << 10);
    let between = async move {
        let (of_a, of_b) = (read_greeting(&mut near).await, read_greeting(&mut far).await);
        near.write_all(&of_b).await.unwrap();
        far.write_all(&of_a).await.unwrap();
        let tls = Tls::new(None, None).unwrap();
        let ((mut near, mut proof), (mut far, _)) = (middle(near, false, &tls).await, middle(far, true, &tls).await);
        let mut scratch = vec![0; 4096];
        while proof.len() < 166 {
            std::future::poll_fn(|cx| near.poll_read(cx, &mut scratch, &mut proof)).await.unwrap();
        }
        far.queue(proof.into()).unwrap();
        far.flush().await.unwrap();
        let mut answer = Vec::new();
        std::future::poll_fn(|cx| far.poll_read(cx, &mut scratch, &mut answer)).await.unwrap();
        assert!(answer[5..].starts_with(b"\x0bauth_failed"), "the acceptor gives nothing but a refusal");
        drop((near, far));
    };
    let (one, other) = (doorway(settings("a", 1)), doorway(settings("b", 1)));
    let local = LocalSet::new();
    let run = async { tokio::join!(shake_hands(&one, a, true), shake_hands(&other, b, false), between) };
    let (a, b, ()) = local.run_until(run).await;
    assert!(a.is_err() && b.is_err());
}

#[tokio::test]
async fn whoever_says_too_much_is_cut_off() {
    let (mut near, far) = duplex(64 << 10);
    let node = doorway(settings("b", 1));
    let flood = async {
        let greeting = format!("aemp;1;a;native_secret;native;native=1;ntls=1.3\n{}\n", "0".repeat(64));
        near.write_all(greeting.as_bytes()).await.unwrap();
        // The beginning of a handshake record that does not end.
        near.write_all(&[22, 3, 1, 64, 0, 1, 0, 63, 252]).await.unwrap();
        while near.write_all(&[0; 1024]).await.is_ok() {}
    };
    let local = LocalSet::new();
    let ((), result) = local.run_until(async { tokio::join!(flood, shake_hands(&node, far, false)) }).await;
    let error = result.err().unwrap();
    assert!(matches!(error, HandshakeError::TooMuch(16384) | HandshakeError::Tls(_)), "{error}");
}
