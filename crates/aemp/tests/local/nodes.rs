//! Whole nodes: threads, runtimes, many of them, their ends, their size.

use std::{thread, time::Duration};

use crate::common::{node, seen, sink};
use aemp::{CallError, Error, Limits, Node, Port, Reply, Stopped, TrySendError};

fn doubler(node: &Node) -> Port<(u64, Reply<u64>)> {
    node.port(|cx, (number, reply): (u64, Reply<u64>)| cx.reply(reply, 2 * number))
}

#[test]
fn a_node_works_from_threads_without_a_runtime() {
    let node = node();
    let port = doubler(&node);
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (node, port) = (node.clone(), port.clone());
            thread::spawn(move || node.call(&port, |reply| (number, reply)).wait())
        })
        .collect();
    for (number, thread) in (0..).zip(threads) {
        assert_eq!(thread.join().unwrap(), Ok(2 * number));
    }
}

#[tokio::test]
async fn a_node_works_from_tokio() {
    let node = node();
    let port = doubler(&node);
    assert_eq!(node.call(&port, |reply| (4, reply)).await, Ok(8));
    let moved = tokio::spawn({
        let (node, port) = (node.clone(), port.clone());
        async move { node.call(&port, |reply| (5, reply)).await }
    });
    assert_eq!(moved.await.unwrap(), Ok(10));
}

#[test]
fn a_node_works_from_another_runtime() {
    let node = node();
    let port = doubler(&node);
    let (sum, stopped) =
        futures_lite::future::block_on(async { (node.call(&port, |reply| (4, reply)).await, node.stop().await) });
    assert_eq!((sum, stopped), (Ok(8), Ok(0)));
}

#[test]
fn many_nodes_live_in_one_process() {
    let nodes: Vec<_> = (0..20).map(|_| node()).collect();
    for (number, node) in (0..).zip(&nodes) {
        let port = doubler(node);
        assert_eq!(node.call(&port, |reply| (number, reply)).wait(), Ok(2 * number));
    }
    let stops: Vec<_> = nodes.iter().map(Node::stop).collect();
    assert!(stops.into_iter().all(|stop| stop.wait() == Ok(0)));
    nodes.iter().for_each(|node| node.wait().unwrap());
}

#[test]
fn a_stop_first_does_what_was_asked_before() {
    let node = node();
    let (port, seen) = sink::<u32>(&node);
    (0..10_000).for_each(|number| node.send(&port, number));
    assert_eq!(node.stop().wait(), Ok(0));
    (0..10_000).for_each(|number| seen.is(number));
}

#[test]
fn after_a_stop_handles_say_so() {
    let node = node();
    let port = doubler(&node);
    node.stop().wait().unwrap();
    assert_eq!(node.check(), Err(Stopped));
    assert!(matches!(node.try_send(&node.port(|_, (): ()| ()), ()), Err(TrySendError::Stopped(_))));
    assert_eq!(node.call(&port, |reply| (1, reply)).wait(), Err(CallError::Stopped));
    assert_eq!(node.run(|_| 1).wait(), Err(CallError::Stopped));
    assert_eq!(node.stop().wait(), Ok(0));
    node.wait().unwrap();
}

#[test]
fn a_call_that_waits_when_the_node_stops_fails() {
    let node = node();
    let mut kept = Vec::new();
    let port = node.port(move |_, reply: Reply<u64>| kept.push(reply));
    let call = node.call(&port, |reply| reply);
    node.stop().wait().unwrap();
    assert_eq!(call.wait(), Err(CallError::Stopped));
}

#[test]
fn a_stop_ends_in_time_though_ports_never_rest() {
    let node = Node::builder().anonymous().stop_timeout(Duration::from_millis(50)).start().unwrap();
    let port = node.port(|cx, (): ()| cx.send(&cx.me(), ()));
    node.send(&port, ());
    node.stop().wait().unwrap();
}

#[test]
fn a_destructor_that_uses_the_node_does_not_disturb_its_end() {
    struct Last(Node, Port<u32>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.send(&self.1, 1);
            let _ = self.0.port(|_, (): ()| ());
        }
    }
    let node = node();
    let (port, _seen) = sink::<u32>(&node);
    let last = Last(node.clone(), port);
    node.port(move |_, (): ()| {
        let Last(..) = &last;
    });
    node.stop().wait().unwrap();
}

#[test]
fn a_node_stops_itself_from_a_handler() {
    let node = node();
    let port = node.port(|cx, (): ()| drop(cx.node().stop()));
    node.send(&port, ());
    node.wait().unwrap();
}

#[test]
fn times_and_limits_with_which_a_node_would_stand_still_are_refused_at_the_start() {
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Node::builder().limits(limits)
    };
    let builders = [
        Node::builder().heartbeat(Duration::ZERO),
        Node::builder().session_timeout(Duration::ZERO),
        limits(|limits| limits.max_piece = 0),
        limits(|limits| limits.max_local = 0),
        limits(|limits| limits.max_unacknowledged = 0),
        limits(|limits| limits.max_unsent = 0),
        limits(|limits| limits.max_in_flight_of_large = 0),
    ];
    for builder in builders {
        let error = builder.anonymous().start().expect_err("it would stand still");
        assert!(matches!(error, Error::Configuration(_)), "{error}");
    }
}

#[test]
fn a_name_that_no_node_can_have_is_refused_at_the_start() {
    for name in ["", "a b", "a@b", "a/b", &"x".repeat(65)] {
        assert!(Node::builder().name(name).start().is_err(), "{name:?}");
    }
}

#[test]
fn events_end_with_the_node() {
    let node = node();
    let mut events = node.events();
    node.stop().wait().unwrap();
    assert_eq!(events.wait(), None);
}

#[test]
fn ports_are_opened_from_handlers_without_send() {
    let node = node();
    let (out, seen) = seen();
    node.run(move |cx| {
        let shared = std::rc::Rc::new(std::cell::Cell::new(0));
        let reader = std::rc::Rc::clone(&shared);
        let set = cx.port(move |_, number: u32| shared.set(number));
        let get = cx.port(move |_, (): ()| out.send(reader.get()).unwrap());
        cx.send(&set, 5);
        cx.send(&get, ());
    })
    .wait()
    .unwrap();
    seen.is(5);
}
