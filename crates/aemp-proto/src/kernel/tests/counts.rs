//! Reasons say how many messages were delivered.

use std::{ops::RangeInclusive, time::Duration};

use super::world::{World, millis};
use crate::{
    id::PortId,
    kernel::{LocalPort, Refused},
    reason::Reason,
};

/// What the last monitor of the first node that fired says.
fn delivered(world: &World) -> Option<RangeInclusive<u64>> {
    world.nodes[0].fired.last().expect("a monitor fired").1.delivered()
}

fn send(world: &mut World, to: &PortId, count: usize) {
    (0..count).for_each(|n| world.send(0, to, &n.to_string()));
}

/// What the first node sends to these ports is lost with its session; then it asks for the last of them.
fn lose_the_session(world: &mut World, ports: &[&PortId]) {
    world.dial_at_once = false;
    world.cut();
    ports.iter().for_each(|port| world.send(0, port, "lost"));
    world.pass(Duration::from_secs(60));
    ports.last().map(|port| world.monitor(0, port));
    world.drive();
}

/// The port cannot read what it was sent by node 0.
fn refuse(world: &mut World, port: LocalPort) -> Refused {
    let from = world.nodes[0].id.clone();
    world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", ""))
}

#[test]
fn the_notice_of_a_death_says_exactly_how_many_were_delivered() {
    let mut world = World::new(2);
    let ((port, id), (_, other)) = (world.open(1), world.open(1));
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    send(&mut world, &other, 5);
    world.pass(millis(100));
    world.nodes[1].kernel.close(port, Reason::new("error", ""));
    send(&mut world, &id, 4);
    world.pass(millis(100));
    assert_eq!(delivered(&world), Some(3..=3));
    world.monitor(0, &id);
    world.pass(millis(100));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["error", "no_such_port"], Some(3..=3)));
}

#[test]
fn large_messages_and_calls_count() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.send(0, &id, &"x".repeat(200_000));
    world.call(0, &id, 1);
    world.send(0, &id, "small");
    world.pass(millis(100));
    world.nodes[1].kernel.close(port, Reason::normal());
    world.pass(millis(100));
    assert_eq!(delivered(&world), Some(3..=3));
}

#[test]
fn a_failed_session_leaves_what_was_given_out_in_doubt() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.dial_at_once = false;
    // Of these nobody knows.
    world.wires[0].passes = [0; 2];
    send(&mut world, &id, 2);
    world.drive();
    world.cut();
    // These were never given out.
    send(&mut world, &id, 4);
    world.pass(Duration::from_secs(60));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["unreachable"], Some(3..=5)));
    world.monitor(0, &id);
    world.drive();
    assert_eq!(delivered(&world), Some(3..=5), "later monitors hear the same");
}

#[test]
fn a_port_that_loses_its_waiting_messages_had_those_before() {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = 1000;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.dial_at_once = false;
    world.cut();
    send(&mut world, &id, 300);
    world.drive();
    assert_eq!((world.codes(0), delivered(&world)), (vec!["overload"], Some(3..=3)));
}

#[test]
fn a_refused_message_was_not_delivered() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    let _ = refuse(&mut world, port);
    world.pass(millis(100));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["bad_message"], Some(2..=2)));
}

#[test]
fn a_message_of_which_a_bound_port_dies_was_not_delivered() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.make_private(port);
    send(&mut world, &id, 3);
    world.drive();
    assert_eq!(refuse(&mut world, port), Refused::Dies);
    world.nodes[1].kernel.close(port, Reason::new("bad_message", ""));
    // It is acknowledged, and nobody watches the port.
    world.pass(millis(100));
    lose_the_session(&mut world, &[&id]);
    assert_eq!((world.codes(0), delivered(&world)), (vec!["unreachable"], Some(2..=2)));
}

#[test]
fn the_death_of_a_bound_port_that_refuses_is_told_once() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.make_private(port);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.drive();
    assert_eq!(refuse(&mut world, port), Refused::Dies);
    let before = world.nodes[1].kernel.unacknowledged();
    world.nodes[1].kernel.close(port, Reason::new("bad_message", ""));
    assert_eq!(world.nodes[1].kernel.unacknowledged(), before);
    world.pass(millis(100));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["bad_message"], Some(2..=2)));
}

