//! Calls, spawns, publications.

use super::{World, world::millis};
use crate::{
    id::{PortId, PortKind, PortName, PortNumber},
    kernel::Event,
    message::cbor,
    reason::Reason,
};

#[test]
fn a_call_is_answered_once() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    let number = world.call(0, &id, 7);
    world.drive();
    let (to, reply) = world.nodes[1].calls.pop().unwrap();
    assert_eq!(to, port);
    let now = world.now;
    for _ in 0..2 {
        world.nodes[1].kernel.answer(&reply, None, now, |out| cbor::encode(&("yes",), out)).unwrap();
    }
    world.drive();
    assert_eq!(world.nodes[0].answers, [(number, Ok("yes".into()))]);
}

#[test]
fn a_call_to_a_dead_port_fails_at_once() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.close(port, Reason::normal());
    world.call(0, &id, 1);
    world.drive();
    let codes: Vec<_> =
        world.nodes[0].answers.iter().map(|(_, result)| result.as_ref().unwrap_err().code().as_str()).collect();
    assert_eq!(codes, ["no_such_port"]);
}

#[test]
fn a_reply_that_is_dropped_fails_the_call_once_even_over_a_cut() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.call(0, &id, 1);
    world.drive();
    let (_, reply) = world.nodes[1].calls.pop().unwrap();
    let now = world.now;
    world.wires[0].passes[1] = 3;
    world.nodes[1].kernel.answer_failed(&reply, &Reason::new("no_reply", ""), now);
    world.drive();
    world.cut();
    world.pass(millis(1000));
    assert_eq!(world.nodes[0].answers.len(), 1);
}

#[test]
fn a_call_whose_session_fails_is_lost() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.call(0, &id, 1);
    world.drive();
    world.crash(1);
    world.pass(millis(1000));
    let codes: Vec<_> =
        world.nodes[0].answers.iter().map(|(_, result)| result.as_ref().unwrap_err().code().as_str()).collect();
    assert_eq!(codes, ["node_down"]);
}

#[test]
fn an_answer_for_an_earlier_incarnation_reaches_nobody() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.call(0, &id, 1);
    world.pass(millis(100));
    let (_, stale) = world.nodes[1].calls.pop().unwrap();
    world.restart(0);
    world.call(0, &id, 1);
    world.pass(millis(5000));
    let now = world.now;
    world.nodes[1].kernel.answer(&stale, None, now, |out| cbor::encode(&("stale",), out)).unwrap();
    world.drive();
    assert_eq!(world.nodes[0].answers, []);
    let (_, fresh) = world.nodes[1].calls.pop().unwrap();
    world.nodes[1].kernel.answer(&fresh, None, now, |out| cbor::encode(&("fresh",), out)).unwrap();
    world.drive();
    assert_eq!(world.nodes[0].answers.len(), 1);
}

#[test]
fn a_forgotten_call_is_not_answered() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    let number = world.call(0, &id, 1);
    world.nodes[0].kernel.forget_call(number);
    world.drive();
    let (_, reply) = world.nodes[1].calls.pop().unwrap();
    let now = world.now;
    world.nodes[1].kernel.answer(&reply, None, now, |out| cbor::encode(&("late",), out)).unwrap();
    world.drive();
    assert_eq!(world.nodes[0].answers, []);
}

fn spawn(world: &mut World, service: &str) -> PortId {
    let name = PortName::Native {
        origin: world.nodes[0].kernel.settings().incarnation.into(),
        number: PortNumber::counted(1, PortKind::Spawned).unwrap(),
    };
    let (on, now) = (world.nodes[1].id.clone(), world.now);
    world.nodes[0].kernel.spawn(&on, &name, service, now, |out| cbor::encode(&("arguments",), out)).unwrap();
    PortId::new(on, name)
}

#[test]
fn a_spawned_port_may_be_sent_to_and_watched_at_once() {
    let mut world = World::new(2);
    let id = spawn(&mut world, "echo");
    world.send(0, &id, "hello");
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.nodes[1].received.len(), 1);
    let port = world.nodes[1].received[0].0;
    assert_eq!(world.nodes[1].kernel.port_id(port), id);
    world.nodes[1].kernel.close(port, Reason::normal());
    world.drive();
    assert_eq!(world.codes(0), ["normal"]);
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["normal", "no_such_port"]);
}

#[test]
fn a_failed_spawn_is_told_as_the_death_of_its_port() {
    let mut world = World::new(2);
    let id = spawn(&mut world, "nothing");
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["no_such_service"]);
}

