//! The reason says what became of a node, on both sides.

use super::world::{World, millis};
use crate::{
    id::PortId,
    kernel::{ConnectionId, DialFailure, Event},
    reason::Reason,
};

/// Two nodes, each of which watches a port of the other and the other itself.
fn watching_each_other() -> World {
    let mut world = World::new(2);
    let ids = [world.open(0).1, world.open(1).1];
    for n in 0..2 {
        world.monitor(n, &ids[1 - n]);
        world.monitor(n, &PortId::of_node(ids[1 - n].node.clone()));
    }
    world.pass(millis(100));
    world
}

fn fail_dials(world: &mut World, with: &DialFailure) {
    for n in 0..2 {
        world.failures.insert(world.nodes[n].id.recipe()[0].clone(), with.clone());
    }
}

/// Everything that a node was told: the reasons of its monitors, and of the end of the session.
fn told(world: &World, n: usize) -> Vec<&str> {
    let down = world.nodes[n].events.iter().filter_map(|event| match event {
        Event::PeerDown { reason, .. } => Some(reason.code().as_str()),
        _ => None,
    });
    world.codes(n).into_iter().chain(down).collect()
}

#[test]
fn an_orderly_end_and_a_crash_are_told_as_the_end_of_the_node() {
    let mut world = watching_each_other();
    world.nodes[1].kernel.goodbye();
    world.pass(millis(100));
    assert_eq!(told(&world, 0), ["node_down"; 3]);
    assert!(world.nodes[0].fired[0].1.text().contains("said goodbye"), "{:?}", world.nodes[0].fired[0]);

    let mut world = watching_each_other();
    world.crash(1);
    world.pass(millis(1_000));
    assert_eq!(told(&world, 0), ["node_down"; 3]);
}

#[test]
fn silence_is_told_as_unreachable_on_both_sides() {
    let mut world = watching_each_other();
    world.black_hole();
    fail_dials(&mut world, &DialFailure::Unreachable("no route to host".into()));
    world.pass(millis(50_000));
    for n in 0..2 {
        assert_eq!(told(&world, n), ["unreachable"; 3]);
        assert!(world.nodes[n].fired[0].1.text().contains("no route to host"), "{:?}", world.nodes[n].fired[0]);
    }
}

#[test]
fn who_is_given_up_by_the_other_side_is_told_so() {
    let mut world = watching_each_other();
    let (mine, now) = (world.nodes[0].kernel.peers.iter().next().unwrap().0, world.now);
    world.nodes[0].kernel.fail(mine, 9, &Reason::new("unreachable", "a test"), now);
    world.pass(millis(10_000));
    assert_eq!(told(&world, 0), ["unreachable"; 3]);
    assert_eq!(told(&world, 1), ["unreachable"; 3]);
    assert!(world.nodes[1].fired[0].1.text().contains("gave the session up"), "{:?}", world.nodes[1].fired[0]);
}

#[test]
fn a_breach_of_the_rules_is_told_to_its_victim_with_the_rule() {
    let mut world = watching_each_other();
    let carrier = world.nodes[0].kernel.peers.iter().find_map(|(_, peer)| peer.connection).unwrap();
    let now = world.now;
    world.nodes[0].kernel.receive(ConnectionId(carrier), &[0, 0, 0, 0], now);
    world.pass(millis(10_000));
    assert_eq!(told(&world, 0), ["misbehaved"; 3]);
    let misbehaved = |event: &Event| matches!(event, Event::Misbehaved { .. });
    assert!(world.nodes[0].events.iter().any(misbehaved));
}

#[test]
fn another_process_in_the_place_of_a_node_is_told_as_a_restart() {
    let mut world = watching_each_other();
    world.restart(1);
    world.pass(millis(5_000));
    let mut codes = world.codes(0);
    codes.sort_unstable();
    assert_eq!(codes, ["no_such_port", "restarted"]);
}
