//! What a node has declared dead stays dead for it.

use super::{World, world::millis};
use crate::{
    id::{PortId, PortKind, PortName, PortNumber},
    kernel::DialFailure,
    message::cbor,
    reason::Reason,
};

/// The nodes cannot reach each other until [`heal`].
fn part(world: &mut World) {
    for n in 0..world.nodes.len() {
        let address = world.nodes[n].id.recipe()[0].clone();
        world.failures.insert(address, DialFailure::Unreachable("no route".into()));
    }
    world.cut();
}

fn heal(world: &mut World) {
    world.failures.clear();
}

/// Node 0 declares the ports of node 1 dead that it watches or sends to.
fn fail_session(world: &mut World) {
    part(world);
    world.pass(millis(40_000));
    heal(world);
}

/// Something else makes the first node connect to the second one.
fn meet_again(world: &mut World) {
    let (_, other) = world.open(1);
    world.send(0, &other, "connect");
    world.pass(millis(10_000));
}

#[test]
fn a_port_that_was_declared_dead_is_never_reached_again_under_its_name() {
    let mut world = World::new(3);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    fail_session(&mut world);
    assert_eq!(world.codes(0), ["unreachable"]);
    world.send(0, &id, "to the dead");
    world.monitor(0, &id);
    world.pass(millis(10_000));
    assert_eq!(world.codes(0), ["unreachable", "unreachable"]);
    assert_eq!(world.texts(1, port), [""; 0]);
    world.send(2, &id, "others notice nothing");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), ["others notice nothing"]);
}

#[test]
fn a_port_that_lives_on_gets_one_new_name_that_works() {
    let mut world = World::new(3);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.publish("it", port);
    world.monitor(0, &id);
    world.monitor(2, &id);
    world.pass(millis(100));
    fail_session(&mut world);
    // Node 2 declared it dead, too: one new name is enough for both.
    let (_, other) = world.open(1);
    world.send(0, &other, "connect");
    world.send(2, &other, "connect");
    world.pass(millis(10_000));
    assert_eq!(world.nodes[1].renamed.len(), 1);
    let new = world.nodes[1].kernel.port_id(port);
    assert_ne!(new, id);
    assert_eq!(world.nodes[1].kernel.published("it"), Some(port));
    world.send(0, &new, "hello again");
    let watch = world.monitor(0, &new);
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), ["hello again"]);
    world.nodes[1].kernel.close(port, Reason::normal());
    world.pass(millis(100));
    assert_eq!(world.nodes[0].fired.last(), Some(&(watch, Reason::normal())));
}

#[test]
fn a_lost_message_closes_its_port_even_if_nobody_watched_it() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(100));
    part(&mut world);
    world.send(0, &id, "two");
    world.pass(millis(40_000));
    heal(&mut world);
    world.send(0, &id, "three");
    world.monitor(0, &id);
    world.pass(millis(10_000));
    assert_eq!((world.texts(1, port), world.codes(0)), (vec!["one"], vec!["unreachable"]));
}

#[test]
fn a_port_that_was_spawned_is_killed_by_the_side_that_declared_it_dead() {
    let mut world = World::new(3);
    let name = PortName::Native {
        origin: world.nodes[0].kernel.settings().incarnation.into(),
        number: PortNumber::counted(1, PortKind::Spawned).unwrap(),
    };
    let (on, now) = (world.nodes[1].id.clone(), world.now);
    world.nodes[0].kernel.spawn(&on, &name, "echo", now, |out| cbor::encode(&("x",), out)).unwrap();
    let id = PortId::new(on, name);
    world.monitor(0, &id);
    world.monitor(2, &id);
    world.pass(millis(100));
    let port = world.nodes[1].kernel.resolve(&id.name).unwrap();
    fail_session(&mut world);
    meet_again(&mut world);
    assert!(!world.nodes[1].kernel.is_alive(port));
}

