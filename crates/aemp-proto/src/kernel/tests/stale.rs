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
