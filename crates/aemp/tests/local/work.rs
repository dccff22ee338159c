//! Timers, tasks, calls and services inside one node.

use std::time::{Duration, Instant};

use crate::common::{node, seen, settle, sink};
use aemp::{CallError, Event, Port, Reason, ReasonCode, Reply, Service, Timer};
use serde::{Deserialize, Serialize};

const SHORT: Duration = Duration::from_millis(20);

#[test]
fn a_timer_fires_once_and_not_early() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, text: String| {
        if text == "start" {
            cx.after(SHORT, "tick".into());
        } else {
            out.send(Instant::now()).unwrap();
        }
    });
    let start = Instant::now();
    node.send(&port, "start".into());
    assert!(seen.next() - start >= SHORT);
    seen.nothing_more();
}

#[test]
fn timers_fire_in_the_order_in_which_they_are_due() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, number: u64| match number {
        0 => [3, 1, 2].into_iter().for_each(|n| drop(cx.after(SHORT * n, n.into()))),
        number => out.send(number).unwrap(),
    });
    node.send(&port, 0);
    (1..=3).for_each(|number| seen.is(number));
}

#[test]
fn a_cancelled_timer_is_silent() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, number: u64| match number {
        0 => cx.after(SHORT, 1).cancel(),
        number => out.send(number).unwrap(),
    });
    node.send(&port, 0);
    seen.nothing_more();
}

#[test]
fn a_periodic_timer_goes_on_until_it_is_cancelled() {
    let node = node();
    let (out, seen) = seen();
    let mut timer: Option<Timer> = None;
    let port = node.port(move |cx, number: u32| {
        if number == 0 {
            let mut count = 0;
            let tick = move || {
                count += 1;
                count
            };
            timer = Some(cx.every(Duration::from_millis(2), tick));
            return;
        }
        out.send(number).unwrap();
        if number == 3 {
            timer.take().unwrap().cancel();
        }
    });
    node.send(&port, 0);
    (1..=3).for_each(|number| seen.is(number));
    seen.nothing_more();
}

#[test]
fn missed_ticks_are_skipped() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, number: u32| {
        match number {
            0 => drop(cx.every(SHORT, || 1)),
            _ => std::thread::sleep(5 * SHORT / 2),
        }
        out.send(Instant::now()).unwrap();
    });
    node.send(&port, 0);
    let start = seen.next();
    let mut last = start;
    for _ in 0..4 {
        let now = seen.next();
        assert!(now - last >= 5 * SHORT / 2, "a tick that was missed came late");
        last = now;
    }
}

#[test]
fn timers_end_with_their_port() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, number: u64| {
        out.send(number).unwrap();
        cx.after(SHORT, 1);
    });
    node.send(&port, 0);
    seen.is(0);
    node.kill(&port, Reason::normal());
    let mut events = node.events();
    seen.nothing_more();
    assert_eq!(events.try_next(), None);
}

#[test]
fn the_output_of_a_task_comes_as_a_message() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, text: String| {
        if text == "start" {
            cx.task(async {
                tokio::time::sleep(SHORT).await;
                "done"
            });
        } else {
            out.send(text).unwrap();
        }
    });
    node.send(&port, "start".into());
    seen.is("done".into());
}

#[test]
fn a_task_that_panics_kills_its_port() {
    let node = node();
    let port = node.port(|cx, fine: bool| {
        cx.task(async move {
            assert!(fine, "in a task");
            true
        });
    });
    let death = node.monitor(&port);
    node.send(&port, false);
    assert_eq!(death.wait(), Reason::new(ReasonCode::Panic, "in a task"));
}

#[test]
fn a_task_is_dropped_when_its_port_dies() {
    struct Told(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.send("dropped").unwrap();
        }
    }
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |cx, (): ()| {
        let told = Told(out.clone());
        cx.task(async move {
            let _told = told;
            std::future::pending::<()>().await;
        });
    });
    node.send(&port, ());
    settle(&node);
    node.kill(&port, Reason::normal());
    seen.is("dropped");
}

#[derive(Serialize, Deserialize)]
enum Req {
    Get(Reply<u64>),
    Keep(Reply<u64>),
    Drop(Reply<u64>),
    Die(Reply<u64>),
}

