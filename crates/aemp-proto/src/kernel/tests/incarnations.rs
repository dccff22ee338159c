//! Restarts, and two processes with one node ID.

use super::{World, world::millis};
use crate::{
    id::PortId,
    kernel::{Event, LocalPort},
    link::Role,
    reason::Reason,
};

#[test]
fn the_ports_of_an_earlier_incarnation_are_dead() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    world.monitor(0, &old);
    world.pass(millis(100));
    world.restart(1);
    let (port, new) = world.open(1);
    world.send(0, &old, "to the dead");
    world.send(0, &new, "to the living");
    world.pass(millis(5000));
    assert_ne!(old, new);
    assert_eq!(world.codes(0), ["no_such_port"]);
    assert_eq!(world.nodes[1].received, [(port, "to the living".to_owned())]);
}

#[test]
fn what_was_sent_to_the_new_incarnation_before_it_was_met_arrives() {
    let mut world = World::new(3);
    let (_, old) = world.open(1);
    world.send(0, &old, "hello");
    world.pass(millis(100));
    world.restart(1);
    let (port, new) = world.open(1);
    world.monitor(0, &new);
    for n in 0..5 {
        world.send(0, &new, &format!("{n}"));
    }
    world.send(0, &new, &"z".repeat(150_000));
    world.pass(millis(5000));
    assert_eq!(world.texts(1, port).len(), 6);
    assert_eq!(world.codes(0), [""; 0]);
}

/// The last words of a port whose ID `name` tells, meant for one incarnation, reach the next one, which monitors the port.
fn check_last_words(name: impl Fn(&mut World, LocalPort) -> PortId, dies_first: bool) {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    let (dying, _) = world.open(0);
    let dying_id = name(&mut world, dying);
    world.send(0, &old, "hello");
    world.pass(millis(100));
    world.restart(1);
    let (port, new) = world.open(1);
    world.dial_at_once = false;
    world.send_from(0, &new, Some(dying), &"x".repeat(2 << 20));
    world.send_from(0, &new, Some(dying), "last words");
    if dies_first {
        world.nodes[0].kernel.close(dying, Reason::normal());
    }
    world.pass(millis(100));
    world.dial_at_once = true;
    world.monitor(1, &dying_id);
    // The large messages have begun, and the rest of them is held up.
    let pass_little = |world: &mut World| world.wires.iter_mut().for_each(|wire| wire.passes = [600_000; 2]);
    world.release_dials();
    pass_little(&mut world);
    world.pass(millis(100));
    world.nodes[0].kernel.close(dying, Reason::normal());
    while world.codes(1).is_empty() {
        pass_little(&mut world);
        world.pass(millis(100));
    }
    assert_eq!(world.texts(1, port).last(), Some(&"last words"));
}

#[test]
fn last_words_that_another_incarnation_gets_come_before_the_notice_of_the_death() {
    check_last_words(|world, dying| world.nodes[0].kernel.port_id(dying), false);
}

#[test]
fn they_come_before_it_where_the_port_was_dead_and_known_by_a_further_name() {
    check_last_words(
        |world, dying| {
            world.nodes[0].kernel.rename(dying);
            world.nodes[0].kernel.port_id(dying)
        },
        true,
    );
}

#[test]
fn a_second_living_process_with_the_same_node_id_is_refused() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.send(0, &id, "one");
    world.pass(millis(100));
    let twin = world.add(world.nodes[1].id.clone().as_str());
    world.connect(twin, 0, None, 99);
    world.pass(millis(3000));
    assert!(world.nodes[0].events.contains(&Event::NodeIdInUse { node: id.node.clone() }));
    world.send(0, &id, "two");
    world.pass(millis(100));
    assert_eq!((world.texts(1, port), world.codes(0)), (vec!["one", "two"], vec![]));
    assert!(
        world.nodes[twin]
            .events
            .iter()
            .any(|event| matches!(event, Event::HandshakeRefused { error, .. } if error.contains("node_id_in_use")))
    );
}

#[test]
fn a_newcomer_takes_over_where_the_old_process_does_not_answer() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    world.monitor(0, &old);
    world.pass(millis(100));
    world.black_hole();
    let twin = world.add(world.nodes[1].id.clone().as_str());
    let (port, new) = world.open(twin);
    world.nodes[1].kernel.goodbye();
    world.connect(twin, 0, None, 99);
    world.pass(millis(2500));
    assert_eq!(world.codes(0), ["no_such_port"]);
    world.send(0, &new, "welcome");
    world.pass(millis(100));
    assert_eq!(world.texts(twin, port), ["welcome"]);
}

