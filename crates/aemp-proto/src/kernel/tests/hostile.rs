//! Peers that break the rules: each loses at most its own session, and nothing panics.

use proptest::prelude::*;

use super::{World, world::millis};
use crate::{
    id::{Origin, PortId, PortKind, PortName, PortNumber},
    kernel::{ConnectionId, Event, Received},
    link::Role,
    message::cbor,
    reason::Reason,
    session::Hello,
    wire::{frame::kind, write},
};

pub(super) fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut octets = u32::try_from(body.len() + 1).unwrap().to_le_bytes().to_vec();
    octets.push(kind);
    octets.extend_from_slice(body);
    octets
}

/// The first frame of a node that knows nothing.
pub(super) fn hello_octets() -> Vec<u8> {
    hello_in_session(1)
}

/// The same of a node that has counted its sessions up.
pub(super) fn hello_in_session(epoch: u64) -> Vec<u8> {
    let hello = Hello {
        peer: None,
        epoch,
        received: 0,
        count: 1,
        features: 0,
        max_message: 1 << 20,
        heartbeat: 5000,
        addresses: vec![],
    };
    let mut body = Vec::new();
    hello.write(&mut body);
    frame(kind::HELLO, &body)
}

/// A world in which node 1 is played by the test, on an adopted connection that expects frame 1.
pub(super) fn offender() -> (World, ConnectionId) {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = 1 << 20;
    world.limits.control_room = 1 << 20;
    world.limits.max_fences = 100;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let link = world.nodes[1].authenticated(Role::Acceptor);
    let now = world.now;
    let connection = world.nodes[0].kernel.attach(&link, None, now, now);
    feed(&mut world, connection, &hello_octets());
    feed(&mut world, connection, &frame(kind::START, &[1]));
    (world, connection)
}

pub(super) fn feed(world: &mut World, connection: ConnectionId, mut octets: &[u8]) -> bool {
    let now = world.now;
    loop {
        match world.nodes[0].kernel.receive(connection, octets, now) {
            Received::More => return true,
            Received::Closed => return false,
            Received::Frame { length, .. } => octets = &octets[length..],
        }
    }
}

fn misbehaved(world: &mut World) -> bool {
    std::iter::from_fn(|| world.nodes[0].kernel.poll())
        .any(|output| matches!(output, crate::kernel::Output::Event(Event::Misbehaved { .. })))
}

#[test]
fn each_broken_rule_closes_the_connection_it_came_on() {
    let cases: [(&str, Vec<u8>); 20] = [
        ("an empty frame", vec![0, 0, 0, 0]),
        ("a frame beyond the limit", vec![0xff, 0xff, 0xff, 0x7f]),
        ("an unknown type", frame(0x3f, &[])),
        ("an unknown numbered type", frame(0x7f, &[])),
        ("a second first frame", hello_octets()),
        ("a second start", frame(kind::START, &[1])),
        ("an acknowledgement of nothing", frame(kind::ACKNOWLEDGE, &[1, 0])),
        ("a message to nobody's number", frame(kind::MESSAGE, &[9])),
        ("a lossy message to nobody's number", frame(kind::LOSSY, &[9])),
        ("a name that is cut off", frame(kind::MESSAGE, &[1, 1, 0, 0])),
        ("a name of no kind", frame(kind::MESSAGE, &[1, 7])),
        ("a number without end", frame(kind::MESSAGE, &[0xff; 12])),
        ("an interned name out of turn", frame(kind::INTERN, &[5, 0])),
        ("a piece of nothing", frame(kind::PIECE, &[1, 0, 1])),
        ("a piece that promises too much", frame(kind::PIECE, &[1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])),
        ("a piece of a piece", frame(kind::PIECE, &[1, 1, 4, kind::PIECE, 2, 0, 1])),
        ("a spawn under another's name", frame(kind::SPAWN, &[1, 2, 1, b'x', 1, b's'])),
        ("the death of the node port", frame(kind::DEAD, &[0, 0])),
        ("a node port that takes nothing more", frame(kind::CLOSED, &[0, 0])),
        ("a service that is not text", frame(kind::SPAWN, &[0, 1, 0xff])),
    ];
    for (what, octets) in cases {
        let (mut world, connection) = offender();
        assert!(!feed(&mut world, connection, &octets), "{what}");
        assert!(misbehaved(&mut world), "{what}");
        let (port, id) = world.open(0);
        world.send(1, &id, "others are served");
        world.pass(millis(500));
        assert_eq!(world.texts(0, port).len(), 1, "{what}");
    }
}