fn server(node: &aemp::Node) -> Port<Req> {
    let mut kept = Vec::new();
    node.port(move |cx, req| match req {
        Req::Get(reply) => cx.reply(reply, 42),
        Req::Keep(reply) => kept.push(reply),
        Req::Drop(reply) => drop(reply),
        Req::Die(_reply) => panic!("no"),
    })
}

#[test]
fn a_call_is_answered() {
    let node = node();
    assert_eq!(node.call(&server(&node), Req::Get).wait(), Ok(42));
}

#[test]
fn a_call_is_answered_from_another_thread_later() {
    let node = node();
    let (out, replies) = std::sync::mpsc::channel::<Reply<String>>();
    let port = node.port(move |_, reply: Reply<String>| out.send(reply).unwrap());
    let call = node.call(&port, |reply| reply);
    std::thread::spawn(move || replies.recv().unwrap().send("late".into()));
    assert_eq!(call.wait(), Ok("late".into()));
}

#[test]
fn an_unanswered_call_times_out() {
    let node = node();
    assert_eq!(node.call(&server(&node), Req::Keep).timeout(SHORT).wait(), Err(CallError::TimedOut));
}

#[test]
fn what_the_node_itself_is_asked_times_out_too() {
    let node = node();
    let nobody: aemp::NodeId = "nobody@127.0.0.1:1".parse().unwrap();
    let start = Instant::now();
    assert_eq!(node.ready(&nobody).timeout(SHORT).wait(), Err(CallError::TimedOut));
    assert!(start.elapsed() < SHORT * 500);
    assert_eq!(node.run(|_| 5).timeout(SHORT * 1_000).wait(), Ok(5));
}

#[test]
fn a_dropped_reply_fails_the_call_at_once() {
    let node = node();
    assert_eq!(node.call(&server(&node), Req::Drop).wait(), Err(CallError::Dropped));
    assert_eq!(node.call(&server(&node), Req::Die).wait(), Err(CallError::Dropped));
}

#[test]
fn a_kept_reply_fails_when_its_port_dies() {
    let node = node();
    let server = server(&node);
    let call = node.call(&server, Req::Keep);
    node.kill(&server, Reason::normal());
    assert_eq!(call.wait(), Err(CallError::Dropped));
}

#[test]
fn a_call_to_a_dead_port_fails_at_once() {
    let node = node();
    let server = server(&node);
    node.kill(&server, Reason::normal());
    settle(&node);
    assert!(matches!(node.call(&server, Req::Get).wait(), Err(CallError::Lost(_))));
}

#[test]
fn a_reply_that_goes_through_the_codec_still_answers() {
    let node = node();
    let server = server(&node);
    assert_eq!(node.call(&server.cast(), |reply: Reply<u64>| ("Get", reply)).wait(), Ok(42));
    assert_eq!(node.call(&server.cast(), |reply: Reply<u64>| ("Drop", reply)).wait(), Err(CallError::Dropped));
    assert_eq!(node.call(&server.cast(), |reply: Reply<i8>| ("Get", reply)).wait(), Ok(42));
    let answer = node.call(&server.cast(), |reply: Reply<String>| ("Get", reply)).wait();
    assert!(matches!(answer, Err(CallError::Decode(_))), "{answer:?}");
}

#[test]
fn a_reply_can_be_handed_on() {
    let node = node();
    let server = server(&node);
    let proxy = node.port(move |cx, reply: Reply<u64>| cx.send(&server, Req::Get(reply)));
    assert_eq!(node.call(&proxy, |reply| reply).wait(), Ok(42));
}

#[test]
fn a_reply_is_not_serialised_outside_of_messages() {
    let node = node();
    let (out, seen) = seen();
    let port = node.port(move |_, reply: Reply<()>| out.send(serde_json::to_string(&reply).is_err()).unwrap());
    assert_eq!(node.call(&port, |reply| reply).wait(), Err(CallError::Dropped));
    seen.is(true);
}

