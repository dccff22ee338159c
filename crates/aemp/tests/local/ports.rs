//! Ports and messages inside one node.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::common::{node, seen, settle, sink};
use aemp::{Event, Handlers, Message, Node, Port, Reason, ReasonCode, Value};
use serde::{Deserialize, Serialize};

#[test]
fn messages_arrive_in_the_order_sent() {
    let node = node();
    let (port, seen) = sink::<u32>(&node);
    for number in 0..10_000 {
        node.send(&port, number);
    }
    for number in 0..10_000 {
        seen.is(number);
    }
}

#[test]
fn messages_of_several_types_keep_one_order_across_ports() {
    let node = node();
    let (out, seen) = seen();
    let texts = node.port({
        let out = out.clone();
        move |_, text: String| out.send(text).unwrap()
    });
    let numbers = node.port(move |_, number: u64| out.send(number.to_string()).unwrap());
    node.run(move |cx| {
        for round in 0..100 {
            cx.send(&texts, format!("t{round}"));
            cx.send(&numbers, round);
        }
    })
    .wait()
    .unwrap();
    for round in 0..100 {
        seen.is(format!("t{round}"));
        seen.is(round.to_string());
    }
}

#[test]
fn each_thread_of_many_keeps_its_order() {
    let node = node();
    let (port, seen) = sink::<(u8, u32)>(&node);
    let senders: Vec<_> = (0..4)
        .map(|thread| {
            let (node, port) = (node.clone(), port.clone());
            thread::spawn(move || (0..1_000).for_each(|number| node.send(&port, (thread, number))))
        })
        .collect();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let mut next = [0; 4];
    for _ in 0..4_000 {
        let (thread, number) = seen.next();
        assert_eq!(number, next[usize::from(thread)]);
        next[usize::from(thread)] += 1;
    }
}

#[test]
fn what_a_handler_sends_is_handled_after_it() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, depth: u32| {
        out.send(("begin", depth)).unwrap();
        if depth < 2 {
            cx.send(&cx.me(), depth + 1);
        }
        out.send(("end", depth)).unwrap();
    });
    node.send(&port, 0);
    for depth in 0..3 {
        seen.is(("begin", depth));
        seen.is(("end", depth));
    }
}

#[test]
fn a_panic_kills_its_port_and_nothing_else() {
    let node = node();
    let fragile = node.port(|_, fine: bool| assert!(fine, "too bad"));
    let (other, seen) = sink::<u32>(&node);
    let death = node.monitor(&fragile);
    node.send(&fragile, false);
    node.send(&other, 1);
    assert_eq!(death.wait(), Reason::new(ReasonCode::Panic, "too bad"));
    seen.is(1);
}

#[test]
fn an_error_kills_its_port_and_tells_its_causes() {
    let node = node();
    let port = node.port(|_, text: String| {
        let _: u32 = text.parse().map_err(io::Error::other)?;
        aemp::done()
    });
    let death = node.monitor(&port);
    node.send(&port, "1".into());
    node.send(&port, "x".into());
    let reason = death.wait();
    assert_eq!(reason.code(), &ReasonCode::Error);
    assert!(reason.text().contains("invalid digit"), "{reason}");
}

#[test]
fn a_kill_comes_after_the_messages_sent_before_it() {
    let node = node();
    let (port, seen) = sink::<u32>(&node);
    let victim = port.clone();
    node.run(move |cx| {
        cx.send(&victim, 1);
        cx.kill(&victim, Reason::new(ReasonCode::Killed, ""));
        cx.send(&victim, 2);
    })
    .wait()
    .unwrap();
    seen.is(1);
    seen.nothing_more();
}

#[test]
fn a_port_that_stops_ends_normally_after_its_handler() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, number: u32| {
        cx.stop();
        out.send(number).unwrap();
    });
    let death = node.monitor(&port);
    node.send(&port, 1);
    node.send(&port, 2);
    assert!(death.wait().is_normal());
    seen.is(1);
    settle(&node);
}

#[test]
fn messages_that_wait_for_a_dead_port_are_dropped_and_told() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Load {
        #[serde(skip)]
        _counted: Option<Counted>,
    }

    let node = node();
    let mut events = node.events();
    let port = node.port(|cx, _: Load| cx.stop());
    let dropped = Arc::new(AtomicUsize::new(0));
    let (target, count) = (port.clone(), Arc::clone(&dropped));
    node.run(move |cx| (0..3).for_each(|_| cx.send(&target, Load { _counted: Some(Counted(Arc::clone(&count))) })))
        .wait()
        .unwrap();
    for _ in 0..2 {
        assert!(matches!(events.wait(), Some(Event::MessageDropped { to, .. }) if to == *port.id()));
    }
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[test]
fn a_new_port_in_the_place_of_a_dead_one_gets_nothing_of_the_old() {
    let node = node();
    let (old, old_seen) = sink::<u32>(&node);
    node.kill(&old, Reason::normal());
    settle(&node);
    let (new, new_seen) = sink::<u32>(&node);
    assert_ne!(old, new);
    node.send(&old, 1);
    node.send(&new, 2);
    new_seen.is(2);
    old_seen.nothing_more();
}

