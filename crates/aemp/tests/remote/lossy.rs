//! Messages that may be lost, between nodes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aemp::{Bytes, Event, Port, Reply};

use crate::common::{collector, eventually, node, secs};

#[test]
fn lossy_and_plain_messages_arrive_in_the_order_in_which_they_were_sent() {
    let (a, b) = (node("a"), node("b"));
    let (port, received) = collector::<u64>(&b);
    a.ready(&port).wait().unwrap();
    let to = port.clone();
    a.run(move |cx| {
        for number in (0..1000).step_by(2) {
            cx.send_lossy(&to, number);
            cx.send(&to, number + 1);
        }
    })
    .wait()
    .unwrap();
    a.send_lossy(&port, 1000);
    (0..=1000).for_each(|number| assert_eq!(received.recv_timeout(secs(5)), Ok(number)));
}

#[test]
fn a_lossy_message_connects_to_nobody() {
    let (a, b) = (node("a"), node("b"));
    let (port, received) = collector::<u64>(&b);
    a.send_lossy(&port, 1);
    assert!(a.peers().wait().unwrap().is_empty());
    a.send(&port, 2);
    assert_eq!(received.recv_timeout(secs(5)), Ok(2));
}

#[test]
fn a_lossy_message_that_is_refused_closes_nothing() {
    let (a, b) = (node("a"), node("b"));
    let (port, received) = collector::<u64>(&b);
    let mut events = b.events();
    a.ready(&port).wait().unwrap();
    let death = a.monitor(&port);
    a.send_lossy(&port.clone().cast::<String>(), "not a number".into());
    a.send_lossy(&port, 1);
    a.send(&port, 2);
    assert_eq!([(); 2].map(|()| received.recv_timeout(secs(5))), [Ok(1), Ok(2)]);
    let refused = |event: &Event| matches!(event, Event::MessageDropped { to, .. } if to == port.id());
    eventually("observers are told", || events.try_next().is_some_and(|event| refused(&event)));
    drop(death);
}

#[test]
fn what_no_frame_holds_and_replies_are_the_mistake_of_the_sender() {
    let (a, b) = (node("a"), node("b"));
    let (port, _received) = collector::<Bytes>(&b);
    a.ready(&port).wait().unwrap();
    let large = || Bytes::from(vec![0; 70_000]);
    assert!(catch_unwind(AssertUnwindSafe(|| a.send_lossy(&port, large()))).is_err());
    let to = port.clone();
    let sender = a.port(move |cx, ()| cx.send_lossy(&to, large()));
    let death = a.monitor(&sender);
    a.send(&sender, ());
    assert_eq!(death.wait().code().as_str(), "too_large");

    let elsewhere: Port<Reply<u8>> = port.cast();
    let asked = a.port(move |cx, reply: Reply<u8>| cx.send_lossy(&elsewhere, reply));
    let death = a.monitor(&asked);
    assert_eq!(a.call(&asked, |reply| reply).wait(), Err(aemp::CallError::Dropped), "the caller is told");
    assert_eq!(death.wait().code().as_str(), "unencodable");
}