#[test]
fn what_a_name_did_not_take_that_was_closed_in_an_earlier_session_is_not_taken_for_delivered() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    send(&mut world, &id, 1);
    world.pass(millis(100));
    // The refusal is lost with its session, in which nothing was in doubt: there is no fence.
    world.dial_at_once = false;
    world.cut();
    let _ = refuse(&mut world, port);
    world.pass(Duration::from_secs(60));
    world.dial_at_once = true;
    send(&mut world, &id, 2);
    world.pass(Duration::from_secs(10));
    lose_the_session(&mut world, &[&id]);
    assert_eq!((world.codes(0), delivered(&world)), (vec!["bad_message"], Some(0..=0)), "it was told again");
}

#[test]
fn what_a_dead_port_did_not_take_is_not_taken_for_delivered() {
    let mut world = World::new(2);
    let ((port, id), (_, other)) = (world.open(1), world.open(1));
    send(&mut world, &id, 2);
    world.pass(millis(100));
    world.nodes[1].kernel.close(port, Reason::normal());
    send(&mut world, &id, 5);
    world.pass(millis(100));
    // Something else is in doubt when the session fails, and the dead port too.
    lose_the_session(&mut world, &[&other, &id]);
    assert_eq!((world.codes(0), delivered(&world)), (vec!["unreachable"], Some(2..=2)));
}

#[test]
fn what_a_dead_incarnation_took_is_not_forgotten_when_its_successor_answers() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.restart(1);
    world.pass(Duration::from_secs(5));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["no_such_port"], Some(3..=3)));
}

#[test]
fn what_a_dead_incarnation_took_is_not_forgotten_when_the_session_with_its_successor_fails() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.dial_at_once = false;
    world.restart(1);
    world.pass(millis(100));
    // The successor is met, but what it says of the port does not arrive.
    world.release_dials();
    let wire = world.wires.len() - 1;
    let successor = world.nodes[1].incarnation;
    for octets in 0..1000 {
        world.wires[wire].passes[1] = octets;
        world.drive();
        if world.nodes[0].kernel.peers()[0].incarnation == Some(successor) {
            break;
        }
    }
    assert_eq!((world.nodes[0].kernel.peers()[0].incarnation, world.codes(0)), (Some(successor), vec![]));
    world.cut();
    world.pass(Duration::from_secs(60));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["unreachable"], Some(3..=3)));
}

/// A world in which little may wait, and the first node has sent three messages to a port that it watches.
fn narrow(most: usize) -> (World, PortId) {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = most;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.wires[0].passes = [0; 2];
    (world, id)
}

fn send_large(world: &mut World, to: &PortId, octets: usize, count: usize) {
    (0..count).for_each(|_| world.send(0, to, &"x".repeat(octets)));
}

#[test]
fn large_messages_that_were_dropped_at_overload_were_not_delivered() {
    let (mut world, id) = narrow(300_000);
    send_large(&mut world, &id, 100_000, 4);
    world.drive();
    assert_eq!((world.codes(0), delivered(&world)), (vec!["overload"], Some(3..=3)));
}

#[test]
fn a_large_message_on_its_way_at_overload_may_have_been_delivered() {
    for octets in [100_000, 2 << 20] {
        let (mut world, id) = narrow(3 << 20);
        send_large(&mut world, &id, octets, 1);
        world.drive();
        send_large(&mut world, &id, 1 << 20, 4);
        world.drive();
        assert_eq!((world.codes(0), delivered(&world)), (vec!["overload"], Some(3..=4)), "{octets}");
    }
}

#[test]
fn a_kill_that_is_lost_is_no_message_in_doubt() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.dial_at_once = false;
    world.cut();
    let now = world.now;
    world.nodes[0].kernel.kill(&id, &Reason::new("killed", ""), now);
    world.pass(Duration::from_secs(60));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["unreachable"], Some(3..=3)));
}

#[test]
fn an_acknowledgement_proves_nothing_while_the_notice_of_a_death_waits_for_last_words() {
    let mut world = World::new(2);
    let ((port, id), (_, mourner)) = (world.open(1), world.open(0));
    world.monitor(0, &id);
    send(&mut world, &id, 3);
    world.pass(millis(100));
    world.wires[0].passes = [usize::MAX, 600_000];
    world.send_from(1, &mourner, Some(port), &"w".repeat(2 << 20));
    world.nodes[1].kernel.close(port, Reason::normal());
    world.drive();
    // These are dropped, and acknowledged.
    send(&mut world, &id, 2);
    world.drive();
    world.wires[0].passes = [usize::MAX, 900_000];
    world.pass(millis(100));
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
    world.dial_at_once = false;
    world.cut();
    world.pass(Duration::from_secs(60));
    assert_eq!((world.codes(0), delivered(&world)), (vec!["unreachable"], Some(3..=5)));
}
