//! Dialling, heartbeats, and what is left behind.

use super::{World, world::millis};
use crate::{
    id::PortId,
    kernel::{DialFailure, Event},
    reason::Reason,
};

#[test]
fn an_idle_connection_is_kept_alive_by_both_ends() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(600_000));
    assert_eq!((world.live_wires(), world.wires.len()), (1, 1));
}

#[test]
fn a_peer_with_slower_heartbeats_is_not_taken_for_dead() {
    let mut world = World::new(0);
    world.add("slow@127.0.0.1:1");
    world.timing.heartbeat = millis(200);
    world.add("fast@127.0.0.1:2");
    let (_, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(600_000));
    assert_eq!((world.live_wires(), world.wires.len()), (1, 1));
}

#[test]
fn messages_alone_are_signs_of_life() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    for _ in 0..120 {
        world.send(0, &id, "one more");
        world.pass(millis(1000));
    }
    assert_eq!((world.texts(1, port).len(), world.live_wires(), world.wires.len()), (120, 1, 1));
}

#[test]
fn an_idle_connection_is_silent_between_heartbeats() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(1000));
    let due = world.nodes[0].kernel.deadline().unwrap().since(world.now);
    assert!(due > millis(3000), "{due:?}");
}

#[test]
fn nobody_dials_while_a_connection_waits_for_its_first_frame() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.dial_at_once = false;
    world.send(0, &id, "one");
    world.drive();
    let (dial, ..) = world.nodes[0].held.pop().unwrap();
    world.connect(0, 1, Some(dial), 1);
    world.wires[0].passes = [0, 0];
    world.pass(millis(4000));
    assert_eq!(world.nodes[0].held.len(), 0);
    world.pass(millis(2000));
    assert_eq!(world.nodes[0].held.len(), 1);
}

#[test]
fn a_node_that_starts_late_gets_what_was_sent_before() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.failures.insert(id.node.recipe()[0].clone(), DialFailure::Refused);
    world.send(0, &id, "early");
    world.pass(millis(20_000));
    world.failures.clear();
    world.pass(millis(6000));
    assert_eq!(world.texts(1, port), ["early"]);
}

#[test]
fn a_node_that_cannot_be_reached_costs_nothing_afterwards() {
    let mut world = World::new(1);
    for n in 0..1024 {
        let node: PortId = format!("absent{n}@127.0.0.1:{}", 5000 + n).parse().unwrap();
        world.monitor(0, &node);
    }
    world.pass(millis(31_000));
    assert_eq!(world.codes(0), vec!["unreachable"; 1024]);
    assert_eq!((world.nodes[0].kernel.peers().len(), world.nodes[0].kernel.deadline()), (0, None));
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
}

#[test]
fn of_a_port_that_was_never_reached_only_its_fence_remains() {
    let mut world = World::new(1);
    let id: PortId = "absent@127.0.0.1:5000#x".parse().unwrap();
    world.send(0, &id, "lost");
    world.monitor(0, &id);
    world.pass(millis(31_000));
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["unreachable", "unreachable"]);
    assert_eq!((world.nodes[0].kernel.unacknowledged(), world.nodes[0].kernel.deadline()), (0, None));
}

#[test]
fn a_wrong_secret_ends_the_first_attempt_at_once_and_says_why() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world
        .failures
        .insert(id.node.recipe()[0].clone(), DialFailure::Rejected(Reason::new("auth_failed", "the secrets differ")));
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["auth_failed"]);
    assert!(world.nodes[0].fired[0].1.text().contains("the secrets differ"));
}

#[test]
fn a_wrong_secret_while_resuming_is_a_break() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    for n in 0..2 {
        let address = world.nodes[n].id.recipe()[0].clone();
        world.failures.insert(address, DialFailure::Rejected(Reason::new("auth_failed", "the secrets differ")));
    }
    world.cut();
    world.pass(millis(10_000));
    assert_eq!(world.codes(0), [""; 0]);
    world.failures.clear();
    world.send(0, &id, "back");
    world.pass(millis(6000));
    assert_eq!(world.texts(1, port), ["back"]);
}

#[test]
fn all_addresses_of_a_node_are_tried() {
    let mut world = World::new(1);
    let there = world.add("many@10.0.0.1:1,10.0.0.2:2,127.0.0.1:3");
    for address in ["10.0.0.1:1", "10.0.0.2:2"] {
        world.failures.insert(address.parse().unwrap(), DialFailure::Unreachable("no route".into()));
    }
    let (port, id) = world.open(there);
    world.send(0, &id, "found");
    world.drive();
    assert_eq!(world.texts(there, port), ["found"]);
    let failed = world.nodes[0].events.iter().filter(|event| matches!(event, Event::DialFailed { .. })).count();
    assert_eq!(failed, 2);
}