#[test]
fn a_spawned_port_that_dies_before_it_is_watched_still_says_why() {
    let mut world = World::new(2);
    let id = spawn(&mut world, "echo");
    world.drive();
    let port = world.nodes[1].kernel.resolve(&id.name).unwrap();
    world.nodes[1].kernel.close(port, Reason::new("error", "early"));
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["error"]);
}

#[test]
fn a_published_port_is_found_by_address_and_name() {
    let mut world = World::new(2);
    let (port, _) = world.open(1);
    world.nodes[1].kernel.publish("counters", port);
    let address = world.nodes[1].id.recipe()[0].clone();
    let numbers: Vec<_> = (0..3).map(|n| PortNumber::counted(n, PortKind::Reply).unwrap()).collect();
    world.nodes[0].kernel.find(&address, "counters", numbers[0]);
    world.nodes[0].kernel.find(&address, "nothing", numbers[1]);
    world.drive();
    let id = world.nodes[1].kernel.port_id(port).to_string();
    assert_eq!(world.nodes[0].answers[0], (numbers[0], Ok(id)));
    assert_eq!(world.nodes[0].answers[1].1.as_ref().unwrap_err().code().as_str(), "no_such_port");
    assert_eq!(world.live_wires(), 1);
    world.nodes[1].kernel.close(port, Reason::normal());
    world.nodes[0].kernel.find(&address, "counters", numbers[2]);
    world.drive();
    assert_eq!(world.nodes[0].answers[2].1.as_ref().unwrap_err().code().as_str(), "no_such_port");
}

#[test]
fn a_node_finds_what_it_publishes_itself() {
    let mut world = World::new(1);
    let (port, _) = world.open(0);
    world.nodes[0].kernel.publish("own", port);
    let (address, number) = (world.nodes[0].id.recipe()[0].clone(), PortNumber::counted(0, PortKind::Reply).unwrap());
    world.nodes[0].kernel.find(&address, "own", number);
    world.drive();
    assert_eq!(world.nodes[0].answers, [(number, Ok("found".into()))]);
}

#[test]
fn names_that_are_too_long_to_be_published_are_not_looked_up() {
    let mut world = World::new(2);
    let (port, _) = world.open(1);
    let name = "x".repeat(256);
    world.nodes[1].kernel.publish(&name, port);
    let (address, number) = (world.nodes[1].id.recipe()[0].clone(), PortNumber::counted(0, PortKind::Reply).unwrap());
    world.nodes[0].kernel.find(&address, &name, number);
    world.drive();
    assert_eq!(world.nodes[0].answers[0].1.as_ref().unwrap_err().code().as_str(), "bad_message");
    assert_eq!(world.live_wires(), 0);
}

#[test]
fn a_look_up_where_nobody_listens_fails_at_once() {
    let mut world = World::new(1);
    let number = PortNumber::counted(0, PortKind::Reply).unwrap();
    world.nodes[0].kernel.find(&"127.0.0.1:9".parse().unwrap(), "x", number);
    world.drive();
    assert_eq!(world.nodes[0].answers[0].1.as_ref().unwrap_err().code().as_str(), "unreachable");
}

#[test]
fn a_call_whose_answer_finds_no_room_fails_and_leaves_nothing() {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = 1000;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (_, id) = world.open(1);
    let numbers: Vec<_> = (0..30).map(|n| world.call(0, &id, n)).collect();
    world.pass(millis(100));
    world.wires[0].passes[1] = 0;
    let now = world.now;
    for (_, reply) in std::mem::take(&mut world.nodes[1].calls) {
        world.nodes[1].kernel.answer(&reply, None, now, |out| cbor::encode(&("x".repeat(100),), out)).unwrap();
    }
    world.wires[0].passes[1] = usize::MAX;
    world.pass(millis(1000));
    assert_eq!(world.nodes[0].answers.len(), numbers.len());
    assert!(world.nodes[1].kernel.peers.iter().all(|(_, peer)| peer.fences.is_empty()));
    assert!(!world.nodes[1].events.iter().any(|event| matches!(event, Event::Fenced { .. })), "no port is dead");
}

#[test]
fn a_spawn_under_a_name_of_another_is_a_breach() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.close(port, Reason::normal());
    let now = world.now;
    let arguments = |out: &mut Vec<u8>| cbor::encode(&("arguments",), out);
    world.nodes[0].kernel.spawn(&id.node, &id.name, "echo", now, arguments).unwrap();
    world.pass(millis(100));
    assert_eq!(world.nodes[1].spawned, []);
}