#[test]
fn what_may_be_ignored_is_ignored_and_counted() {
    let (mut world, connection) = offender();
    for octets in [frame(0x80, &[1, 2]), frame(0xc0, &[3]), frame(kind::DEMONITOR, &[1, 2, 1, b'x'])] {
        assert!(feed(&mut world, connection, &octets));
    }
    assert!(!misbehaved(&mut world));
}

#[test]
fn frames_before_the_first_frame_are_refused() {
    for octets in [frame(kind::MESSAGE, &[0]), frame(kind::START, &[1]), frame(kind::GOODBYE, &[])] {
        let mut world = World::new(2);
        let link = world.nodes[1].authenticated(Role::Acceptor);
        let now = world.now;
        let connection = world.nodes[0].kernel.attach(&link, None, now, now);
        assert!(!feed(&mut world, connection, &octets));
        assert!(misbehaved(&mut world));
    }
}

#[test]
fn monitors_without_end_from_a_peer_that_reads_nothing_cost_a_bounded_amount() {
    let (mut world, connection) = offender();
    let monitor = frame(kind::MONITOR, &[1, 2, 1, b'x']);
    let most = world.limits.max_unacknowledged + world.limits.control_room;
    let mut fed = 0;
    while feed(&mut world, connection, &monitor.repeat(10_000)) {
        fed += 10_000;
        assert!(world.nodes[0].kernel.unacknowledged() <= most + (1 << 20), "after {fed} monitors");
    }
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
}

#[test]
fn an_incarnation_that_closes_names_without_end_is_retired() {
    let (mut world, connection) = offender();
    let closed = |n: usize| frame(kind::CLOSED, &[[2, 3].as_slice(), format!("{n:03}").as_bytes(), &[0]].concat());
    let most = world.limits.max_fences;
    assert!((0..most).all(|n| feed(&mut world, connection, &closed(n))));
    assert!(!feed(&mut world, connection, &closed(most)));
    let retired = |event: &Event| matches!(event, Event::Retired { .. });
    world.outputs(0);
    assert!(world.nodes[0].events.iter().any(retired));
}

#[test]
fn refusals_that_a_peer_provokes_without_end_cost_a_bounded_amount() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "hello");
    world.drive();
    let from = world.nodes[0].id.clone();
    for _ in 0..20_000 {
        let _ = world.nodes[1].kernel.refuse(port, &from, &Reason::new("bad_message", "x".repeat(1000)));
        world.drive();
    }
    let closed: Vec<usize> = world.nodes[1].kernel.peers.iter().map(|(_, peer)| peer.closed_here.len()).collect();
    assert!(closed[0] <= 5_000, "{closed:?}");
}

#[test]
fn a_kill_of_the_node_port_does_nothing() {
    let (mut world, connection) = offender();
    assert!(feed(&mut world, connection, &frame(kind::KILL, &[0])));
    let (port, _) = world.open(0);
    assert!(world.nodes[0].kernel.is_alive(port));
}

#[test]
fn a_connection_cannot_leave_frames_out() {
    let mut world = World::new(2);
    let link = world.nodes[1].authenticated(Role::Acceptor);
    let now = world.now;
    let connection = world.nodes[0].kernel.attach(&link, None, now, now);
    feed(&mut world, connection, &hello_octets());
    assert!(!feed(&mut world, connection, &frame(kind::START, &[2])));
    assert!(misbehaved(&mut world));
}

#[test]
fn probes_without_end_from_a_peer_that_reads_nothing_cost_a_bounded_amount() {
    let (mut world, connection) = offender();
    assert!(feed(&mut world, connection, &frame(kind::PROBE, &[]).repeat(100_000)));
    let urgent: usize = world.nodes[0].kernel.connections.iter().map(|(_, state)| state.urgent.len()).sum();
    assert!((1..10_000).contains(&urgent), "{urgent} octets");
}

