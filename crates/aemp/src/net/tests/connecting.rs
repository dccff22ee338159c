use std::{net::TcpListener, time::Duration};

use aemp_proto::{
    id::Address,
    kernel::DialFailure,
    link::{Protection, Side},
};
use tokio::{task::LocalSet, time::Instant};

use super::ends::{Dialling, carry, doorway, listen, meet, meet_at, node, rejection, settings};
use crate::{net::TransportSettings, secret::Weakness};

#[tokio::test]
async fn two_nodes_with_one_secret_meet() {
    let (dialled, accepted) = meet(settings("a", 1), settings("b", 1)).await;
    let (mut dialled, mut accepted) = (dialled.unwrap(), accepted.unwrap());
    assert_eq!((dialled.peer.node(), accepted.peer.node()), (&node("b"), &node("a")));
    let octets: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
    assert_eq!(carry(&mut dialled.channel, &mut accepted.channel, &octets).await, octets);
    assert_eq!(carry(&mut accepted.channel, &mut dialled.channel, &octets).await, octets);
}

#[tokio::test]
async fn they_meet_at_a_unix_socket_and_by_ipv6() {
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}/socket", folder.path().display());
    for place in [&*unix, "[::1]:0", "localhost:0"] {
        let (dialled, accepted) = meet_at(place, settings("a", 1), settings("b", 1)).await;
        assert!(dialled.is_ok() && accepted.is_ok(), "{place}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_on_both_sides_with_the_fingerprint() {
    let start = Instant::now();
    let (dialler, acceptor) = (settings("a", 1), settings("b", 2));
    let (own, other) = (dialler.fingerprint.clone().unwrap(), acceptor.fingerprint.clone().unwrap());
    let (dialled, accepted) = meet(dialler, acceptor).await;
    let text = rejection(dialled);
    assert!(text.contains("auth_failed") && text.contains(&own) && !text.contains(&other), "{text}");
    let error = accepted.err().unwrap().to_string();
    assert!(error.contains("did not prove that it is a member"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn another_node_at_the_address_is_refused() {
    let (listeners, address) = listen("127.0.0.1:0").await;
    let (a, b) = (doorway(settings("a", 1)), doorway(settings("b", 1)));
    let accept = async {
        let accepted = listeners.sockets[0].accept().await.unwrap();
        let admitted = b.admit(&accepted).unwrap();
        b.accept(accepted, admitted).await
    };
    let local = LocalSet::new();
    let both = Box::pin(async { tokio::join!(a.dial(Some(node("c")), &address), accept) });
    let (dialled, accepted) = local.run_until(both).await;
    assert!(rejection(dialled).contains("is b, not c"));
    assert!(accepted.err().unwrap().to_string().contains("wrong_node"));
}

#[tokio::test]
async fn a_node_that_dials_itself_is_told_so() {
    let (listeners, address) = listen("127.0.0.1:0").await;
    let a = doorway(settings("a", 1));
    let accept = async {
        let accepted = listeners.sockets[0].accept().await.unwrap();
        let admitted = a.admit(&accepted).unwrap();
        a.accept(accepted, admitted).await
    };
    let both = Box::pin(async { tokio::join!(a.dial(None, &address), accept) });
    let (dialled, accepted) = LocalSet::new().run_until(both).await;
    assert!(matches!(dialled, Err(DialFailure::OwnNode)));
    assert!(!accepted.err().unwrap().is_refusal());
}

#[tokio::test]
async fn another_node_with_the_own_id_is_not_taken_for_the_own_node() {
    let (dialled, accepted) = meet(settings("a", 1), settings("a", 1)).await;
    assert!(rejection(dialled).contains("another node with the same node ID"));
    assert!(accepted.err().unwrap().is_refusal());
}

#[tokio::test]
async fn where_nobody_listens_the_connection_is_refused() {
    let a = doorway(settings("a", 1));
    let closed = {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        Address::ip(socket.local_addr().unwrap().ip(), socket.local_addr().unwrap().port())
    };
    for address in [closed, "unix:/nonexistent/socket".parse().unwrap()] {
        assert!(matches!(a.dial(None, &address).await, Err(DialFailure::Refused)), "{address}");
    }
}

/// Dials a listener whose node does nothing but hold its sockets.
async fn dial_a_silent_one(settings: TransportSettings) -> Dialling {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::ip(socket.local_addr().unwrap().ip(), socket.local_addr().unwrap().port());
    doorway(settings).dial(None, &address).await
}

#[tokio::test]
async fn a_silent_address_is_given_up_in_time() {
    let start = Instant::now();
    let dialled = dial_a_silent_one(TransportSettings { dial_timeout: Duration::from_millis(200), ..settings("a", 1) });
    assert!(matches!(dialled.await, Err(DialFailure::Unreachable(_))));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_program_that_is_no_node_is_unreachable() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::ip(socket.local_addr().unwrap().ip(), socket.local_addr().unwrap().port());
    std::thread::spawn(move || std::io::Write::write_all(&mut socket.accept().unwrap().0, b"SSH-2.0-OpenSSH_9.2\r\n"));
    match doorway(settings("a", 1)).dial(None, &address).await {
        Err(DialFailure::Unreachable(text)) => assert!(text.contains("not an aemp node"), "{text}"),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn a_weak_secret_does_not_dial_beyond_this_host() {
    let weak = TransportSettings { confined: Some(Weakness::Short), ..settings("a", 1) };
    let far = "192.0.2.1:1".parse().unwrap();
    assert!(rejection(doorway(weak).dial(None, &far).await).contains("less than 16 octets"));
    let weak = TransportSettings { confined: Some(Weakness::Short), ..settings("a", 1) };
    let (dialled, _accepted) = meet(weak, settings("b", 1)).await;
    assert!(dialled.is_ok());
}

#[tokio::test]
async fn a_stream_inside_the_process_is_authenticated_and_not_encrypted() {
    let (near, far) = tokio::io::duplex(4096);
    let (a, b) = (doorway(settings("a", 1)), doorway(settings("b", 1)));
    let dialler = Side::Dialler { expect: Some(node("b")) };
    let (dialled, accepted) = tokio::join!(a.join(Box::new(near), dialler), b.join(Box::new(far), Side::Acceptor));
    let (mut dialled, mut accepted) = (dialled.unwrap(), accepted.unwrap());
    assert!(dialled.channel.tls().is_none() && accepted.channel.tls().is_none());
    let octets = vec![7; 100_000];
    assert_eq!(carry(&mut dialled.channel, &mut accepted.channel, &octets).await, octets);
}

#[tokio::test]
async fn encryption_ends_only_where_both_nodes_ask_for_that() {
    for (of_a, of_b, encrypted) in [
        (Protection::DangerouslyPlain, Protection::DangerouslyPlain, false),
        (Protection::DangerouslyPlain, Protection::Encrypted, true),
    ] {
        let a = TransportSettings { protection: of_a, ..settings("a", 1) };
        let b = TransportSettings { protection: of_b, ..settings("b", 1) };
        let (dialled, accepted) = meet(a, b).await;
        assert_eq!(dialled.unwrap().channel.tls().is_some(), encrypted);
        assert_eq!(accepted.unwrap().channel.tls().is_some(), encrypted);
    }
}
