//! More is sent to a node than it takes.

use super::world::{World, millis};
use crate::{id::PortId, kernel::Event, value::Value};

/// Two nodes; the first may queue this much for the second.
fn limited(octets: usize) -> World {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = octets;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    world
}

fn flood(world: &mut World, to: &PortId, count: usize) {
    for n in 0..count {
        world.send(0, to, &format!("message {n}"));
    }
}

#[test]
fn at_the_limit_the_greediest_port_is_fenced_and_its_waiting_messages_are_dropped() {
    let mut world = limited(1000);
    let ((port, id), (modest, modest_id)) = (world.open(1), world.open(1));
    world.send(0, &id, "first");
    world.pass(millis(100));
    world.dial_at_once = false;
    world.cut();
    let watches = [world.monitor(0, &id), world.monitor(0, &modest_id)];
    world.send(0, &modest_id, "a");
    world.drive();
    flood(&mut world, &id, 40);
    world.send(0, &modest_id, "b");
    assert!(world.nodes[0].kernel.unacknowledged() > 500);
    // This one finds no room, and is not the greediest.
    let mut sent = 2;
    while world.nodes[0].fired.is_empty() {
        world.send(0, &modest_id, "c");
        world.outputs(0);
        sent += 1;
    }
    assert_eq!((world.nodes[0].fired.len(), world.nodes[0].fired[0].0), (1, watches[0]));
    assert_eq!(world.codes(0), ["overload"]);
    assert!(world.nodes[0].kernel.unacknowledged() < 600, "the memory is free at once");
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(1000));
    assert_eq!(world.texts(1, modest).len(), sent, "the modest port lost nothing");
    let texts = world.texts(1, port);
    let expected: Vec<String> = (0..40).map(|n| format!("message {n}")).collect();
    assert_eq!(texts[0], "first");
    assert!(texts.len() < 40 && texts[1..] == expected[..texts.len() - 1], "{texts:?}");
    assert_eq!(world.nodes[1].renamed.len(), 1, "it lives on under another name");
}

#[test]
fn what_is_sent_after_the_hole_reaches_nobody_and_later_monitors_fire() {
    let mut world = limited(1000);
    let (port, id) = world.open(1);
    world.dial_at_once = false;
    world.monitor(0, &id);
    flood(&mut world, &id, 100);
    world.drive();
    assert_eq!(world.codes(0), ["overload"]);
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(100));
    world.send(0, &id, "after the hole");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), Vec::<&str>::new());
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["overload", "overload"]);
}

#[test]
fn calls_that_are_dropped_fail() {
    let mut world = limited(1000);
    let (_, id) = world.open(1);
    world.dial_at_once = false;
    (0..100).for_each(|n| _ = world.call(0, &id, n));
    world.drive();
    assert!(world.nodes[0].answers.len() > 20);
    let is_overload = |(_, result): &(_, Result<String, crate::reason::Reason>)| {
        result.as_ref().is_err_and(|reason| reason.code().as_str() == "overload")
    };
    assert!(world.nodes[0].answers.iter().all(is_overload));
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(100));
    assert_eq!((world.nodes[0].answers.len(), world.nodes[1].calls.len()), (100, 0));
}

#[test]
fn large_messages_that_wait_are_dropped_too() {
    let mut world = limited(1_000_000);
    let ((port, id), (modest, modest_id)) = (world.open(1), world.open(1));
    world.dial_at_once = false;
    (0..5).for_each(|_| world.send(0, &id, &"x".repeat(190_000)));
    world.send(0, &modest_id, &"y".repeat(100_000));
    world.send(0, &modest_id, "this one finds no room");
    world.drive();
    assert!(world.nodes[0].kernel.unacknowledged() < 200_000);
    let fenced = |event: &Event| matches!(event, Event::Fenced { port, .. } if *port == id);
    assert!(world.nodes[0].events.iter().any(fenced));
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(1000));
    let sizes: Vec<usize> = world.texts(1, modest).iter().map(|text| text.len()).collect();
    assert_eq!(sizes, [100_000, 22]);
    assert!(world.texts(1, port).is_empty());
}

