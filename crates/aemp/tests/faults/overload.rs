//! A receiver that does not keep up.

use std::{
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use aemp::{Bytes, Event, Limits, Node};

use crate::{
    common::{SECRET, collector, eventually, node, secs},
    kills::watch_all,
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
