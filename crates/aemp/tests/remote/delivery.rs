//! Messages between nodes.

use aemp::{Bytes, CallError, Limits, Node, Port, ReasonCode, Reply};

use crate::common::{SECRET, builder, collector, node, secs};

#[test]
fn a_port_id_as_text_is_enough_to_reach_a_port() {
    let (a, b) = (node("a"), node("b"));
    let (port, received) = collector::<(String, u64)>(&b);
    let known: Port<(String, u64)> = port.to_string().parse().unwrap();
    for n in 0..1000 {
        a.send(&known, ("number".into(), n));
    }
    for n in 0..1000 {
        assert_eq!(received.recv_timeout(secs(5)), Ok(("number".into(), n)));
    }
}

#[test]
fn an_anonymous_node_is_answered() {
    let (a, b) = (Node::builder().anonymous().secret(SECRET).start().unwrap(), node("b"));
    let echo = b.port(|cx, (back, text): (Port<String>, String)| cx.send(&back, text));
    let (back, received) = collector::<String>(&a);
    a.send(&echo, (back, "hello".into()));
    assert_eq!(received.recv_timeout(secs(5)).as_deref(), Ok("hello"));
}

#[test]
fn messages_of_every_size_arrive_in_order() {
    let (a, b) = (node("a"), node("b"));
    let (port, received) = collector::<Bytes>(&b);
    let sizes = [0, 1, 1000, 65_000, 65_536, 70_000, 1 << 20, 3, 5 << 20, 7];
    for size in sizes {
        a.send(&port, Bytes::from(vec![size as u8; size]));
    }
    for size in sizes {
        let octets = received.recv_timeout(secs(10)).unwrap_or_else(|_| panic!("{size} octets never arrive"));
        assert_eq!((octets.len(), octets.iter().all(|octet| *octet == size as u8)), (size, true));
    }
}

#[test]
fn a_unix_socket_carries_messages_and_its_file_goes_with_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.socket");
    let b = Node::builder().name("b").bind(format!("unix:{}", path.display())).secret(SECRET).start().unwrap();
    assert_eq!(b.id().as_str(), format!("b@unix:{}", path.display()));
    let (port, received) = collector::<u8>(&b);
    let a = Node::builder().anonymous().secret(SECRET).start().unwrap();
    a.send(&port, 7);
    assert_eq!(received.recv_timeout(secs(5)), Ok(7));
    b.stop().wait().unwrap();
    crate::common::eventually("the file is gone", || !path.exists());
}

#[test]
fn nodes_of_one_process_are_joined_without_sockets() {
    let make = |name: &str| Node::builder().name(name).secret(SECRET).start().unwrap();
    let (a, b) = (make("a"), make("b"));
    let ((to_a, at_a), (to_b, at_b)) = (collector::<u64>(&a), collector::<u64>(&b));
    a.send(&to_b, 0);
    a.join(&b).unwrap();
    for n in 1..100 {
        a.send(&to_b, n);
        b.send(&to_a, n);
    }
    assert_eq!((0..100).map(|_| at_b.recv_timeout(secs(5)).unwrap()).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    assert_eq!(at_a.recv_timeout(secs(5)), Ok(1));
}

#[test]
fn what_was_sent_before_a_stop_arrives() {
    let (a, b) = (node("a"), node("b"));
    let (port, received) = collector::<u64>(&b);
    for n in 0..10_000 {
        a.send(&port, n);
    }
    assert_eq!(a.stop().wait(), Ok(0));
    let all: Vec<u64> = (0..10_000).map(|_| received.recv_timeout(secs(5)).unwrap()).collect();
    assert!(all.iter().copied().eq(0..10_000));
}

#[test]
fn a_message_that_is_refused_closes_its_port_to_the_sender_alone() {
    let (a, b, c) = (node("a"), node("b"), node("c"));
    let (port, received) = collector::<u64>(&b);
    b.publish("numbers", &port);
    let address = b.id().recipe()[0].to_string();
    a.send(&port, 1);
    assert_eq!(received.recv_timeout(secs(5)), Ok(1));
    let death = a.monitor(&port);
    a.send(&port.clone().cast::<String>(), "not a number".into());
    a.send(&port, 2);
    assert_eq!(death.wait().code().as_str(), "bad_message");
    a.send(&port, 3);
    c.send(&port, 4);
    assert_eq!(received.recv_timeout(secs(5)), Ok(4));
    let found = a.find::<u64>(&address, "numbers").timeout(secs(5)).wait().unwrap();
    assert_ne!(found, port);
    a.send(&found, 5);
    assert_eq!(received.recv_timeout(secs(5)), Ok(5));
}

#[test]
fn a_message_beyond_the_limit_is_refused_at_the_call() {
    let mut limits = Limits::default();
    limits.max_message = 1000;
    let (a, b) = (builder("a").limits(limits).start().unwrap(), node("b"));
    let (port, received) = collector::<Bytes>(&b);
    let refused = a.try_send(&port, Bytes::from(vec![0; 2000]));
    assert!(matches!(refused, Err(aemp::TrySendError::TooLarge { limit: 1000, .. })));
    a.send(&port, Bytes::from(vec![1; 10]));
    assert_eq!(received.recv_timeout(secs(5)).unwrap().len(), 10);
}

#[test]
fn a_fast_sender_is_slowed_down_to_what_a_relay_can_handle() {
    let mut limits = Limits::default();
    limits.max_local = 20_000;
    let (a, b) = (node("a"), builder("b").limits(limits).start().unwrap());
    let (end, received) = collector::<u64>(&b);
    let middle = b.port(move |cx, n: u64| {
        for copy in 0..4 {
            cx.send(&end, 4 * n + copy);
        }
    });
    for n in 0..30_000 {
        a.send(&middle, n);
    }
    for n in 0..120_000 {
        assert_eq!(received.recv_timeout(secs(20)), Ok(n));
    }
}

#[test]
fn what_another_thread_sends_and_the_peer_finds_too_large_is_told() {
    let mut limits = Limits::default();
    limits.max_message = 1_000;
    let (a, b) = (node("a"), builder("b").limits(limits).start().unwrap());
    let (port, received) = collector::<Bytes>(&b);
    let answering = b.port(|cx, (_, reply): (Bytes, Reply<u8>)| cx.reply(reply, 1));
    a.send(&port, Bytes::from(vec![1]));
    assert!(received.recv_timeout(secs(5)).is_ok());
    let large = || Bytes::from(vec![2; 2_000]);
    let (death, (fired, reasons)) = (a.monitor(&port), std::sync::mpsc::channel());
    std::thread::spawn(move || fired.send(death.wait()));
    a.send(&port, large());
    a.send(&port, Bytes::from(vec![3]));
    assert_eq!(reasons.recv_timeout(secs(5)).unwrap().code(), &ReasonCode::TooLarge);
    assert!(matches!(a.call(&answering, |reply| (large(), reply)).wait(), Err(CallError::Unsendable(_))));
    a.call(&answering, |reply| (Bytes::from(vec![]), reply)).wait().unwrap();
    assert_eq!(received.try_recv().ok(), None, "nothing comes behind the hole");
}
