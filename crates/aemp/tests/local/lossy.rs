//! Messages that may be lost, inside a node.

use aemp::{Limits, Node};

use crate::common::{node, settle, sink};

#[test]
fn lossy_and_plain_messages_arrive_in_the_order_in_which_they_were_sent() {
    let node = node();
    let (port, seen) = sink::<u64>(&node);
    for number in (0..1000).step_by(2) {
        node.send_lossy(&port, number);
        node.send(&port, number + 1);
    }
    (0..1000).for_each(|number| seen.is(number));
    node.run(move |cx| cx.send_lossy(&port, 1000)).wait().unwrap();
    seen.is(1000);
}

#[test]
fn where_much_waits_lossy_messages_are_dropped_and_their_port_lives() {
    let mut limits = Limits::default();
    limits.max_local = 400;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let (port, seen) = sink::<u64>(&node);
    let to = port.clone();
    node.run(move |cx| (0..1000).for_each(|number| cx.send_lossy(&to, number))).wait().unwrap();
    settle(&node);
    let room = (0..100).take_while(|number| seen.next() == *number).count();
    assert_eq!(room, 100, "the first quarter of what may wait");
    seen.nothing_more();
    node.send(&port, 7);
    seen.is(7);
}

#[test]
fn lossy_messages_to_the_dead_are_dropped() {
    let node = node();
    let (port, seen) = sink::<u64>(&node);
    node.kill(&port, aemp::Reason::new("killed", ""));
    node.send_lossy(&port, 1);
    settle(&node);
    seen.nothing_more();
    node.stop().wait().unwrap();
    node.send_lossy(&port, 2);
}
