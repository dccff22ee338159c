//! Spawned ports whose IDs travel faster than their spawns.

use super::world::{World, millis};
use crate::id::{PortId, PortKind, PortName, PortNumber};

/// The ID of a port that the first node is going to spawn at the second one.
fn promised(world: &World, number: u64) -> PortId {
    let number = PortNumber::counted(number, PortKind::Spawned).unwrap();
    let origin = world.nodes[0].kernel.settings().incarnation.into();
    PortId::new(world.nodes[1].id.clone(), PortName::Native { origin, number })
}

fn spawned(world: &mut World, number: u64) -> PortId {
    let (id, now) = (promised(world, number), world.now);
    let arguments = |out: &mut Vec<u8>| crate::message::cbor::encode(&("arguments",), out);
    world.nodes[0].kernel.spawn(&id.node, &id.name, "echo", now, arguments).unwrap();
    id
}

/// The third node knows of a spawned port; the spawn itself is held up.
fn faster_than_the_spawn() -> (World, PortId) {
    let mut world = World::new(3);
    let (_, other) = world.open(1);
    world.send(2, &other, "hello");
    world.pass(millis(100));
    world.dial_at_once = false;
    let id = spawned(&mut world, 1);
    (world, id)
}

fn let_it_spawn(world: &mut World) {
    world.dial_at_once = true;
    world.release_dials();
    world.pass(millis(1000));
}

/// The port lives, but not for the third node, which has been told once that it is dead.
fn stays_dead_for_the_third_node(world: &mut World, id: &PortId) {
    let port = world.nodes[1].kernel.resolve(&id.name).expect("it lives");
    world.send(2, id, "to the dead");
    world.monitor(2, id);
    world.pass(millis(100));
    assert_eq!((world.texts(1, port), world.codes(2)), (vec![], vec!["no_such_port", "no_such_port"]));
}

#[test]
fn a_message_that_came_before_the_spawn_leaves_no_hole() {
    let (mut world, id) = faster_than_the_spawn();
    world.send(2, &id, "too early");
    world.pass(millis(100));
    let_it_spawn(&mut world);
    let port = world.nodes[1].kernel.resolve(&id.name).expect("it lives");
    world.send(2, &id, "behind the hole");
    world.send(0, &id, "from its spawner");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), ["from its spawner"]);
    world.monitor(2, &id);
    world.pass(millis(100));
    assert_eq!(world.codes(2), ["no_such_port"]);
}

#[test]
fn a_port_that_was_found_missing_before_its_spawn_stays_dead_for_whoever_asked() {
    let (mut world, id) = faster_than_the_spawn();
    world.monitor(2, &id);
    world.pass(millis(100));
    assert_eq!(world.codes(2), ["no_such_port"]);
    let_it_spawn(&mut world);
    stays_dead_for_the_third_node(&mut world, &id);
}

#[test]
fn dead_spawned_ports_are_not_remembered_for_those_who_send_to_them() {
    let mut world = World::new(3);
    let id = spawned(&mut world, 1);
    world.pass(millis(100));
    let port = world.nodes[1].kernel.resolve(&id.name).unwrap();
    world.nodes[1].kernel.close(port, crate::reason::Reason::normal());
    world.send(2, &id, "to the dead");
    world.pass(millis(100));
    let key = world.nodes[1].kernel.by_node[&world.nodes[2].id];
    assert!(world.nodes[1].kernel.peers.get(key).unwrap().closed_here.is_empty());
}

#[test]
fn a_port_of_the_node_that_is_not_open_yet_is_closed_to_whoever_was_faster() {
    let mut world = World::new(2);
    let port = world.nodes[1].numbers.take().unwrap();
    let id = world.nodes[1].kernel.port_id(port);
    world.send(0, &id, "too early");
    world.pass(millis(100));
    world.nodes[1].kernel.open(port);
    world.send(0, &id, "behind the hole");
    world.monitor(0, &id);
    world.pass(millis(100));
    assert_eq!((world.texts(1, port), world.codes(0)), (vec![], vec!["no_such_port"]));
}

#[test]
fn a_lossy_message_that_came_before_the_spawn_closes_nothing() {
    let (mut world, id) = faster_than_the_spawn();
    assert!(world.send_lossy(2, &id, "lost"));
    world.pass(millis(100));
    let_it_spawn(&mut world);
    let port = world.nodes[1].kernel.resolve(&id.name).expect("it lives");
    world.send(2, &id, "no hole that matters");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), ["no hole that matters"]);
}

#[test]
fn a_name_that_was_declared_dead_before_its_spawn_stays_dead_for_whoever_declared_it() {
    let mut world = World::new(3);
    let (_, other) = world.open(1);
    world.send(2, &other, "hello");
    world.pass(millis(100));
    world.black_hole();
    world.dial_at_once = false;
    let id = promised(&world, 1);
    world.send(2, &id, "lost with its session");
    world.pass(millis(60_000));
    world.send(2, &other, "are you there?");
    let_it_spawn(&mut world);
    spawned(&mut world, 1);
    world.pass(millis(1000));
    let port = world.nodes[1].kernel.resolve(&id.name).expect("it lives");
    world.send(2, &id, "behind the hole");
    world.monitor(2, &id);
    world.pass(millis(1000));
    assert_eq!((world.texts(1, port), world.codes(2).len()), (vec![], 1));
}

#[test]
fn a_name_that_was_dead_before_its_spawn_stays_dead_over_restarts_of_its_node() {
    let mut world = World::new(3);
    let id = promised(&world, 1);
    world.monitor(2, &id);
    world.pass(millis(100));
    assert_eq!(world.codes(2), ["no_such_port"]);
    for _ in 0..3 {
        world.crash(1);
        world.pass(millis(5000));
        world.restart(1);
        let (_, other) = world.open(1);
        world.send(2, &other, "hello");
        world.pass(millis(5000));
    }
    spawned(&mut world, 1);
    world.pass(millis(100));
    stays_dead_for_the_third_node(&mut world, &id);
}

#[test]
fn a_dead_name_is_forgotten_once_the_new_process_knows_that_it_is_past() {
    let mut world = World::new(3);
    let id = promised(&world, 1);
    world.monitor(2, &id);
    world.pass(millis(100));
    world.crash(1);
    world.pass(millis(5000));
    world.restart(1);
    spawned(&mut world, 1);
    world.pass(millis(100));
    let port = world.nodes[1].kernel.resolve(&id.name).expect("it lives");
    world.nodes[1].kernel.close(port, crate::reason::Reason::normal());
    assert_eq!(world.nodes[2].kernel.census().fences, 1);
    let (_, other) = world.open(1);
    world.send(2, &other, "hello");
    world.pass(millis(100));
    assert_eq!(world.nodes[2].kernel.census().fences, 0);
}

#[test]
fn a_kill_of_a_dead_name_that_came_before_the_spawn_can_be_repeated() {
    let (mut world, id) = faster_than_the_spawn();
    world.monitor(2, &id);
    world.pass(millis(100));
    let kill = |world: &mut World| {
        let now = world.now;
        world.nodes[2].kernel.kill(&id, &crate::reason::Reason::new("killed", ""), now);
    };
    kill(&mut world);
    world.pass(millis(100));
    let_it_spawn(&mut world);
    let port = world.nodes[1].kernel.resolve(&id.name).expect("it lives");
    kill(&mut world);
    world.pass(millis(100));
    assert!(!world.nodes[1].kernel.is_alive(port));
}
