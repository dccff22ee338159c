//! Too many names of an incarnation are dead.

use std::time::Duration;

use super::world::{World, millis};
use crate::{
    id::{Incarnation, PortId},
    kernel::{Event, retiring::Retired},
    link::Role,
    reason::Reason,
};

/// Two nodes; the first remembers eight dead names, and watches ten ports of the second.
fn ten_watched() -> (World, Vec<PortId>) {
    let mut world = World::new(0);
    world.limits.max_fences = 8;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let ids: Vec<PortId> = (0..10).map(|_| world.open(1).1).collect();
    for id in &ids {
        world.send(0, id, "before");
        world.monitor(0, id);
    }
    world.pass(millis(100));
    (world, ids)
}

fn fail_session(world: &mut World) {
    world.dial_at_once = false;
    world.cut();
    world.pass(Duration::from_secs(60));
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(100));
}

fn retired(world: &World, n: usize) -> usize {
    world.nodes[n].events.iter().filter(|event| matches!(event, Event::Retired { .. })).count()
}

#[test]
fn an_incarnation_with_too_many_fences_is_dead_as_a_whole() {
    let (mut world, ids) = ten_watched();
    fail_session(&mut world);
    assert_eq!((world.nodes[0].fired.len(), retired(&world, 0)), (10, 1));
    // A port that was never watched is dead as well, and so is a new one.
    let (port, id) = world.open(1);
    world.send(0, &id, "to the dead");
    world.monitor(0, &id);
    world.monitor(0, &ids[0]);
    world.pass(Duration::from_secs(10));
    assert_eq!(world.texts(1, port), [""; 0]);
    assert_eq!(world.codes(0)[10..], ["retired", "retired"]);
}

#[test]
fn the_retired_incarnation_is_told_and_what_is_bound_to_the_other_side_dies() {
    let (mut world, _) = ten_watched();
    let ((private, _), (shared, _), (mine, id)) = (world.open(1), world.open(1), world.open(0));
    world.nodes[1].kernel.make_private(private);
    fail_session(&mut world);
    world.send(1, &id, "is anybody there?");
    world.pass(Duration::from_secs(10));
    assert!(!world.nodes[1].kernel.is_alive(private));
    assert!(world.nodes[1].kernel.is_alive(shared) && world.nodes[0].kernel.is_alive(mine));
    assert_eq!(world.texts(0, mine), [""; 0]);
    world.monitor(1, &id);
    world.pass(Duration::from_secs(10));
    assert_eq!(world.codes(1).last(), Some(&"retired"));
}

#[test]
fn it_is_refused_at_once_where_it_was_the_one_that_gave_the_session_up() {
    let (mut world, _) = ten_watched();
    let (mine, id) = world.open(0);
    let (connection, now) = (world.wires[0].ends_at(1), world.now);
    let _ = world.nodes[1].kernel.receive(connection, &[0xff; 8], now);
    world.send(1, &id, "a new session");
    world.monitor(1, &id);
    world.pass(Duration::from_secs(10));
    assert!(retired(&world, 0) > 0);
    assert_eq!((world.texts(0, mine), world.codes(1)), (vec![], vec!["retired"]));
}

#[test]
fn a_running_session_ends_when_one_name_too_many_is_dead() {
    let (mut world, ids) = ten_watched();
    for id in &ids {
        let port = world.nodes[1].kernel.resolve(&id.name).unwrap();
        let from = world.nodes[0].id.clone();
        let _ = world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", ""));
    }
    world.pass(millis(1000));
    // Whichever of the two remembers too much first: the second, for which ten names take nothing more from the first.
    assert_eq!((world.nodes[0].fired.len(), retired(&world, 1)), (10, 1));
}

#[test]
fn the_next_incarnation_is_welcome() {
    let (mut world, ids) = ten_watched();
    fail_session(&mut world);
    world.restart(1);
    let (port, id) = world.open(1);
    world.send(0, &id, "hello");
    world.monitor(0, &id);
    world.pass(Duration::from_secs(10));
    assert_eq!((world.texts(1, port), world.nodes[0].fired.len()), (vec!["hello"], 10));
    world.monitor(0, &ids[0]);
    world.pass(millis(100));
    assert_eq!(world.codes(0).last(), Some(&"retired"));
}

#[test]
fn a_call_that_is_lost_at_overload_with_the_whole_incarnation_ends_once() {
    let mut world = World::new(0);
    (world.limits.max_unacknowledged, world.limits.max_fences) = (1000, 0);
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (_, id) = world.open(1);
    world.dial_at_once = false;
    let number = world.call(0, &id, 1);
    while retired(&world, 0) == 0 {
        world.send(0, &id, "more than there is room for");
        world.drive();
    }
    let ended: Vec<_> = world.nodes[0].answers.iter().map(|(number, _)| *number).collect();
    assert_eq!(ended, [number]);
}

