//! Connections that are cut, swallowed and stalled.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use aemp::{Event, Node, NodeId, Reply};
use serde::{Deserialize, Serialize};

use crate::{
    common::{SECRET, collector, secs},
    kills::watch_all,
    proxy::{hidden, hidden_with, outsider},
};

/// A small message: tag and number.
#[derive(Serialize, Deserialize)]
enum Count {
    Number(u64),
}

pub(crate) fn connections(node: &Node, peer: &NodeId) -> u64 {
    node.peers().wait().unwrap().into_iter().find(|info| info.node == *peer).map_or(0, |info| info.connections)
}

/// A number below `limit`.
pub(crate) fn random(limit: u64) -> u64 {
    RandomState::new().hash_one(0) % limit
}

#[test]
fn a_million_messages_arrive_in_order_and_once_over_connections_that_are_cut() {
    const MESSAGES: u64 = 1_000_000;
    let (a, b) = (outsider(), hidden("b"));
    let received = Arc::new(AtomicU64::new(0));
    let expected = Arc::clone(&received);
    let port = b.node.port(move |_, Count::Number(number): Count| {
        // Kills the port, whose monitor then fires, if a message is missing, early, or here for the second time.
        assert_eq!(number, expected.fetch_add(1, Relaxed));
    });
    let deaths = watch_all(&a, std::slice::from_ref(&port));

    let start = Instant::now();
    let sender = a.clone();
    let sending = thread::spawn(move || (0..MESSAGES).for_each(|n| sender.send(&port, Count::Number(n))));
    let (mut arrived, mut cut_at) = (0, 0);
    while arrived < MESSAGES {
        if arrived >= cut_at {
            b.proxy.cut();
            cut_at = arrived + 20_000 + random(100_000);
        }
        thread::sleep(Duration::from_micros(200));
        arrived = received.load(Relaxed);
        assert_eq!(deaths.try_recv().ok(), None, "after {arrived} messages");
        assert!(start.elapsed() < secs(120), "only {arrived} messages arrived");
    }
    sending.join().unwrap();
    let connections = connections(&a, &b.node.id());
    println!("{MESSAGES} messages over {connections} connections in {:?}", start.elapsed());
    assert!(connections > 5, "{connections}");
    // Nothing comes twice a little later.
    thread::sleep(Duration::from_millis(200));
    assert_eq!((received.load(Relaxed), deaths.try_recv().ok()), (MESSAGES, None));
}

#[test]
fn a_session_goes_on_at_once_after_a_cut() {
    /// The goal is 20 ms; the rest is for machines that run other tests at the same time.
    const PATIENCE: Duration = Duration::from_millis(250);
    let (a, b) = (outsider(), hidden("b"));
    let echo = b.node.port(|cx, (number, reply): (u64, Reply<u64>)| cx.reply(reply, number));
    let mut times: Vec<Duration> = (0..20)
        .map(|n| {
            assert_eq!(a.call(&echo, |reply| (n, reply)).wait(), Ok(n));
            let start = Instant::now();
            b.proxy.cut();
            assert_eq!(a.call(&echo, |reply| (n, reply)).wait(), Ok(n));
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("from the cut to the next answer: median {:?}, longest {:?}", times[10], times[19]);
    assert!(times[10] < PATIENCE, "{times:?}");
    assert!(connections(&a, &b.node.id()) > 20, "it was cut each time");
}

#[test]
fn a_connection_that_swallows_everything_is_given_up_and_nothing_is_lost() {
    let heartbeat = Duration::from_millis(200);
    let b = hidden_with("b", |builder| builder.heartbeat(heartbeat));
    let a = Node::builder().anonymous().secret(SECRET).heartbeat(heartbeat).start().unwrap();
    let (port, received) = collector::<u64>(&b.node);
    let deaths = watch_all(&a, std::slice::from_ref(&port));
    let mut events = a.events();
    (0..100).for_each(|n| a.send(&port, n));
    assert_eq!(received.recv_timeout(secs(5)), Ok(0));
    b.proxy.swallow();
    (100..200).for_each(|n| a.send(&port, n));
    let lost = std::iter::from_fn(|| events.wait()).find(|event| matches!(event, Event::ConnectionLost { .. }));
    assert!(lost.is_some(), "nobody closed the connection, and still it counts as broken");
    b.proxy.forward();
    assert_eq!(
        (1..200).map(|_| received.recv_timeout(secs(20)).unwrap()).collect::<Vec<_>>(),
        (1..200).collect::<Vec<_>>()
    );
    assert_eq!(deaths.try_recv().ok(), None);
}

#[test]
fn a_connection_that_is_slow_for_a_while_is_kept() {
    let (a, b) = (outsider(), hidden("b"));
    let (port, received) = collector::<u64>(&b.node);
    a.send(&port, 0);
    assert_eq!(received.recv_timeout(secs(5)), Ok(0));
    b.proxy.stall();
    (1..1000).for_each(|n| a.send(&port, n));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(received.try_recv().ok(), None, "nothing passes");
    b.proxy.forward();
    assert_eq!(
        (1..1000).map(|_| received.recv_timeout(secs(5)).unwrap()).collect::<Vec<_>>(),
        (1..1000).collect::<Vec<_>>()
    );
    assert_eq!(connections(&a, &b.node.id()), 1);
}
