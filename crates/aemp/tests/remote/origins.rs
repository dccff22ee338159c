//! Where a message comes from, and when a peer has come and gone.

use std::sync::mpsc;

use aemp::{NodeId, PeerEvent, Port};

use crate::common::{SECRET, node, secs};

#[test]
fn the_source_of_a_message_is_the_node_that_proved_itself_on_either_side_of_the_connection() {
    let (a, b, c) = (node("a"), node("b"), node("c"));
    let (sender, sources) = mpsc::channel::<NodeId>();
    let sender = std::sync::Mutex::new(sender);
    let asked = b.port(move |cx, back: Option<Port<Option<Port<u8>>>>| {
        sender.lock().unwrap().send(cx.source()).unwrap();
        // To where it came from: over a connection that it has accepted.
        back.into_iter().for_each(|back| cx.send(&back, None));
    });
    for from in [&a, &c, &b, &a] {
        from.send(&asked, None);
        assert_eq!(sources.recv_timeout(secs(10)), Ok(from.id()));
    }
    let (sender, back) = mpsc::channel::<NodeId>();
    let sender = std::sync::Mutex::new(sender);
    let mine = a.port(move |cx, _: Option<Port<u8>>| sender.lock().unwrap().send(cx.source()).unwrap());
    a.send(&asked, Some(mine));
    assert_eq!((sources.recv_timeout(secs(10)), back.recv_timeout(secs(10))), (Ok(a.id()), Ok(b.id())));
}

#[test]
fn what_a_handler_passes_on_comes_from_its_own_node() {
    let (a, b) = (node("a"), node("b"));
    let (sender, sources) = mpsc::channel::<NodeId>();
    let sender = std::sync::Mutex::new(sender);
    let inner = b.port(move |cx, (): ()| sender.lock().unwrap().send(cx.source()).unwrap());
    let outer = b.port(move |cx, (): ()| cx.send(&inner, ()));
    a.send(&outer, ());
    assert_eq!(sources.recv_timeout(secs(10)), Ok(b.id()));
}

#[test]
fn a_peer_is_told_before_its_first_message_and_gone_after_its_last_and_both_take_turns() {
    #[derive(Debug, PartialEq)]
    enum Seen {
        Up,
        Message(u64),
        Down,
    }
    const MESSAGES: u64 = 50;
    let b = node("b");
    let (sender, seen) = mpsc::channel();
    let hook = sender.clone();
    b.on_peer(move |event| {
        let what = match event {
            PeerEvent::Up { .. } => Seen::Up,
            _ => Seen::Down,
        };
        hook.send(what).unwrap();
    });
    let port = b.port(move |_, number: u64| sender.send(Seen::Message(number)).unwrap());
    for _ in 0..20 {
        let a = aemp::Node::builder().anonymous().secret(SECRET).start().unwrap();
        (0..MESSAGES).for_each(|n| a.send(&port, n));
        a.stop().wait().unwrap();
        let order: Vec<Seen> = (0..MESSAGES + 2).map(|_| seen.recv_timeout(secs(10)).unwrap()).collect();
        let expected = std::iter::once(Seen::Up).chain((0..MESSAGES).map(Seen::Message)).chain([Seen::Down]);
        assert!(order.iter().eq(&expected.collect::<Vec<_>>()), "{order:?}");
    }
}
