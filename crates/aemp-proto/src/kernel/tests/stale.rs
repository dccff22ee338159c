//! What comes late from a connection that was replaced.

use super::{
    hostile::hello_octets,
    world::{World, millis},
};
use crate::{kernel::Received, wire::frame::kind};

/// Two nodes whose first connection is broken for one side only, and replaced; the octets of that connection.
fn replaced() -> (World, crate::id::PortId, crate::kernel::ConnectionId) {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    world.send(0, &id, "one");
    world.pass(millis(100));
    world.black_hole();
    let (first, now) = (world.wires[0].ends_at(1), world.now);
    let mine = world.wires[0].ends_at(0);
    world.nodes[0].kernel.closed(mine, "reset", now);
    world.send(0, &id, "two");
    world.pass(millis(100));
    (world, id, first)
}

fn check_unharmed(mut world: World, id: &crate::id::PortId) {
    world.send(0, id, "three");
    world.pass(millis(60_000));
    let texts: Vec<&str> = world.nodes[1].received.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!((texts, world.codes(0)), (vec!["one", "two", "three"], vec![]));
    assert_eq!((world.live_wires(), world.nodes[0].kernel.peer(&id.node).unwrap().connections), (1, 2));
}

#[test]
fn the_end_of_an_old_connection_does_not_end_the_new_one() {
    let (mut world, id, first) = replaced();
    let now = world.now;
    world.nodes[1].kernel.closed(first, "reset, seen late", now);
    check_unharmed(world, &id);
}

#[test]
fn a_bad_message_on_an_old_connection_does_not_kill_the_new_one() {
    let (mut world, id, first) = replaced();
    let now = world.now;
    for octets in [&[0xff; 8][..], &[1, 0, 0, 0, 0x3f], &hello_octets(), &[1, 0, 0, 0, kind::GOODBYE]] {
        let result = world.nodes[1].kernel.receive(first, octets, now);
        assert!(matches!(result, Received::Closed), "{octets:?}");
    }
    check_unharmed(world, &id);
}

#[test]
fn a_breach_on_a_connection_that_was_never_adopted_does_not_harm_the_session() {
    let (mut world, id, _) = replaced();
    let link = world.nodes[0].authenticated(crate::link::Role::Acceptor);
    let now = world.now;
    let stray = world.nodes[1].kernel.attach(&link, None, now, now);
    assert!(matches!(world.nodes[1].kernel.receive(stray, &[0xff; 8], now), Received::Closed));
    world.nodes[1].kernel.closed(stray, "closed here", now);
    check_unharmed(world, &id);
}

/// Node 1 dials; node 0 answers, uses the connection, and sees it break, before anything that it wrote arrives.
fn answered_late(nonce: u8) -> (World, crate::kernel::LocalPort, crate::id::PortId) {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.dial_at_once = false;
    world.connect(1, 0, None, nonce);
    world.wires[0].passes[1] = 0;
    world.drive();
    assert!(world.send_lossy(0, &id, "one"));
    world.drive();
    world.wires[0].dead = true;
    world.cut_end(0, 1);
    (world, port, id)
}

#[test]
fn a_connection_that_is_older_than_one_that_broke_does_not_carry_the_session() {
    for nonces in [(1, 9), (9, 1)] {
        let (mut world, port, id) = answered_late(nonces.0);
        world.connect(0, 1, None, nonces.1);
        world.drive();
        assert!(world.send_lossy(0, &id, "two"));
        world.drive();
        world.cut_end(1, 0);
        world.cut_end(1, 1);
        world.wires[0].dead = false;
        world.wires[0].passes[1] = usize::MAX;
        world.drive();
        assert_eq!(world.texts(1, port), ["two"], "what was sent before is not news any more");
        world.dial_at_once = true;
        world.release_dials();
        world.send(0, &id, "three");
        world.pass(millis(10_000));
        assert_eq!((world.texts(1, port), world.live_wires()), (vec!["two", "three"], 1));
    }
}