#[test]
fn a_private_port_dies_with_whoever_declares_it_dead() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.make_private(port);
    world.monitor(0, &id);
    world.pass(millis(100));
    fail_session(&mut world);
    meet_again(&mut world);
    assert!(!world.nodes[1].kernel.is_alive(port));
    world.monitor(0, &id);
    world.pass(millis(100));
    // The fence is gone with the port: now the node itself says that there is none.
    assert_eq!(world.codes(0), ["unreachable", "no_such_port"]);
}

#[test]
fn a_kill_that_was_lost_kills_as_soon_as_there_is_a_session() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(100));
    part(&mut world);
    let now = world.now;
    world.nodes[0].kernel.kill(&id, &Reason::new("killed", "enough"), now);
    world.pass(millis(40_000));
    assert!(world.nodes[1].kernel.is_alive(port));
    heal(&mut world);
    meet_again(&mut world);
    assert!(!world.nodes[1].kernel.is_alive(port));
}

#[test]
fn a_kill_of_a_port_that_was_declared_dead_still_kills_it() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    fail_session(&mut world);
    meet_again(&mut world);
    assert!(world.nodes[1].kernel.is_alive(port));
    let now = world.now;
    world.nodes[0].kernel.kill(&id, &Reason::new("killed", ""), now);
    world.pass(millis(100));
    assert!(!world.nodes[1].kernel.is_alive(port));
}

#[test]
fn certificates_are_repeated_until_they_are_answered() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.make_private(port);
    world.monitor(0, &id);
    world.pass(millis(100));
    part(&mut world);
    world.pass(millis(40_000));
    // The next session fails before it has told anything.
    let (_, other) = world.open(1);
    world.send(0, &other, "lost");
    world.pass(millis(40_000));
    heal(&mut world);
    meet_again(&mut world);
    assert!(!world.nodes[1].kernel.is_alive(port));
}

#[test]
fn certificates_alone_are_no_reason_to_dial() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    part(&mut world);
    world.crash(1);
    world.pass(millis(100_000));
    assert_eq!(world.nodes[0].kernel.deadline(), None);
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
}

#[test]
fn a_restart_of_the_other_node_does_not_open_what_is_closed() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    world.monitor(0, &old);
    world.pass(millis(100));
    fail_session(&mut world);
    world.restart(1);
    let (port, new) = world.open(1);
    world.send(0, &new, "welcome");
    world.monitor(0, &old);
    world.pass(millis(10_000));
    assert_eq!(world.texts(1, port), ["welcome"]);
    assert_eq!(world.codes(0).len(), 2);
    assert_eq!(world.nodes[1].renamed, []);
}

#[test]
fn a_port_of_an_incarnation_that_was_not_met_yet_stays_closed_when_it_is_met() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    world.send(0, &old, "hello");
    world.pass(millis(100));
    part(&mut world);
    world.restart(1);
    let (port, new) = world.open(1);
    // Its ID was handed on; the message to it is lost with a session with the process before it.
    world.send(0, &new, "lost");
    world.pass(millis(40_000));
    heal(&mut world);
    world.send(0, &new, "a hole before me");
    meet_again(&mut world);
    assert_eq!(world.texts(1, port), [""; 0]);
    assert_eq!(world.nodes[1].renamed.len(), 1);
}

#[test]
fn at_the_limit_a_running_session_tells_at_once() {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = 1000;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (port, id) = world.open(1);
    world.send(0, &id, "first");
    world.pass(millis(100));
    for n in 0..100 {
        world.send(0, &id, &format!("message {n}"));
    }
    world.pass(millis(1000));
    assert_eq!(world.nodes[1].renamed.len(), 1);
    let new = world.nodes[1].kernel.port_id(port);
    world.send(0, &new, "under the new name");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port).last(), Some(&"under the new name"));
}

