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
fn a_million_messages_arrive_in_order_and_once_over_a_hundred_cuts() {
    stream_over_cuts(1_000_000, 100);
}

#[test]
#[ignore = "takes a minute in a release build, several otherwise"]
fn ten_million_messages_arrive_in_order_and_once_over_a_thousand_cuts() {
    stream_over_cuts(10_000_000, 1_000);
}

/// Messages that may be on their way at the same time: so few that a cut stops the stream soon.
const AHEAD: u64 = 5_000;

/// Sends numbered messages from one node to another while their connection is cut again and again.
fn stream_over_cuts(messages: u64, cuts: u64) {
    let (a, b) = (outsider(), hidden("b"));
    let received = Arc::new(AtomicU64::new(0));
    let expected = Arc::clone(&received);
    let port = b.node.port(move |_, Count::Number(number): Count| {
        // Kills the port, whose monitor then fires, if a message is missing, early, or here for the second time.
        assert_eq!(number, expected.fetch_add(1, Relaxed));
    });
    let deaths = watch_all(&a, std::slice::from_ref(&port));

    let start = Instant::now();
    let (sender, so_far) = (a.clone(), Arc::clone(&received));
    let sending = thread::spawn(move || {
        for number in 0..messages {
            while number >= so_far.load(Relaxed) + AHEAD {
                thread::sleep(Duration::from_micros(100));
            }
            sender.send(&port, Count::Number(number));
        }
    });
    // What arrives while a connection is made is caught up before the end.
    let spacing = messages * 4 / 5 / cuts;
    let (mut arrived, mut cut, mut cut_at, mut last_arrival) = (0, 0, random(spacing), start);
    while arrived < messages {
        // Each cut ends another connection.
        if cut < cuts && arrived >= cut_at && connections(&a, &b.node.id()) > cut {
            b.proxy.cut();
            cut += 1;
            cut_at = cut * spacing + random(spacing);
        }
        thread::sleep(Duration::from_micros(100));
        let before = std::mem::replace(&mut arrived, received.load(Relaxed));
        last_arrival = if arrived > before { Instant::now() } else { last_arrival };
        assert_eq!(deaths.try_recv().ok(), None, "after {arrived} messages");
        assert!(last_arrival.elapsed() < secs(60), "only {arrived} messages arrived, after {cut} cuts");
    }
    sending.join().unwrap();
    let connections = connections(&a, &b.node.id());
    println!("{messages} messages, {cut} cuts, {connections} connections, {:?}", start.elapsed());
    assert!(cut == cuts && connections > cuts, "{cut} cuts, {connections} connections");
    // Nothing comes twice a little later.
    thread::sleep(Duration::from_millis(200));
    assert_eq!((received.load(Relaxed), deaths.try_recv().ok()), (messages, None));
}

#[test]
fn a_receiver_that_is_cut_off_at_every_message_gets_all_from_64_senders_in_their_order() {
    const EACH: u64 = 20;
    let (a, b) = (outsider(), hidden("b"));
    let (port, received) = collector::<(u64, u64)>(&b.node);
    let deaths = watch_all(&a, std::slice::from_ref(&port));
    let senders: Vec<_> = (0..64)
        .map(|sender| {
            let (node, port) = (a.clone(), port.clone());
            thread::spawn(move || {
                for number in 0..EACH {
                    node.send(&port, (sender, number));
                    thread::sleep(Duration::from_millis(20 + 10 * (sender % 7)));
                }
            })
        })
        .collect();
    let mut next = [0; 64];
    for _ in 0..64 * EACH {
        let (sender, number) = received.recv_timeout(secs(20)).unwrap();
        b.proxy.cut();
        assert_eq!(number, next[sender as usize], "of sender {sender}");
        next[sender as usize] += 1;
    }
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    println!("{} messages over {} connections", 64 * EACH, connections(&a, &b.node.id()));
    thread::sleep(Duration::from_millis(200));
    assert_eq!((received.try_recv().ok(), deaths.try_recv().ok()), (None, None));
    assert!(connections(&a, &b.node.id()) > 2);
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
