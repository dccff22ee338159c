//! Much at once.

use aemp::{Bytes, Event, Limits, Node, Port};

use crate::common::{SECRET, collector, node, secs};

#[test]
fn what_each_of_64_ports_sends_to_one_port_arrives_in_its_order() {
    const EACH: u64 = 1_000;
    let (a, b) = (node("a"), node("b"));
    let (sink, received) = collector::<(u64, u64)>(&b);
    for sender in 0..64 {
        let sink = sink.clone();
        let port = a.port(move |cx, number: u64| {
            cx.send(&sink, (sender, number));
            if number + 1 < EACH {
                cx.send(&cx.me(), number + 1);
            }
        });
        a.send(&port, 0);
    }
    let mut next = [0; 64];
    for _ in 0..64 * EACH {
        let (sender, number) = received.recv_timeout(secs(20)).unwrap();
        assert_eq!(number, next[sender as usize]);
        next[sender as usize] += 1;
    }
    assert_eq!(next, [EACH; 64]);
}

#[test]
fn bulk_passes_a_small_queue_and_congestion_is_told() {
    let mut limits = Limits::default();
    limits.max_unacknowledged = 4 << 20;
    let b = node("b");
    let a = Node::builder().anonymous().secret(SECRET).limits(limits).start().unwrap();
    let (sink, received) = collector::<Bytes>(&b);
    let mut events = a.events();
    let mut congestions = 0;
    for (count, size) in [(64, 32 << 10), (32, 64 << 10), (100, 4 << 10), (200, 6 << 10)] {
        burst(&a, &sink, count, size);
        for _ in 0..count {
            assert_eq!(received.recv_timeout(secs(20)).unwrap().len(), size);
        }
        assert_eq!(a.ready(&b).timeout(secs(20)).wait(), Ok(()));
        congestions +=
            std::iter::from_fn(|| events.try_next()).filter(|event| matches!(event, Event::Congested { .. })).count();
    }
    // The small burst stays below a quarter of the limit, with what may still be unacknowledged when the queue is ready. The others do not.
    assert_eq!(congestions, 3);
}

/// Sends all in one turn of the loop, so that nothing is written meanwhile.
fn burst(from: &Node, to: &Port<Bytes>, count: usize, size: usize) {
    let to = to.clone();
    from.run(move |cx| (0..count).for_each(|_| cx.send(&to, Bytes::from(vec![7; size])))).wait().unwrap();
}

#[test]
fn echoes_pass_a_message_of_64_mib() {
    const SIZE: usize = (64 << 20) - 1_000;
    let (a, b) = (node("a"), node("b"));
    let (large, arrived) = collector::<Bytes>(&b);
    let echo = b.port(|cx, (number, reply): (u64, aemp::Reply<u64>)| cx.reply(reply, number));
    assert_eq!(a.call(&echo, |reply| (0, reply)).wait(), Ok(0));
    a.send(&large, Bytes::from(vec![1; SIZE]));
    let mut passed = 0;
    while let Err(std::sync::mpsc::TryRecvError::Empty) = arrived.try_recv() {
        assert_eq!(a.call(&echo, |reply| (passed, reply)).timeout(secs(20)).wait(), Ok(passed));
        passed += 1;
    }
    println!("{passed} echoes passed {SIZE} octets");
    assert!(passed >= 10, "only {passed} echoes came while the large message was on its way");
}
