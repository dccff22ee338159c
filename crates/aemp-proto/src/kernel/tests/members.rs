//! What a member of the network that means harm can do to others: nothing.

use super::{
    World,
    hostile::{feed, frame, hello_in_session},
    world::millis,
};
use crate::{
    id::Incarnation,
    link::{Authenticated, Role},
    wire::frame::kind,
};

/// The body of a REFUSED frame.
fn refusal(code: &str, text: &str) -> Vec<u8> {
    [&[u8::try_from(code.len()).unwrap()], code.as_bytes(), text.as_bytes()].concat()
}

#[test]
fn a_process_that_takes_the_node_id_of_another_cannot_end_its_session() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    let (bound, _) = world.open(0);
    world.monitor(0, &id);
    let now = world.now;
    world.nodes[0].kernel.link(bound, &id, now);
    world.pass(millis(100));
    for (code, role) in [("retired", Role::Dialler), ("node_id_in_use", Role::Acceptor)] {
        let impostor = Authenticated { incarnation: Incarnation([99; 16]), ..world.nodes[1].authenticated(role) };
        let connection = world.nodes[0].kernel.attach(&impostor, None, now, now);
        assert!(!feed(&mut world, connection, &frame(kind::REFUSED, &refusal(code, ""))));
        world.pass(millis(100));
    }
    world.send(0, &id, "still here");
    world.pass(millis(100));
    assert_eq!((world.codes(0), world.texts(1, port)), (vec![], vec!["still here"]));
    assert!(world.nodes[0].kernel.is_alive(bound));
}

#[test]
fn a_long_refusal_is_not_kept_for_every_port() {
    let mut world = World::new(2);
    for _ in 0..3 {
        let (_, id) = world.open(1);
        world.monitor(0, &id);
    }
    world.pass(millis(100));
    let connection = world.wires[0].ends_at(0);
    assert!(!feed(&mut world, connection, &frame(kind::REFUSED, &refusal("no", &"x".repeat(60_000)))));
    world.outputs(0);
    assert_eq!(world.codes(0), ["no"; 3]);
    assert!(world.nodes[0].fired.iter().all(|(_, reason)| reason.text().len() == 1000));
}

#[test]
fn nothing_is_remembered_of_a_node_that_said_goodbye_after_a_refused_message() {
    let mut world = World::new(2);
    let (port, id) = world.open(0);
    world.send(1, &id, "not understood");
    world.pass(millis(100));
    let from = world.nodes[1].id.clone();
    let _ = world.nodes[0].kernel.refuse(port, &from, &crate::reason::Reason::new("bad_message", ""));
    world.pass(millis(100));
    world.nodes[1].kernel.goodbye();
    world.writes(1);
    world.crash(1);
    world.pass(millis(100));
    assert!(world.nodes[0].kernel.peers().is_empty());
}

#[test]
fn a_member_that_counts_its_sessions_up_cannot_keep_a_node_from_others() {
    let mut world = World::new(3);
    let (port, id) = world.open(1);
    let link = world.nodes[2].authenticated(Role::Acceptor);
    let now = world.now;
    let connection = world.nodes[0].kernel.attach(&link, None, now, now);
    assert!(feed(&mut world, connection, &hello_in_session(1 << 62)));
    feed(&mut world, connection, &frame(kind::GOODBYE, &[]));
    world.send(0, &id, "hello");
    world.pass(millis(1000));
    assert_eq!(world.texts(1, port), ["hello"]);
}

#[test]
fn sessions_after_a_peer_was_forgotten_have_greater_numbers() {
    let mut world = World::new(2);
    let (port, id) = world.open(0);
    let epoch = |world: &World| world.nodes[0].kernel.peers.iter().map(|(_, peer)| peer.session.epoch).next();
    world.send(1, &id, "one");
    world.pass(millis(100));
    let before = epoch(&world).expect("they have met");
    world.nodes[1].kernel.goodbye();
    world.writes(1);
    world.crash(1);
    world.pass(millis(100));
    assert_eq!(epoch(&world), None);
    world.restart(1);
    world.send(1, &id, "two");
    world.pass(millis(100));
    assert!(epoch(&world) > Some(before + 1), "{:?} after {before}", epoch(&world));
    assert_eq!(world.texts(0, port), ["one", "two"]);
}
