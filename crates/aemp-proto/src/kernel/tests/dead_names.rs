//! Names that are dead for a node: why, since when, and for how long it is told.

use std::time::Duration;

use super::world::{World, millis};
use crate::{
    id::{NodeId, PortId},
    kernel::{Certificate, Event, LocalPort, Refused},
    reason::Reason,
};

/// Node 0 watches a port of node 1, and has declared it dead.
fn declared_dead() -> (World, LocalPort, PortId) {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    part(&mut world);
    (world, port, id)
}

/// The session fails.
fn part(world: &mut World) {
    world.dial_at_once = false;
    world.cut();
    world.pass(Duration::from_secs(60));
}

/// There is a session again.
fn meet(world: &mut World) {
    world.dial_at_once = true;
    let (_, other) = world.open(1);
    world.send(0, &other, "hello");
    world.pass(millis(5000));
}

fn kill(world: &mut World, id: &PortId) {
    let now = world.now;
    world.nodes[0].kernel.kill(id, &Reason::new("killed", "enough"), now);
}

/// A port of a node refuses the latest message of the other one.
fn refuse(world: &mut World, n: usize, port: LocalPort, text: &str) -> Refused {
    let from: NodeId = world.nodes[1 - n].id.clone();
    world.nodes[n].kernel.refuse(port, &from, &Reason::new("bad_message", text))
}

fn certificate(world: &World, id: &PortId) -> Option<Certificate> {
    let kernel = &world.nodes[0].kernel;
    let fences = &kernel.peers.get(kernel.by_node[&id.node])?.fences;
    fences.explain(&id.name, world.now).map(|fenced| fenced.certificate)
}

#[test]
fn the_first_reason_stays() {
    let (mut world, _, id) = declared_dead();
    kill(&mut world, &id);
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["unreachable", "unreachable"]);
}

#[test]
fn a_kill_is_owed_until_it_is_answered_even_if_the_name_was_known_to_live_on() {
    let (mut world, port, id) = declared_dead();
    meet(&mut world);
    assert_eq!(certificate(&world, &id), Some(Certificate::LivesOn));
    world.dial_at_once = false;
    world.cut();
    kill(&mut world, &id);
    assert_eq!(certificate(&world, &id), Some(Certificate::OwedKill));
    part(&mut world);
    assert!(world.nodes[1].kernel.is_alive(port));
    meet(&mut world);
    assert_eq!((world.nodes[1].kernel.is_alive(port), certificate(&world, &id)), (false, None));
}

#[test]
fn a_name_that_its_own_node_has_closed_needs_no_certificate() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "not understood");
    world.pass(millis(100));
    assert_eq!(refuse(&mut world, 1, port, ""), Refused::LivesOn);
    world.pass(millis(100));
    assert_eq!(certificate(&world, &id), Some(Certificate::LivesOn));
}

#[test]
fn who_watches_a_port_under_a_name_that_is_too_old_to_be_kept_is_told() {
    let mut world = World::new(2);
    let (port, _) = world.open(1);
    world.nodes[1].kernel.rename(port);
    let old = world.nodes[1].kernel.port_id(port);
    world.monitor(0, &old);
    world.pass(millis(100));
    (0..999).for_each(|_| world.nodes[1].kernel.rename(port));
    world.pass(millis(100));
    assert_eq!(world.codes(0), [""; 0]);
    world.nodes[1].kernel.rename(port);
    world.pass(millis(100));
    assert_eq!(world.codes(0), ["limit"]);
}

#[test]
fn all_names_of_a_port_are_closed_for_whoever_sent_what_it_refused() {
    let mut world = World::new(2);
    let (port, first) = world.open(1);
    world.nodes[1].kernel.rename(port);
    let second = world.nodes[1].kernel.port_id(port);
    world.send(0, &second, "not understood");
    world.pass(millis(100));
    assert_eq!(refuse(&mut world, 1, port, ""), Refused::LivesOn);
    // These are on their way before the sender can know.
    world.send(0, &first, "behind it");
    world.send(0, &second, "behind it");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port), ["not understood"]);
    let closed = |event: &&Event| matches!(event, Event::Fenced { port, .. } if *port == second);
    assert_eq!(world.nodes[0].events.iter().filter(closed).count(), 1, "it is told once");
}

#[test]
fn of_the_reasons_of_closed_names_only_the_beginning_is_kept_on_both_sides() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "not understood");
    world.pass(millis(100));
    assert_eq!(refuse(&mut world, 1, port, &"x".repeat(10_000)), Refused::LivesOn);
    world.pass(millis(100));
    let peer = |n: usize| world.nodes[n].kernel.peers.iter().next().expect("they have met").1;
    assert_eq!(peer(1).closed_here[&id.name].text().len(), 256);
    assert_eq!(peer(0).fences.death(&id.name).expect("it is dead").text().len(), 256);
}

#[test]
fn closed_names_are_open_for_the_next_incarnation() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "not understood");
    world.pass(millis(100));
    assert_eq!(refuse(&mut world, 1, port, ""), Refused::LivesOn);
    world.restart(0);
    world.send(0, &id, "from the successor");
    world.pass(millis(5000));
    assert_eq!(world.texts(1, port), ["not understood", "from the successor"]);
}

#[test]
fn a_port_that_is_linked_with_one_of_the_sender_dies_of_what_it_refuses_as_long_as_it_is() {
    let mut world = World::new(2);
    let ((port, id), (_, its)) = (world.open(0), world.open(1));
    let now = world.now;
    let links = [(); 2].map(|()| world.nodes[0].kernel.link(port, &its, now));
    world.send(1, &id, "not understood");
    world.pass(millis(100));
    assert_eq!(refuse(&mut world, 0, port, ""), Refused::Dies);
    world.nodes[0].kernel.demonitor(links[0]);
    assert_eq!(refuse(&mut world, 0, port, ""), Refused::Dies);
    world.nodes[0].kernel.demonitor(links[1]);
    assert_eq!(refuse(&mut world, 0, port, ""), Refused::LivesOn);
}

#[test]
fn who_may_not_reach_a_name_is_not_forgotten() {
    let mut world = World::new(0);
    world.limits.max_idle_peers = 0;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (port, id) = world.open(1);
    world.send(0, &id, "not understood");
    world.pass(millis(100));
    assert_eq!(refuse(&mut world, 1, port, ""), Refused::LivesOn);
    world.pass(millis(100));
    part(&mut world);
    assert_eq!(world.nodes[1].kernel.peers().len(), 1);
}
