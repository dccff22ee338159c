//! Two nodes that connect to each other at the same time, over connections that are cut.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use aemp::{Bytes, Event, Node, Port};

use crate::{
    common::secs,
    cuts::{connections, random},
    kills::watch_all,
    proxy::hidden,
};

const MESSAGES: u64 = 50_000;
/// Every so many messages comes one that is sent in pieces.
const LARGE_EVERY: u64 = 50;
const LARGE: usize = 100_000;

/// Its size and its content depend on its number.
fn message(number: u64) -> (u64, Bytes) {
    let size = if number.is_multiple_of(LARGE_EVERY) { LARGE } else { 10 };
    (number, Bytes::from(vec![number as u8; size]))
}

/// A port that dies if messages come in another order or with another content, or twice; and how many have come.
fn strict(node: &Node) -> (Port<(u64, Bytes)>, Arc<AtomicU64>) {
    let received = Arc::new(AtomicU64::new(0));
    let next = Arc::clone(&received);
    let port = node.port(move |_, got: (u64, Bytes)| {
        let expected = next.fetch_add(1, Relaxed);
        assert!(got == message(expected), "{} in place of {expected}", got.0);
    });
    (port, received)
}

#[test]
fn nothing_is_lost_or_doubled_when_both_connect_and_all_is_cut_again_and_again() {
    let (a, b) = (hidden("a"), hidden("b"));
    let ((to_a, at_a), (to_b, at_b)) = (strict(&a.node), strict(&b.node));
    let deaths = [watch_all(&a.node, std::slice::from_ref(&to_b)), watch_all(&b.node, std::slice::from_ref(&to_a))];
    let mut events = [a.node.events(), b.node.events()];
    let start = Instant::now();
    let sending = [(a.node.clone(), to_b), (b.node.clone(), to_a)].map(|(node, port)| {
        thread::spawn(move || {
            for number in 0..MESSAGES {
                node.send(&port, message(number));
                if number % 100 == 0 {
                    thread::sleep(Duration::from_millis(2));
                }
            }
        })
    });
    let arrived = || at_a.load(Relaxed) + at_b.load(Relaxed);
    let mut cut_at = 0;
    while arrived() < 2 * MESSAGES {
        if arrived() >= cut_at {
            cut_at = arrived() + 500 + random(5_000);
            // First in the middle of messages, then, perhaps, in the middle of the handshakes that follow.
            for _ in 0..2 {
                a.proxy.cut();
                b.proxy.cut();
                thread::sleep(Duration::from_millis(random(30)));
            }
        }
        for deaths in &deaths {
            assert_eq!(deaths.try_recv().ok(), None, "after {} messages", arrived());
        }
        assert!(start.elapsed() < secs(120), "only {} messages arrived", arrived());
        thread::sleep(Duration::from_millis(1));
    }
    sending.into_iter().for_each(|thread| thread.join().unwrap());
    let connections = connections(&a.node, &b.node.id());
    println!("2 x {MESSAGES} messages over {connections} connections in {:?}", start.elapsed());
    assert!(connections > 5, "{connections}");
    thread::sleep(Duration::from_millis(200));
    assert_eq!([&at_a, &at_b].map(|received| received.load(Relaxed)), [MESSAGES; 2], "nothing comes twice");
    for (deaths, events) in deaths.iter().zip(&mut events) {
        assert_eq!(deaths.try_recv().ok(), None);
        let bad = |event: &Event| {
            matches!(event, Event::PeerDown { .. } | Event::Misbehaved { .. } | Event::NodeIdInUse { .. })
        };
        assert_eq!(std::iter::from_fn(|| events.try_next()).find(bad), None);
    }
}