#[test]
fn the_further_names_of_a_retired_incarnation_are_dead_without_asking() {
    let (mut world, ids) = ten_watched();
    let port = world.nodes[1].kernel.resolve(&ids[0].name).unwrap();
    world.nodes[1].kernel.rename(port);
    let id = world.nodes[1].kernel.port_id(port);
    fail_session(&mut world);
    world.dial_at_once = false;
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0)[10..], ["retired"]);
}

#[test]
fn nothing_is_remembered_of_what_a_retired_incarnation_may_not_reach() {
    let (mut world, _) = ten_watched();
    let (port, id) = world.open(0);
    world.send(1, &id, "not understood");
    world.pass(millis(100));
    let from = world.nodes[1].id.clone();
    let _ = world.nodes[0].kernel.refuse(port, &from, &Reason::new("bad_message", ""));
    fail_session(&mut world);
    let key = world.nodes[0].kernel.by_node[&from];
    assert!(world.nodes[0].kernel.peers.get(key).unwrap().closed_here.is_empty());
}

#[test]
fn too_many_names_that_nobody_has_made_retire_every_incarnation() {
    let (mut world, _) = ten_watched();
    let id = |n: usize| -> PortId { format!("b@127.0.0.1:2#made-up-{n}").parse().unwrap() };
    world.dial_at_once = false;
    world.cut();
    for n in 0..10 {
        world.monitor(0, &id(n));
    }
    fail_session(&mut world);
    assert_eq!((world.nodes[0].fired.len(), world.nodes[0].kernel.census().fences), (20, 0));
    world.restart(1);
    let (_, new) = world.open(1);
    world.monitor(0, &new);
    world.drive();
    assert_eq!(world.codes(0)[20..], ["retired"]);
}

#[test]
fn a_retired_incarnation_that_comes_back_does_not_end_the_session_of_its_successor() {
    let (mut world, _) = ten_watched();
    fail_session(&mut world);
    let old = world.nodes[1].authenticated(Role::Acceptor);
    world.restart(1);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(Duration::from_secs(10));
    let now = world.now;
    world.nodes[0].kernel.attach(&old, None, now, now);
    world.send(0, &id, "hello");
    world.pass(millis(100));
    assert_eq!((world.texts(1, port), world.nodes[0].fired.len()), (vec!["hello"], 10));
}

#[test]
fn who_waits_for_a_retired_incarnation_is_told_as_soon_as_it_is_met() {
    let (mut world, ids) = ten_watched();
    fail_session(&mut world);
    world.monitor(0, &PortId::of_node(ids[0].node.clone()));
    world.pass(millis(1000));
    assert_eq!(world.codes(0)[10..], ["retired"]);
}

#[test]
fn a_name_of_a_process_that_was_not_met_is_dead_too_where_its_messages_were_dropped_with_one_name_too_many() {
    let mut world = World::new(0);
    (world.limits.max_unacknowledged, world.limits.max_fences) = (1000, 1);
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let ids = [world.open(1).1, world.open(1).1];
    ids.iter().for_each(|id| world.send(0, id, "before"));
    world.pass(millis(100));
    world.dial_at_once = false;
    world.restart(1);
    let (port, id) = world.open(1);
    let fenced = |world: &World| world.nodes[0].events.iter().any(|event| matches!(event, Event::Fenced { .. }));
    while !fenced(&world) {
        world.send(0, &ids[0], "more than there is room for");
        world.drive();
    }
    while retired(&world, 0) == 0 {
        world.send(0, &id, "more than there is room for");
        world.drive();
    }
    world.send(0, &id, "after what was dropped");
    world.dial_at_once = true;
    world.release_dials();
    world.pass(Duration::from_secs(10));
    assert_eq!(world.texts(1, port), [""; 0]);
}

/// Beyond some incarnations all of a node are dead. A base peer under its ID is none of them.
#[test]
fn incarnations_that_are_dead_stay_dead_when_a_base_peer_is_forgotten() {
    let incarnation = |n: u8| Incarnation([n; 16]);
    let mut of_native = Retired::default();
    (0..=64).for_each(|n| of_native.insert(Some(incarnation(n))));
    of_native.forget_base_peer();
    assert!(of_native.holds(incarnation(64)) && of_native.holds(incarnation(200)));
    let mut of_base = Retired::default();
    of_base.insert(None);
    assert!(of_base.holds(incarnation(1)));
    of_base.forget_base_peer();
    assert!(of_base.is_empty());
}
