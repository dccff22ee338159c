//! The loop of a node and its sockets: neither waits for the other.

use std::{net::TcpListener, time::Instant};

use aemp::{Node, Port, Reply};
use serde::{Deserialize, Deserializer};

use crate::common::{SECRET, collector, node, secs};

#[test]
fn a_task_that_sends_to_another_node_need_not_wait_for_the_loop() {
    let (a, b) = (node("a"), node("b"));
    let (sink, received) = collector::<u64>(&b);
    let sender = a.clone();
    let port = a.port(move |cx, start: bool| {
        if start {
            let (sender, sink) = (sender.clone(), sink.clone());
            cx.task(async move {
                for n in 0..5 {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    sender.send(&sink, n);
                }
                std::future::pending::<bool>().await
            });
        }
    });
    a.send(&port, true);
    let start = Instant::now();
    for n in 0..5 {
        assert_eq!(received.recv_timeout(secs(10)), Ok(n));
    }
    assert!(start.elapsed() < secs(1), "it took {:?}", start.elapsed());
}

#[test]
fn a_port_that_always_sends_to_itself_does_not_keep_peers_waiting() {
    let (a, b) = (node("a"), node("b"));
    for _ in 0..3000 {
        let busy = b.port(|cx, n: u64| cx.send(&cx.me(), n + 1));
        b.send(&busy, 0);
    }
    let echo = b.port(|cx, (n, reply): (u64, Reply<u64>)| cx.reply(reply, n));
    for n in 0..10 {
        assert_eq!(a.call(&echo, |reply| (n, reply)).timeout(secs(5)).wait(), Ok(n));
    }
}

#[test]
fn an_address_is_free_again_when_the_stop_is_over() {
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for _ in 0..20 {
        let node = Node::builder().name("again").bind(&place).secret(SECRET).start().unwrap();
        node.stop().wait().unwrap();
    }
}

struct Hostile;

impl<'de> Deserialize<'de> for Hostile {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a panic in Deserialize")
    }
}

#[test]
fn a_panic_in_deserialize_leaves_the_connection_alive() {
    let (a, b) = (node("a"), node("b"));
    let echo = b.port(|cx, (n, reply): (u64, Reply<u64>)| cx.reply(reply, n));
    let same: Port<(u64, Reply<Hostile>)> = echo.cast();
    assert!(a.call(&same, |reply| (1, reply)).wait().is_err());
    assert_eq!(a.call(&echo, |reply| (2, reply)).timeout(secs(5)).wait(), Ok(2));
    b.serve("hostile", |start, _: Hostile| Ok(start.handler(|_, _: u64| {})));
    let port: Port<u64> = a.spawn(&b, "hostile", 5);
    assert_eq!(a.monitor(&port).wait().code().as_str(), "panic");
    assert_eq!(a.call(&echo, |reply| (3, reply)).timeout(secs(5)).wait(), Ok(3));
}
