//! Much at once: threads that send, and timers.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aemp::{Limits, Node, Port, Reason};

use crate::common::{SOON, node, sink};

#[test]
fn what_each_of_eight_threads_sends_arrives_in_its_order() {
    let mut limits = Limits::default();
    limits.max_local = 10_000_000;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let (done, all) = mpsc::channel();
    let mut next = [0u64; 8];
    let port = node.port(move |_, (thread, number): (usize, u64)| {
        assert_eq!(next[thread], number);
        next[thread] += 1;
        if next == [50_000; 8] {
            done.send(()).unwrap();
        }
    });
    thread::scope(|scope| {
        for thread in 0..8 {
            let (node, port) = (&node, &port);
            scope.spawn(move || (0..50_000).for_each(|number| node.send(port, (thread, number))));
        }
    });
    assert_eq!(all.recv_timeout(4 * SOON), Ok(()));
}

#[test]
fn ten_thousand_timers_fire_once_and_never_early() {
    let node = node();
    let (fired, all) = mpsc::channel();
    let start = Instant::now();
    let port = node.port(move |cx, (wait, due): (Duration, Option<Duration>)| match due {
        None => drop(cx.after(wait, (wait, Some(start.elapsed() + wait)))),
        Some(due) => fired.send(start.elapsed() >= due).unwrap(),
    });
    let waits = (0..10_000).map(|n| Duration::from_millis(n % 300));
    node.run(move |cx| waits.for_each(|wait| cx.send(&port, (wait, None)))).wait().unwrap();
    for _ in 0..10_000 {
        assert!(all.recv_timeout(SOON).unwrap());
    }
    assert_eq!(all.recv_timeout(Duration::from_millis(400)).ok(), None);
}

#[test]
fn much_work_of_the_node_itself_overloads_no_port() {
    let mut limits = Limits::default();
    limits.max_local = 100;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let (port, seen) = sink(&node);
    let doomed: Vec<Port<u64>> = (0..200).map(|_| node.port(|_, _| {})).collect();
    let work = move |cx: &aemp::Context| {
        doomed.iter().for_each(|doomed| cx.kill(doomed, Reason::normal()));
        cx.send(&port, 5);
    };
    node.run(work).wait().unwrap();
    seen.is(5);
}
