//! Monitors and links inside one node.

use crate::common::{node, seen, settle, sink};
use aemp::{Event, Port, Reason, ReasonCode, Watch};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
enum Msg {
    Watch(Port),
    Forget,
    #[serde(skip)]
    Gone(Reason),
}

fn killed() -> Reason {
    Reason::new(ReasonCode::Killed, "")
}

#[test]
fn a_monitor_fires_once_with_the_reason() {
    let node = node();
    let (victim, _seen) = sink::<u32>(&node);
    let (out, seen) = seen();
    let watcher = node.port(move |cx, msg: Msg| match msg {
        Msg::Watch(port) => cx.monitor(&port, Msg::Gone).forever(),
        Msg::Gone(reason) => out.send(reason).unwrap(),
        Msg::Forget => {}
    });
    node.send(&watcher, Msg::Watch(victim.cast()));
    node.kill(&victim, Reason::new("tired", "of it"));
    node.kill(&victim, killed());
    seen.is(Reason::new("tired", "of it"));
    seen.nothing_more();
}

#[test]
fn a_monitor_on_a_dead_port_fires_at_once() {
    let node = node();
    let (victim, _seen) = sink::<u32>(&node);
    node.kill(&victim, killed());
    settle(&node);
    assert_eq!(node.monitor(&victim).wait().code(), &ReasonCode::NoSuchPort);
}

#[test]
fn a_watch_that_is_set_while_a_notice_is_on_its_way_takes_nothing_from_it() {
    let node = node();
    let [(first, _a), (second, _b)] = [sink::<u32>(&node), sink::<u32>(&node)];
    let (out, seen) = seen();
    let (old, new) = (out.clone(), out);
    let (target, later) = (first.clone(), second.clone());
    let setter = node.port(move |cx, (): ()| {
        let new = new.clone();
        cx.monitor_with(&later, move |_, reason| new.send(("new", reason)).unwrap()).forever();
    });
    node.run(move |cx| {
        cx.monitor_with(&target, move |_, reason| old.send(("old", reason)).unwrap()).forever();
        cx.kill(&target, killed());
        // It is handled when the port is dead, and before the notice is told.
        cx.send(&setter, ());
    })
    .wait()
    .unwrap();
    seen.is(("old", killed()));
    node.kill(&second, Reason::normal());
    seen.is(("new", Reason::normal()));
    seen.nothing_more();
}

#[test]
fn after_a_watch_is_dropped_nothing_of_it_comes() {
    let node = node();
    let (victim, _seen) = sink::<u32>(&node);
    let (out, seen) = seen();
    let mut watches: Vec<Watch> = Vec::new();
    let watcher = node.port(move |cx, msg: Msg| match msg {
        Msg::Watch(port) => watches.push(cx.monitor(&port, Msg::Gone)),
        Msg::Gone(reason) => out.send(reason).unwrap(),
        Msg::Forget => watches.clear(),
    });
    node.send(&watcher, Msg::Watch(victim.cast()));
    // The death is known, and its notice is on its way, when the watch is dropped.
    node.run(move |cx| {
        cx.kill(&victim, killed());
        cx.send(&watcher, Msg::Forget);
    })
    .wait()
    .unwrap();
    seen.nothing_more();
}

#[test]
fn last_words_come_before_the_notice_of_death() {
    let node = node();
    let (out, seen) = seen();
    let notes = out.clone();
    let listener = node.port(move |_, text: String| out.send(text).unwrap());
    let watched = node.port({
        let listener = listener.clone();
        move |cx, (): ()| {
            cx.send(&listener, "last words".into());
            cx.stop();
        }
    });
    node.run({
        let watched = watched.clone();
        move |cx| cx.monitor_with(&watched, move |_, reason| notes.send(format!("dead: {reason}")).unwrap()).forever()
    })
    .wait()
    .unwrap();
    node.send(&watched, ());
    seen.is("last words".into());
    seen.is("dead: normal".into());
}

/// It travels within a node as it is, and cannot be encoded.
#[derive(Deserialize)]
struct Local;

impl Serialize for Local {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it stays here"))
    }
}

#[test]
fn a_handler_whose_port_has_died_says_nothing_more() {
    let node = node();
    let (out, seen) = seen();
    let notes = out.clone();
    let listener = node.port(move |_, text: String| out.send(text).unwrap());
    let (of_another_type, _seen) = sink::<u32>(&node);
    let watched = node.port(move |cx, (): ()| {
        cx.send(&listener, "last words".into());
        cx.send(&of_another_type.cast(), Local);
        cx.send(&listener, "from the dead".into());
    });
    node.run({
        let watched = watched.clone();
        move |cx| {
            cx.monitor_with(&watched, move |_, reason| notes.send(format!("dead: {}", reason.code().as_str())).unwrap())
                .forever()
        }
    })
    .wait()
    .unwrap();
    node.send(&watched, ());
    seen.is("last words".into());
    seen.is("dead: unencodable".into());
    seen.nothing_more();
}

#[test]
fn a_link_carries_an_abnormal_death_on_and_a_normal_one_not() {
    for (reason, dies) in [(killed(), true), (Reason::normal(), false)] {
        let node = node();
        let (victim, _seen) = sink::<u32>(&node);
        let linked = node.port(|cx, port: Port| cx.link(&port).forever());
        let (out, seen) = seen();
        node.run({
            let linked = linked.clone();
            move |cx| {
                cx.monitor_with(&linked, move |_, reason| out.send(reason.code().clone()).unwrap()).forever();
            }
        })
        .wait()
        .unwrap();
        node.send(&linked, victim.cast());
        node.kill(&victim, reason);
        if dies {
            seen.is(ReasonCode::Linked);
        } else {
            seen.nothing_more();
        }
    }
}

#[test]
fn the_death_of_the_watcher_leaves_the_watched_alone() {
    let node = node();
    let (watched, seen) = sink::<u32>(&node);
    let watcher = node.port(|cx, msg: Msg| {
        if let Msg::Watch(port) = msg {
            cx.monitor(&port, Msg::Gone).forever();
        }
    });
    node.send(&watcher, Msg::Watch(watched.cast()));
    node.kill(&watcher, killed());
    node.send(&watched, 1);
    seen.is(1);
}

#[test]
fn ten_thousand_monitors_on_one_port_fire_once_each() {
    let node = node();
    let (victim, _seen) = sink::<u32>(&node);
    let (out, seen) = seen();
    node.run({
        let victim = victim.clone();
        move |cx| {
            for number in 0..10_000_u32 {
                let out = out.clone();
                cx.monitor_with(&victim, move |_, _| out.send(number).unwrap()).forever();
            }
        }
    })
    .wait()
    .unwrap();
    node.kill(&victim, killed());
    let mut all: Vec<_> = (0..10_000).map(|_| seen.next()).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..10_000));
    seen.nothing_more();
}

#[test]
fn an_abnormal_death_that_nobody_watched_is_an_event() {
    let node = node();
    let mut events = node.events();
    let (victim, _seen) = sink::<u32>(&node);
    node.kill(&victim, killed());
    assert!(matches!(events.wait(), Some(Event::UnwatchedDeath { port, .. }) if port == *victim.id()));
}

#[test]
fn a_monitor_on_the_own_node_does_not_fire_while_it_runs() {
    let node = node();
    let (out, seen) = seen();
    let me: Port = node.id().to_string().parse().unwrap();
    node.run(move |cx| cx.monitor_with(&me, move |_, reason| out.send(reason).unwrap()).forever()).wait().unwrap();
    seen.nothing_more();
}