#[test]
fn a_newcomer_takes_over_at_once_where_the_old_connection_closes_while_it_is_probed() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    world.monitor(0, &old);
    world.pass(millis(100));
    world.black_hole();
    let twin = world.add(world.nodes[1].id.clone().as_str());
    let (port, new) = world.open(twin);
    world.connect(twin, 0, None, 99);
    world.pass(millis(500));
    let (dead, now) = (world.wires[0].ends_at(0), world.now);
    world.nodes[0].kernel.closed(dead, "reset", now);
    world.pass(millis(100));
    assert_eq!(world.codes(0), ["no_such_port"]);
    world.send(0, &new, "welcome");
    world.pass(millis(100));
    assert_eq!(world.texts(twin, port), ["welcome"]);
}

#[test]
fn calls_that_the_old_incarnation_took_fail_and_others_are_kept() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    let taken = world.call(0, &old, 1);
    world.pass(millis(100));
    world.restart(1);
    let (_, new) = world.open(1);
    world.call(0, &new, 2);
    world.pass(millis(5000));
    let failed: Vec<_> = world.nodes[0].answers.iter().map(|(number, _)| *number).collect();
    assert_eq!(failed, [taken]);
    assert_eq!(world.nodes[1].calls.len(), 1);
}

#[test]
fn a_monitor_of_a_node_tells_that_it_was_restarted() {
    let mut world = World::new(2);
    let node = PortId::of_node(world.nodes[1].id.clone());
    world.monitor(0, &node);
    world.pass(millis(100));
    world.restart(1);
    world.pass(millis(5000));
    assert_eq!(world.codes(0), ["restarted"]);
}

#[test]
fn the_last_words_of_a_dead_process_do_not_supersede_the_living_one() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    // A connection of the first process, whose greeting is old, is read late.
    let old = world.nodes[1].authenticated(Role::Acceptor);
    let then = world.now;
    world.pass(millis(10));
    world.restart(1);
    let (port, new) = world.open(1);
    world.send(0, &new, "to the living");
    world.pass(millis(100));
    world.cut();
    world.drive();
    let now = world.now;
    let late = world.nodes[0].kernel.attach(&old, None, then, now);
    world.nodes[0].kernel.receive(late, &super::hostile::hello_octets(), now);
    world.send(0, &new, "still to the living");
    world.pass(millis(10_000));
    assert_eq!(world.texts(1, port), ["to the living", "still to the living"]);
    assert_ne!(id, new);
}

#[test]
fn a_new_process_that_connects_before_the_end_of_the_old_one_is_seen_takes_over_at_once() {
    let mut world = World::new(2);
    let (_, old) = world.open(1);
    world.monitor(0, &old);
    world.pass(millis(100));
    world.restart(1);
    world.backwards = true;
    world.connect(1, 0, None, 77);
    while world.writes(1) | world.carry(1, 0) {}
    world.pass(millis(900));
    assert_eq!(world.codes(0), ["no_such_port"]);
}

#[test]
fn a_challenger_does_not_wait_for_ever() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(100));
    let mut twin = world.nodes[1].authenticated(Role::Dialler);
    twin.incarnation.0[0] = 99;
    twin.role = Role::Acceptor;
    let now = world.now;
    let challenger = world.nodes[0].kernel.attach(&twin, None, now, now);
    world.nodes[0].kernel.receive(challenger, &super::hostile::hello_octets(), now);
    // The probed connection is replaced by another one of the same process, so that no answer comes.
    world.wires[0].passes = [0, 0];
    world.connect(1, 0, None, 200);
    world.pass(millis(6000));
    assert!(world.nodes[0].kernel.peers.iter().all(|(_, peer)| peer.handshakes.is_empty()));
}

#[test]
fn the_watchers_of_an_earlier_incarnation_are_forgotten() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    assert_eq!(world.nodes[1].kernel.ports.watchers(port).count(), 1);
    world.restart(0);
    world.send(0, &id, "from the successor");
    world.pass(millis(5000));
    assert_eq!(world.texts(1, port), ["from the successor"]);
    assert_eq!(world.nodes[1].kernel.ports.watchers(port).count(), 0);
}
