//! A receiver that does not keep up.

use std::{
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use aemp::{Bytes, Event, Limits, Node};

use crate::{
    common::{SECRET, collector, eventually, node, secs},
    kills::watch_all,
    proxy::{hidden, outsider_with},
};

const LIMIT: usize = 1 << 20;
const SIZE: usize = 10_000;

fn unacknowledged(node: &Node) -> usize {
    node.peers().wait().unwrap().iter().map(|peer| peer.unacknowledged).sum()
}

fn numbered(number: u64) -> (u64, Bytes) {
    (number, Bytes::from(vec![0; SIZE]))
}

#[test]
fn beyond_the_limit_the_greedy_port_is_closed_to_the_sender_and_no_more_is_kept() {
    let mut limits = Limits::default();
    limits.max_unacknowledged = LIMIT;
    let (b, c) = (node("b"), node("c"));
    let a = Node::builder().anonymous().secret(SECRET).limits(limits).start().unwrap();
    let (go_on, wait) = mpsc::channel::<()>();
    let (wait, (sender, received)) = (Mutex::new(wait), mpsc::channel());
    let (entered, is_slow) = mpsc::channel();
    let slow = b.port(move |_, (number, _): (u64, Bytes)| {
        if number == 0 {
            entered.send(()).unwrap();
            let _ = wait.lock().unwrap().recv();
        }
        sender.send(number).unwrap();
    });
    let (other, others) = collector::<u64>(&b);
    let deaths = watch_all(&a, &[slow.clone().cast(), other.clone()]);
    let mut events = a.events();

    a.send(&slow, numbered(0));
    is_slow.recv_timeout(secs(10)).expect("the slow port is at work");
    // Ten times what may wait.
    (1..1_000).for_each(|n| a.send(&slow, numbered(n)));
    let (index, reason) = deaths.recv_timeout(secs(10)).expect("the monitor of the slow port fires");
    assert_eq!((index, reason.code().as_str()), (0, "overload"));
    assert!(unacknowledged(&a) < LIMIT + 2 * SIZE, "{}", unacknowledged(&a));
    let seen: Vec<Event> = std::iter::from_fn(|| events.try_next()).collect();
    assert!(seen.iter().any(|event| matches!(event, Event::Congested { .. })), "{seen:?}");
    let dropped = |event: &Event| matches!(event, Event::MessageDropped { to, .. } if to == slow.id());
    assert!(seen.iter().any(dropped), "{seen:?}");

    go_on.send(()).unwrap();
    eventually("the queue is empty", || unacknowledged(&a) == 0);
    a.send(&other, 1);
    assert_eq!(others.recv_timeout(secs(5)), Ok(1), "other ports of the node are reached again");
    a.send(&slow, numbered(2_000));
    a.send(&other, 2);
    assert_eq!(others.recv_timeout(secs(5)), Ok(2));
    c.send(&slow, numbered(3_000));
    let mut arrived: Vec<u64> = Vec::new();
    while arrived.last() != Some(&3_000) {
        arrived.push(received.recv_timeout(secs(5)).expect("another node still reaches the port"));
    }
    let count = arrived.len() as u64 - 1;
    assert!((1..1_000).contains(&count), "{count} messages were given out before the limit");
    assert!(arrived.into_iter().eq((0..count).chain([3_000])), "nothing comes behind the gap");
    thread::sleep(Duration::from_millis(50));
    assert_eq!(deaths.try_recv().ok(), None, "the other port was never given up");
}

/// More than the system takes into the sockets of all hops.
const WIDE: usize = 64 << 20;
/// What it takes at most.
const BACKLOG: usize = 24 << 20;

#[test]
fn a_greedy_sender_loses_its_port_alone_and_others_wait_only_for_what_the_sockets_hold() {
    let mut limits = Limits::default();
    limits.max_unacknowledged = WIDE;
    let (a, b) = (outsider_with(|builder| builder.limits(limits)), hidden("b"));
    let (greedy, greedy_received) = collector::<(u64, Bytes)>(&b.node);
    let (modest, modest_received) = collector::<u64>(&b.node);
    let deaths = watch_all(&a, &[greedy.clone().cast(), modest.clone()]);
    a.send(&modest, 0);
    assert_eq!(modest_received.recv_timeout(secs(10)), Ok(0));

    b.proxy.stall();
    let (mut sent, mut number) = (0, 0);
    while sent < 3 * WIDE {
        let (to, other) = (greedy.clone(), modest.clone());
        a.run(move |cx| {
            (0..100).for_each(|n| cx.send(&to, numbered(n)));
            cx.send(&other, number + 1);
        })
        .wait()
        .unwrap();
        (sent, number) = (sent + 100 * SIZE, number + 1);
    }
    let (index, reason) = deaths.recv_timeout(secs(10)).expect("the greedy port is dead for its sender");
    assert_eq!((index, reason.code().as_str()), (0, "overload"));
    let waiting = unacknowledged(&a);
    assert!(waiting < BACKLOG, "{waiting} octets still wait in front of the modest port");

    let start = Instant::now();
    b.proxy.forward();
    let arrived: Vec<u64> = (0..number).map(|_| modest_received.recv_timeout(secs(20)).unwrap()).collect();
    println!("the last of {number} modest messages came {:?} later, behind {waiting} octets", start.elapsed());
    assert!(arrived.into_iter().eq(1..=number), "the modest port lost nothing");
    let octets = greedy_received.try_iter().count() * SIZE;
    assert!(octets <= waiting, "{octets} octets of the greedy sender were in front");
    assert_eq!(deaths.try_recv().ok(), None);
}