#[test]
fn a_refused_message_closes_the_port_for_its_sender_alone() {
    let mut world = World::new(3);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.send(0, &id, "one");
    world.drive();
    // Another message is on its way when the first is refused.
    world.send(0, &id, "two");
    let from = world.nodes[0].id.clone();
    let refused = world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", "no"));
    assert_eq!(refused, crate::kernel::Refused::LivesOn);
    world.drive();
    world.send(0, &id, "three");
    world.send(2, &id, "from another");
    world.monitor(0, &id);
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), ["one", "from another"]);
    assert_eq!(world.codes(0), ["bad_message", "bad_message"]);
    let new = world.nodes[1].kernel.port_id(port);
    world.send(0, &new, "under the new name");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port).last(), Some(&"under the new name"));
}

#[test]
fn what_is_closed_stays_closed_for_an_incarnation_over_a_failed_session() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(100));
    part(&mut world);
    // The refusal is never told: the session fails first.
    let from = world.nodes[0].id.clone();
    let _ = world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", "no"));
    world.pass(millis(40_000));
    heal(&mut world);
    world.send(0, &id, "into the gap");
    world.monitor(0, &id);
    world.pass(millis(10_000));
    assert_eq!((world.texts(1, port), world.codes(0)), (vec!["one"], vec!["bad_message"]));
}

#[test]
fn a_port_that_was_spawned_dies_of_a_message_of_its_spawner_that_it_refuses() {
    let mut world = World::new(2);
    let (port, _) = world.open(1);
    world.nodes[1].kernel.make_private(port);
    let (_, other) = world.open(1);
    world.send(0, &other, "hello");
    world.drive();
    let from = world.nodes[0].id.clone();
    let refused = world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", "no"));
    assert_eq!(refused, crate::kernel::Refused::Dies);
}

#[test]
fn an_acknowledgement_that_was_on_its_way_does_not_bind_a_fence_to_the_dead_incarnation() {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = 1000;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (_, old) = world.open(1);
    world.send(0, &old, "hello");
    world.drive();
    // What the process says last is held up.
    world.wires[0].passes[1] = 0;
    world.pass(millis(30));
    world.restart(1);
    let (port, new) = world.open(1);
    // Its successor's port ID was handed on; too much is sent to it for a session with the dead one.
    let sent: Vec<String> = (0..100).map(|n| format!("message {n}")).collect();
    sent.iter().for_each(|text| world.send(0, &new, text));
    world.wires[0].passes[1] = usize::MAX;
    world.pass(millis(1000));
    world.send(0, &new, "behind the gap");
    world.pass(millis(5000));
    let texts = world.texts(1, port);
    assert!(texts == sent[..texts.len()], "{texts:?}");
    assert_eq!(world.nodes[1].renamed.len(), 1);
}

#[test]
fn a_look_up_never_gives_a_name_that_is_dead_for_whoever_asks() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.publish("service", port);
    world.send(0, &id, "hello");
    world.pass(millis(100));
    // The answer is on its way when the name dies.
    let address = id.node.recipe()[0].clone();
    let number = PortNumber::counted(1, PortKind::Reply).unwrap();
    world.wires[0].passes[1] = 0;
    world.nodes[0].kernel.find(&address, "service", number);
    world.pass(millis(10));
    let key = world.nodes[0].kernel.by_node[&id.node];
    world.nodes[0].kernel.fence(key, &id.name, &Reason::new("overload", ""));
    world.wires[0].passes[1] = usize::MAX;
    world.pass(millis(1000));
    let new = world.nodes[1].kernel.port_id(port);
    assert_ne!(new, id);
    let found = world.nodes[0].answers[0].1.clone().unwrap();
    assert_eq!(found, new.to_string());
}

#[test]
fn closed_names_of_processes_that_were_replaced_at_once_are_forgotten() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(100));
    let from = world.nodes[0].id.clone();
    let _ = world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", "no"));
    world.pass(millis(100));
    assert_eq!(world.nodes[0].kernel.census().fences, 1);
    for _ in 0..2 {
        world.restart(1);
        let (_, other) = world.open(1);
        world.send(0, &other, "hello");
        world.pass(millis(1000));
    }
    assert_eq!(world.nodes[0].kernel.census().fences, 0);
}