#[test]
fn a_large_message_that_is_under_way_is_not_torn() {
    let mut world = limited(1_000_000);
    let (port, id) = world.open(1);
    world.send(0, &id, "first");
    world.pass(millis(100));
    world.black_hole();
    for _ in 0..10 {
        world.send(0, &id, &"x".repeat(190_000));
        world.drive();
    }
    world.drive();
    assert_eq!(world.nodes[0].events.iter().filter(|event| matches!(event, Event::Fenced { .. })).count(), 1);
    (0..2).for_each(|end| world.cut_end(0, end));
    world.pass(millis(1000));
    let sizes: Vec<usize> = world.texts(1, port).iter().map(|text| text.len()).collect();
    assert!((2..5).contains(&sizes.len()) && sizes[1..].iter().all(|size| *size == 190_000), "{sizes:?}");
}

#[test]
fn overload_does_not_close_the_node_port_for_good() {
    let mut world = limited(1000);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.publish("service", port);
    world.dial_at_once = false;
    for _ in 0..100 {
        world.send(0, &id, "much");
    }
    let address = id.node.recipe()[0].clone();
    let number = |n| crate::id::PortNumber::counted(n, crate::id::PortKind::Reply).unwrap();
    world.nodes[0].kernel.find(&address, "service", number(1));
    world.drive();
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(1000));
    world.nodes[0].kernel.find(&address, "service", number(2));
    world.pass(millis(1000));
    assert!(matches!(world.nodes[0].answers.last(), Some((_, Ok(_)))), "{:?}", world.nodes[0].answers);
}

/// Two nodes that have not met; the second takes messages of 100,000 octets.
fn one_with_a_smaller_limit() -> World {
    let mut world = World::new(1);
    world.limits.max_message = 100_000;
    world.add("n1@127.0.0.1:4001");
    world
}

#[test]
fn a_message_that_is_too_large_for_a_node_that_was_not_met_closes_its_port_alone() {
    let mut world = one_with_a_smaller_limit();
    let ((port, id), (other, other_id)) = (world.open(1), world.open(1));
    world.monitor(0, &id);
    world.send(0, &id, "before");
    world.send(0, &id, &"x".repeat(150_000));
    world.send(0, &id, "behind the hole");
    world.send(0, &other_id, &"y".repeat(90_000));
    world.pass(millis(1000));
    assert_eq!(world.codes(0), ["too_large"]);
    assert_eq!(world.nodes[0].fired[0].1.delivered(), Some(0..=1));
    assert_eq!((world.texts(1, port), world.texts(1, other)[0].len()), (vec!["before"], 90_000));
    assert_eq!(world.nodes[1].renamed.len(), 1);
}

#[test]
fn a_kill_behind_a_message_that_is_too_large_for_a_node_that_was_not_met_kills() {
    let mut world = one_with_a_smaller_limit();
    let (port, id) = world.open(1);
    world.send(0, &id, &"x".repeat(150_000));
    let now = world.now;
    world.nodes[0].kernel.kill(&id, &crate::reason::Reason::new("enough", ""), now);
    world.pass(millis(1000));
    assert!(!world.nodes[1].kernel.is_alive(port));
}

#[test]
fn a_spawn_that_is_too_large_for_a_node_that_was_not_met_is_the_death_of_its_port() {
    let mut world = one_with_a_smaller_limit();
    let number = crate::id::PortNumber::counted(1, crate::id::PortKind::Spawned).unwrap();
    let name = crate::id::PortName::Native { origin: world.nodes[0].incarnation.into(), number };
    let (on, now) = (world.nodes[1].id.clone(), world.now);
    let arguments = |out: &mut Vec<u8>| crate::message::cbor::encode(&("x".repeat(150_000),), out);
    world.nodes[0].kernel.spawn(&on, &name, "echo", now, arguments).unwrap();
    let id = PortId::new(on, name);
    world.send(0, &id, "to the unborn");
    world.monitor(0, &id);
    world.pass(millis(1000));
    assert_eq!((world.codes(0), world.nodes[1].spawned.len()), (vec!["too_large"], 0));
    let (port, id) = world.open(1);
    world.send(0, &id, "the session goes on");
    world.pass(millis(1000));
    assert_eq!(world.texts(1, port).len(), 1);
}

#[test]
fn a_call_that_is_too_large_for_a_node_that_was_not_met_fails() {
    let mut world = one_with_a_smaller_limit();
    let (_, id) = world.open(1);
    let number = crate::id::PortNumber::counted(1, crate::id::PortKind::Reply).unwrap();
    let now = world.now;
    let arguments = |out: &mut Vec<u8>| crate::message::cbor::encode(&("x".repeat(150_000),), out);
    world.nodes[0].kernel.call(&id, None, number, now, arguments).unwrap();
    world.pass(millis(1000));
    let failures: Vec<_> =
        world.nodes[0].answers.iter().map(|(_, result)| result.as_ref().unwrap_err().code()).collect();
    assert_eq!(failures, [&crate::reason::ReasonCode::TooLarge]);
}