#[test]
fn a_handler_calls_and_gets_the_result_as_a_message() {
    #[derive(Serialize, Deserialize)]
    enum Msg {
        Start,
        #[serde(skip)]
        Got(Result<u64, CallError>),
    }
    let node = node();
    let server = server(&node);
    let (out, seen) = seen();
    let port = node.port(move |cx, msg: Msg| match msg {
        Msg::Start => {
            cx.call(&server, Req::Get, Msg::Got);
            cx.call(&server, Req::Drop, Msg::Got);
            cx.call(&server, Req::Keep, Msg::Got).timeout(SHORT);
            cx.call(&server, Req::Keep, Msg::Got).cancel();
        }
        Msg::Got(result) => out.send(result).unwrap(),
    });
    node.send(&port, Msg::Start);
    seen.is(Ok(42));
    seen.is(Err(CallError::Dropped));
    seen.is(Err(CallError::TimedOut));
    seen.nothing_more();
}

#[test]
#[should_panic(expected = "in a handler")]
fn to_wait_on_the_nodes_own_thread_panics_clearly() {
    let node = node();
    let server = server(&node);
    let result = node.run(move |cx| cx.node().call(&server, Req::Get).wait()).wait();
    match result {
        Err(CallError::Lost(reason)) if reason.text().contains("a handler waits for its own node") => {
            panic!("in a handler")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn to_wait_for_events_on_the_nodes_own_thread_panics_clearly() {
    let node = node();
    let mut events = node.events();
    let (out, seen) = seen();
    std::thread::spawn(move || out.send(node.run(move |_| events.wait()).wait().unwrap_err()));
    let error = seen.next().to_string();
    assert!(error.contains("a handler waits for its own node"), "{error}");
}

const ADDER: Service<(Port<u64>, u64), u64> = Service::new("adder");

fn serve_adder(node: &aemp::Node) {
    node.serve(ADDER, |start, (to, mut sum)| {
        Ok(start.handler(move |cx, number| {
            sum += number;
            cx.send(&to, sum);
        }))
    });
}

#[test]
fn a_spawned_port_gets_what_was_sent_to_it_at_once() {
    let node = node();
    serve_adder(&node);
    let (out, seen) = sink::<u64>(&node);
    let adder = node.spawn(&node, ADDER, (out, 10));
    node.send(&adder, 1);
    node.send(&adder, 2);
    seen.is(11);
    seen.is(13);
}

#[test]
fn a_handler_spawns_and_sends_in_order() {
    let node = node();
    serve_adder(&node);
    let (out, seen) = sink::<u64>(&node);
    node.run(move |cx| {
        let adder: Port<u64> = cx.spawn(&cx.node(), "adder", (out, 1));
        cx.send(&adder, 1);
    })
    .wait()
    .unwrap();
    seen.is(2);
}

#[test]
fn what_goes_wrong_in_a_spawn_arrives_as_its_death() {
    const FAILS: Service<(), ()> = Service::new("fails");
    const PANICS: Service<(), ()> = Service::new("panics");
    let node = node();
    node.serve(FAILS, |_, ()| Err("no luck".into()));
    node.serve(PANICS, |_, ()| panic!("at start"));
    serve_adder(&node);
    let death = |service: &'static str, arguments: (u8,)| {
        let port: Port<()> = node.spawn(&node, service, arguments);
        node.monitor(&port).wait().code().clone()
    };
    assert_eq!(death("none", (1,)), ReasonCode::NoSuchService);
    assert_eq!(death("adder", (1,)), ReasonCode::BadMessage);
    let death = |service| node.monitor(&node.spawn(&node, service, ())).wait();
    assert_eq!(death(FAILS), Reason::new(ReasonCode::Error, "no luck"));
    assert_eq!(death(PANICS), Reason::new(ReasonCode::Panic, "at start"));
}

#[test]
fn what_went_wrong_in_a_spawn_is_told_to_those_who_watch_later() {
    let node = node();
    let none: Port<()> = node.spawn(&node, "none", ());
    settle(&node);
    assert_eq!(node.monitor(&none).wait().code(), &ReasonCode::NoSuchService);
}

#[test]
fn a_flood_of_events_does_not_grow_without_bound() {
    let node = node();
    let mut events = node.events();
    let (dead, _seen) = sink::<u32>(&node);
    node.kill(&dead, Reason::normal());
    (0..5_000).for_each(|number| node.send(&dead, number));
    settle(&node);
    let count = std::iter::from_fn(|| events.try_next()).inspect(|event| {
        assert!(matches!(event, Event::MessageDropped { .. }));
    });
    assert_eq!(count.count(), 1_024);
}