#[test]
fn a_node_without_addresses_is_answered_over_the_connection_that_it_made() {
    let mut world = World::new(1);
    let anonymous = world.add("anonymous-1");
    let (port, id) = world.open(0);
    let (answered, back) = world.open(anonymous);
    world.send(anonymous, &id, "hello");
    world.drive();
    world.send(0, &back, "hello yourself");
    world.drive();
    assert_eq!((world.texts(0, port).len(), world.texts(anonymous, answered).len()), (1, 1));
    world.cut();
    world.send(0, &back, "still there?");
    world.pass(millis(1000));
    assert_eq!(world.texts(anonymous, answered).len(), 2);
}

#[test]
fn a_half_open_connection_is_replaced_when_the_other_side_dials_again() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    world.pass(millis(100));
    // The dialler sees a break that the acceptor does not.
    world.black_hole();
    let mine = world.wires[0].ends_at(0);
    let now = world.now;
    world.nodes[0].kernel.closed(mine, "reset", now);
    world.send(0, &id, "two");
    world.pass(millis(200));
    assert_eq!(world.texts(1, port), ["one", "two"]);
}

#[test]
fn a_resumed_session_counts_its_connections() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.send(0, &id, "one");
    for _ in 0..3 {
        world.pass(millis(2000));
        world.cut();
    }
    world.pass(millis(2000));
    let info = world.nodes[0].kernel.peer(&id.node).unwrap();
    assert_eq!((info.connected, info.connections), (true, 4));
    let there = world.nodes[1].kernel.peer(&world.nodes[0].id).unwrap();
    assert_eq!(there.connections, 4);
}

#[test]
fn breaks_before_the_acknowledgement_are_no_reason_for_pauses_if_something_arrived() {
    let mut world = World::new(1);
    let dialler = world.add("anonymous-1");
    let (port, id) = world.open(0);
    for n in 0..20 {
        world.send(dialler, &id, "arrives");
        world.drive();
        assert_eq!(world.texts(0, port).len(), n + 1);
        world.cut();
        // Only the next connection tells that the one before was of use; of the first one nothing is known.
        world.pass(if n == 0 { world.timing.redial_min } else { millis(0) });
    }
}

#[test]
fn refusals_before_a_connection_prove_nothing_after_it() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    let address = id.node.recipe()[0].clone();
    world.failures.insert(address.clone(), DialFailure::Refused);
    world.monitor(0, &id);
    world.drive();
    world.connect(1, 0, None, 7);
    world.pass(millis(10_000));
    world.failures.insert(world.nodes[0].id.recipe()[0].clone(), DialFailure::Refused);
    world.cut();
    world.pass(millis(200));
    assert_eq!(world.codes(0), [""; 0]);
}

#[test]
fn nodes_whose_connections_end_before_the_first_frame_are_forgotten_where_there_are_too_many() {
    let mut world = World::new(0);
    world.limits.max_idle_peers = 1;
    for n in 0..4 {
        world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
    }
    for n in 1..4 {
        let link = world.nodes[n].authenticated(crate::link::Role::Acceptor);
        let now = world.now;
        let connection = world.nodes[0].kernel.attach(&link, None, now, now);
        world.nodes[0].kernel.closed(connection, "gone", now);
    }
    assert_eq!(world.nodes[0].kernel.peers().len(), 1);
}

#[test]
fn a_session_that_only_the_other_side_has_begun_goes_on() {
    let mut world = World::new(2);
    let (port, id) = world.open(0);
    world.connect(0, 1, None, 7);
    while world.writes(0) | world.carry(0, 0) {}
    world.monitor(1, &id);
    world.send(1, &id, "one");
    world.cut();
    world.pass(millis(10_000));
    assert_eq!((world.texts(0, port), world.codes(1)), (vec!["one"], vec![]));
}

/// An address of loopback means the host on which it is used.
#[test]
fn what_a_peer_on_another_host_tells_of_its_own_loopback_is_not_kept() {
    for (same_host, address, kept) in
        [(true, "127.0.0.1:7", 1), (false, "127.0.0.1:7", 0), (false, "unix:/run/x", 0), (false, "192.0.2.1:7", 1)]
    {
        let mut world = World::new(1);
        world.same_host = same_host;
        let anonymous = world.add_private("anonymous-1", address);
        let (_, id) = world.open(0);
        world.send(anonymous, &id, "hello");
        world.pass(millis(100));
        let peer = world.nodes[0].kernel.peer(&"anonymous-1".parse().unwrap()).unwrap();
        assert!(peer.connected);
        assert_eq!(peer.addresses.len(), kept, "{same_host} {address}");
    }
}