#[test]
fn a_message_of_another_type_is_encoded_and_decoded() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Narrow {
        Add(u8, u8),
    }
    let node = node();
    let (port, seen) = sink::<Narrow>(&node);
    node.send(&port.cast(), ("Add", 1, 2));
    seen.is(Narrow::Add(1, 2));
}

#[test]
fn a_message_of_the_own_node_that_does_not_decode_kills_the_port() {
    let node = node();
    let mut events = node.events();
    let (port, _seen) = sink::<u32>(&node);
    let death = node.monitor(&port);
    node.send(&port.cast(), "text");
    assert_eq!(*death.wait().code(), ReasonCode::BadMessage);
    assert!(
        matches!(events.wait(), Some(Event::MessageDropped { reason, .. }) if *reason.code() == ReasonCode::BadMessage)
    );
}

#[test]
fn a_message_that_has_to_be_encoded_and_cannot_be_is_told() {
    let node = node();
    let mut events = node.events();
    let (port, _seen) = sink::<u32>(&node);
    node.send(&port.cast(), i128::MAX);
    assert!(
        matches!(events.wait(), Some(Event::MessageDropped { reason, .. }) if *reason.code() == ReasonCode::Unencodable)
    );
}

#[test]
fn handlers_choose_by_tag_and_the_rest_goes_to_otherwise() {
    let node = node();
    let (out, seen) = seen();
    let rest = out.clone();
    let port: Port = node.open(
        Handlers::new()
            .on("add", move |_, (a, b): (u32, u32)| out.send((a + b).to_string()).unwrap())
            .otherwise(move |_, message: Message| rest.send(format!("{:?}", message.0)).unwrap()),
    );
    node.send(&port.cast(), ("add", 1, 2));
    node.send(&port, Message(vec![Value::Text("sub".into())]));
    seen.is("3".into());
    seen.is("[Text(\"sub\")]".into());
}

#[test]
fn handlers_come_and_go_at_run_time() {
    let node = node();
    let (out, seen) = seen();
    let port = node.open(Handlers::new().on("once", move |cx, (number,): (u32,)| {
        out.send(number).unwrap();
        let out = out.clone();
        cx.off("once");
        cx.on("twice", move |_, (number,): (u32,)| out.send(2 * number).unwrap());
    }));
    node.send(&port.cast(), ("once", 1));
    node.send(&port.cast(), ("twice", 3));
    seen.is(1);
    seen.is(6);
    let death = node.monitor(&port);
    node.send(&port.cast(), ("once", 2));
    assert_eq!(*death.wait().code(), ReasonCode::UnhandledMessage);
}

#[test]
fn a_message_to_a_typed_port_that_cannot_be_encoded_is_no_fault_inside_the_node() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Local(#[serde(serialize_with = "refuse")] u32);
    fn refuse<S: serde::Serializer>(_: &u32, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("never"))
    }
    let node = node();
    let (port, seen) = sink::<Local>(&node);
    node.send(&port, Local(1));
    seen.is(Local(1));

    let elsewhere: Port<Local> = "x@127.0.0.1:1#b".parse().unwrap();
    assert!(matches!(node.try_send(&elsewhere, Local(1)), Err(aemp::TrySendError::Unencodable(_))));
    let sender = node.port(move |cx, (): ()| cx.send(&elsewhere, Local(1)));
    let death = node.monitor(&sender);
    node.send(&sender, ());
    assert_eq!(death.wait().code(), &ReasonCode::Unencodable);
}

#[test]
#[should_panic(expected = "the limit is 1000")]
fn a_message_that_is_too_large_panics_at_the_call() {
    let mut limits = aemp::Limits::default();
    limits.max_message = 1_000;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let elsewhere: Port<String> = "x@127.0.0.1:1#b".parse().unwrap();
    node.send(&elsewhere, "x".repeat(1_000));
}

#[test]
fn where_too_much_waits_the_greediest_port_dies() {
    let mut limits = aemp::Limits::default();
    limits.max_local = 100;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let (modest, seen) = sink::<u32>(&node);
    let greedy = node.port(|_, _: u32| ());
    let death = node.monitor(&greedy);
    node.run(move |cx| {
        (0..20).for_each(|number| cx.send(&modest, number));
        (0..200).for_each(|number| cx.send(&greedy, number));
    })
    .wait()
    .unwrap();
    assert_eq!(death.wait().code(), &ReasonCode::Overload);
    (0..20).for_each(|number| seen.is(number));
}

#[test]
fn two_ports_that_never_rest_do_not_starve_others() {
    let node = node();
    let ping = node.port(|cx, other: Port| cx.send(&other.cast::<Port>(), cx.me().cast()));
    let pong = node.port(|cx, other: Port| cx.send(&other.cast::<Port>(), cx.me().cast()));
    node.send(&ping, pong.cast());
    let (out, seen) = seen();
    let timer = node.port(move |_, number: u32| out.send(number).unwrap());
    node.send(&timer, 1);
    seen.is(1);
    drop(node.stop());
}