#[test]
fn a_port_that_is_given_up_is_no_reason_to_dial() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.make_private(port);
    world.nodes[0].kernel.give_up(&id);
    world.drive();
    assert_eq!((world.nodes[0].kernel.unacknowledged(), world.wires.len()), (0, 0));
    // It is told of as soon as there is a session for something else.
    let (_, other) = world.open(1);
    world.send(0, &other, "hello");
    world.pass(millis(1000));
    assert_eq!(world.nodes[0].kernel.census().unacknowledged, 0);
    assert!(!world.nodes[1].kernel.is_alive(port), "it dies with who declared it dead");
}

/// A reply that was passed on is answered by a node that has not met the caller's.
#[test]
fn an_answer_that_is_too_large_for_a_node_that_was_not_met_fails_the_call() {
    let mut world = one_with_a_smaller_limit();
    world.add("n2@127.0.0.1:4002");
    let (_, third) = world.open(2);
    world.call(1, &third, 7);
    world.pass(millis(1000));
    let (_, reply) = world.nodes[2].calls.remove(0);
    let (now, answer) = (world.now, "x".repeat(150_000));
    let encode = |out: &mut Vec<u8>| crate::message::cbor::encode(&(&answer,), out);
    world.nodes[0].kernel.answer(&reply, None, now, encode).unwrap();
    assert_eq!(world.nodes[1].answers, []);
    world.pass(millis(1000));
    let [(_, Err(reason))] = &world.nodes[1].answers[..] else { panic!("{:?}", world.nodes[1].answers) };
    assert_eq!(reason.code(), &crate::reason::ReasonCode::TooLarge);
}

/// A node and its master, with a watch there; much may be sent to a port of the master, and the connection is gone.
fn slave_and_master() -> (World, PortId) {
    let mut world = World::new(0);
    (world.limits.max_unacknowledged, world.limits.max_piece) = (4000, 256);
    (world.limits.max_unsent, world.limits.max_in_flight_of_large) = (512, 600);
    world.seeds = vec!["127.0.0.1:1".parse().unwrap()];
    world.add("a@127.0.0.1:2");
    world.add("b@127.0.0.1:1");
    world.pass(millis(3000));
    world.nodes[1].kernel.db_watch("family", world.now).unwrap();
    let (_, id) = world.open(1);
    world.dial_at_once = false;
    world.cut();
    (world, id)
}

/// The values of `key` that the master was told of, once they can come.
fn values(world: &mut World) -> Vec<Value> {
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(1000));
    let failed = |event: &Event| matches!(event, Event::PeerDown { .. });
    assert!(!world.nodes[0].events.iter().any(failed), "the session goes on");
    let changes = world.nodes[1].changes.iter();
    changes.flat_map(|(_, change)| change.added.iter().chain(&change.changed)).map(|(_, value)| value.clone()).collect()
}

fn set(world: &mut World, value: impl Into<Value>) {
    world.nodes[0].kernel.db_set("family", "key", &value.into(), world.now).unwrap();
}

#[test]
fn what_ports_are_sent_takes_no_room_from_the_database() {
    let (mut world, id) = slave_and_master();
    for n in 0..200 {
        world.send(0, &id, &format!("message {n}"));
        set(&mut world, n);
        world.drive();
    }
    assert_eq!(values(&mut world), (0..200).map(Value::from).collect::<Vec<_>>());
}

#[test]
fn large_entries_that_wait_are_not_dropped_for_what_ports_are_sent() {
    let (mut world, id) = slave_and_master();
    world.send(0, &id, &"x".repeat(2000));
    let large = ["y", "z"].map(|text| text.repeat(2000));
    large.iter().for_each(|large| set(&mut world, large.as_str()));
    world.drive();
    flood(&mut world, &id, 3);
    world.drive();
    let fenced = |event: &Event| matches!(event, Event::Fenced { port, .. } if *port != id);
    assert!(!world.nodes[0].events.iter().any(fenced), "the node itself is not dead");
    assert_eq!(values(&mut world), large.map(Value::from));
}