#[test]
fn a_spawn_under_a_name_that_another_incarnation_has_made_is_a_breach() {
    let (mut world, connection) = offender();
    let mut body = vec![1];
    let number = PortNumber::counted(1, PortKind::Spawned).unwrap();
    write::name(&mut body, &PortName::Native { origin: Origin([9; 12]), number });
    body.extend([1, b's']);
    assert!(!feed(&mut world, connection, &frame(kind::SPAWN, &body)));
    assert!(misbehaved(&mut world));
}

#[test]
fn a_reason_that_is_too_long_is_not_kept() {
    let (mut world, connection) = offender();
    let id: PortId = "b@127.0.0.1:2#x".parse().unwrap();
    world.monitor(0, &id);
    let mut body = Vec::new();
    write::name(&mut body, &id.name);
    write::count(&mut body, None);
    Reason::new("error", "x".repeat(20_000)).encode(&mut body).unwrap();
    assert!(feed(&mut world, connection, &frame(kind::DEAD, &body)));
    world.outputs(0);
    assert_eq!(world.nodes[0].fired[0].1, Reason::new("unknown", "the reason is too long"));
}

#[test]
fn of_the_reason_of_a_closed_name_only_the_beginning_is_kept() {
    let (mut world, connection) = offender();
    let id: PortId = "b@127.0.0.1:2#x".parse().unwrap();
    let mut body = Vec::new();
    write::name(&mut body, &id.name);
    write::count(&mut body, None);
    Reason::new("bad_message", "x".repeat(10_000)).encode(&mut body).unwrap();
    assert!(feed(&mut world, connection, &frame(kind::CLOSED, &body)));
    world.monitor(0, &id);
    world.outputs(0);
    assert_eq!(world.nodes[0].fired[0].1.text().len(), 256);
}

#[test]
fn a_look_up_of_a_name_that_nobody_may_publish_is_a_bad_message() {
    let (mut world, connection) = offender();
    let (port, _) = world.open(0);
    for (octets, answer) in [(255, "a@127.0.0.1:1#"), (256, "a published name has at most 255 octets")] {
        let name = "x".repeat(octets);
        world.nodes[0].kernel.publish(&name, port);
        let mut body = vec![0];
        write::number(&mut body, PortNumber::counted(octets as u64, PortKind::Reply).unwrap().to_bits());
        cbor::encode(&("find", &name), &mut body).unwrap();
        assert!(feed(&mut world, connection, &frame(kind::CALL, &body)));
        let now = world.now;
        let kernel = &mut world.nodes[0].kernel;
        let writes = std::iter::from_fn(|| kernel.transmit(connection, 1 << 17, now).map(|octets| octets.to_vec()));
        let written: Vec<u8> = writes.flatten().collect();
        assert!(written.windows(answer.len()).any(|part| part == answer.as_bytes()), "{octets}");
    }
}

#[test]
fn a_session_number_beyond_belief_is_refused() {
    let mut world = World::new(2);
    let link = world.nodes[1].authenticated(Role::Acceptor);
    let now = world.now;
    let connection = world.nodes[0].kernel.attach(&link, None, now, now);
    assert!(!feed(&mut world, connection, &hello_in_session(u64::MAX)));
}

proptest! {
    #[test]
    fn arbitrary_frames_never_panic(frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..20)) {
        let (mut world, connection) = offender();
        for (kind, body) in frames {
            feed(&mut world, connection, &frame(kind, &body));
        }
        world.drive();
    }

    #[test]
    fn frames_of_known_types_never_panic(frames in prop::collection::vec((0u8..0x10, any::<bool>(), prop::collection::vec(0u8..4, 0..20)), 0..30)) {
        let (mut world, connection) = offender();
        for (kind, numbered, body) in frames {
            let kind = if numbered { kind::NUMBERED | kind } else { kind };
            feed(&mut world, connection, &frame(kind, &body));
        }
        world.drive();
    }

    #[test]
    fn arbitrary_octets_in_arbitrary_parts_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..200) {
        let (mut world, connection) = offender();
        let (head, tail) = octets.split_at(at.min(octets.len()));
        let _ = feed(&mut world, connection, head) && feed(&mut world, connection, tail);
        world.drive();
    }
}
