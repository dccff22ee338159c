//! Calls, look-ups and remote creation.

use aemp::{CallError, Port, Reply};
use serde::{Deserialize, Serialize};

use crate::common::{collector, node, secs};

#[derive(Serialize, Deserialize)]
enum Count {
    Add(u64),
    Get(Reply<u64>),
    Forget(Reply<u64>),
    Later(Reply<u64>),
}

fn counter(node: &aemp::Node) -> Port<Count> {
    let (mut total, mut kept) = (0, Vec::new());
    node.port(move |cx, message: Count| match message {
        Count::Add(n) => total += n,
        Count::Get(reply) => cx.reply(reply, total),
        Count::Forget(reply) => drop(reply),
        Count::Later(reply) => kept.push(reply),
    })
}

#[test]
fn a_call_is_answered_over_the_network() {
    let (a, b) = (node("a"), node("b"));
    let counter = counter(&b);
    a.send(&counter, Count::Add(5));
    a.send(&counter, Count::Add(2));
    assert_eq!(a.call(&counter, Count::Get).timeout(secs(5)).wait(), Ok(7));
}

#[test]
fn a_dropped_reply_fails_the_call_at_once() {
    let (a, b) = (node("a"), node("b"));
    let counter = counter(&b);
    assert_eq!(a.call(&counter, Count::Forget).wait(), Err(CallError::Dropped));
}

#[test]
fn a_call_to_a_dead_port_fails_at_once() {
    let (a, b) = (node("a"), node("b"));
    let port: Port<Count> = format!("{}#{}", b.id(), "nothing").parse().unwrap();
    assert!(
        matches!(a.call(&port, Count::Get).wait(), Err(CallError::Lost(reason)) if reason.code().as_str() == "no_such_port")
    );
}

#[test]
fn a_call_that_waits_fails_when_the_node_stops() {
    let (a, b) = (node("a"), node("b"));
    let counter = counter(&b);
    let call = a.call(&counter, Count::Later).timeout(secs(20));
    assert_eq!(a.call(&counter, Count::Get).wait(), Ok(0));
    b.stop().wait().unwrap();
    assert!(matches!(call.wait(), Err(CallError::Lost(_) | CallError::Dropped)));
}

#[test]
fn a_reply_may_be_handed_on_to_a_third_node() {
    let (a, b, c) = (node("a"), node("b"), node("c"));
    let answerer = c.port(|cx, reply: Reply<u64>| cx.reply(reply, 42));
    let forwarder = b.port(move |cx, reply: Reply<u64>| cx.send(&answerer, reply));
    assert_eq!(a.call(&forwarder, |reply| reply).timeout(secs(5)).wait(), Ok(42));
}

#[test]
fn a_published_port_is_found_by_address_and_name() {
    let (a, b) = (node("a"), node("b"));
    let counter = counter(&b);
    b.publish("counters", &counter);
    let address = b.id().recipe()[0].to_string();
    let found = a.find::<Count>(&address, "counters").timeout(secs(5)).wait().unwrap();
    assert_eq!(found, counter);
    assert_eq!(a.call(&found, Count::Get).wait(), Ok(0));
    let missing = a.find::<Count>(&address, "nothing").wait().unwrap_err();
    assert!(missing.to_string().contains("nothing"), "{missing}");
}

#[test]
fn a_service_starts_ports_for_other_nodes() {
    let (a, b) = (node("a"), node("b"));
    b.serve("adder", |start, start_at: u64| {
        let mut sum = start_at;
        Ok(start.handler(move |cx, (n, reply): (u64, Reply<u64>)| {
            sum += n;
            cx.reply(reply, sum);
        }))
    });
    let adder: Port<(u64, Reply<u64>)> = a.spawn(&b.id(), "adder", 100u64);
    assert_eq!(a.call(&adder, |reply| (1, reply)).timeout(secs(5)).wait(), Ok(101));
    assert_eq!(a.call(&adder, |reply| (1, reply)).timeout(secs(5)).wait(), Ok(102));
    assert_eq!(adder.id().node, b.id());
}

#[test]
fn a_failed_spawn_is_the_death_of_its_port() {
    let (a, b) = (node("a"), node("b"));
    b.serve("picky", |_, _: String| -> Result<aemp::Started<()>, aemp::BoxError> { Err("not today".into()) });
    for (service, code) in [("nothing", "no_such_service"), ("picky", "error")] {
        let port: Port<()> = a.spawn(&b.id(), service, "argument");
        let reason = a.monitor(&port).wait();
        assert_eq!(reason.code().as_str(), code, "{reason}");
    }
}

#[test]
fn handlers_call_other_nodes_and_get_answers_as_messages() {
    let (a, b) = (node("a"), node("b"));
    let counter = counter(&b);
    #[derive(Serialize, Deserialize)]
    enum Ask {
        Now,
        Got(Option<u64>),
    }
    let (result, results) = collector::<Option<u64>>(&a);
    let asker = a.port(move |cx, message: Ask| match message {
        Ask::Now => {
            cx.call(&counter, Count::Get, |answer| Ask::Got(answer.ok()));
        }
        Ask::Got(answer) => cx.send(&result, answer),
    });
    a.send(&asker, Ask::Now);
    assert_eq!(results.recv_timeout(secs(5)), Ok(Some(0)));
}
