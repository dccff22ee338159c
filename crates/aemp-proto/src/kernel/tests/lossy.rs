//! Messages that may be lost: in order, once or never, and nothing follows from their loss.

use super::{
    World,
    chaos::Random,
    hostile::{feed, frame, hello_octets, offender},
    world::millis,
};
use crate::{
    id::PortId,
    kernel::{Delivery, DialFailure, LocalPort, Received, SendError},
    limits::Limits,
    link::Role,
    reason::Reason,
    wire::{frame::kind, write},
};

/// Two nodes with a connection, and a port of the second one.
fn connected_with(limits: impl FnOnce(&mut Limits)) -> (World, LocalPort, PortId) {
    let mut world = World::new(0);
    limits(&mut world.limits);
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (port, id) = world.open(1);
    world.send(0, &id, "first");
    world.pass(millis(100));
    (world, port, id)
}

fn connected() -> (World, LocalPort, PortId) {
    connected_with(|_| {})
}

/// What the network has not yet taken stays where it is.
fn stall(world: &mut World) {
    world.wires[0].passes = [0, 0];
}

#[test]
fn lossy_and_plain_messages_arrive_in_the_order_in_which_they_were_sent() {
    let (mut world, port, id) = connected();
    let (_, unknown) = world.open(1);
    for text in ["a", "b", "c"] {
        assert!(world.send_lossy(0, &id, text));
        world.send(0, &id, &text.to_uppercase());
        assert!(world.send_lossy(0, &unknown, text), "a port that was never sent anything is named in full");
    }
    world.drive();
    assert_eq!(world.texts(1, port), ["first", "a", "A", "b", "B", "c", "C"]);
    assert_eq!(world.nodes[1].received.len(), 10);
}

#[test]
fn a_break_at_any_octet_loses_lossy_messages_alone_and_repeats_and_reorders_nothing() {
    let mut lost = 0;
    for cut_after in 0..600 {
        let mut random = Random(cut_after as u64);
        let (mut world, _, _) = connected();
        let ports = [world.open(1), world.open(1)];
        let watch = world.monitor(0, &ports[0].1);
        world.pass(millis(100));
        world.wires[0].passes = [cut_after, cut_after];
        let mut sent: [Vec<(String, bool)>; 2] = Default::default();
        for number in 0..40 {
            let (to, lossy) = (random.below(2), random.below(2) == 1);
            let text = format!("{number}{}", if lossy { " lossy" } else { "" });
            if lossy {
                world.send_lossy(0, &ports[to].1, &text);
            } else {
                world.send(0, &ports[to].1, &text);
            }
            sent[to].push((text, lossy));
            match number {
                5 | 12 | 30 => world.drive(),
                20 => world.cut(),
                25 => world.pass(millis(500)),
                _ => {}
            }
        }
        world.pass(millis(1000));
        for ((port, _), sent) in ports.iter().zip(&sent) {
            let arrived = world.texts(1, *port);
            let mut rest = sent.iter();
            for text in &arrived {
                assert!(rest.any(|(other, _)| other == text), "{text} twice or late: {arrived:?} of {sent:?}");
            }
            let missing: Vec<_> = sent.iter().filter(|(text, _)| !arrived.contains(&text.as_str())).collect();
            assert!(missing.iter().all(|(_, lossy)| *lossy), "cut after {cut_after}: {missing:?}");
            lost += missing.len();
        }
        assert_eq!(world.nodes[0].fired, [], "{watch:?}");
        assert_eq!((world.nodes[0].kernel.unacknowledged(), world.live_wires()), (0, 1));
    }
    assert!(lost > 600, "the breaks lost {lost}");
}

#[test]
fn without_a_connection_a_lossy_message_is_dropped_and_nobody_is_dialled() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    assert!(!world.send_lossy(0, &id, "lost"));
    world.pass(millis(1000));
    assert_eq!((world.wires.len(), world.nodes[0].kernel.peers().len()), (0, 0));
    world.send(0, &id, "plain");
    world.pass(millis(100));
    assert!(world.send_lossy(0, &id, "lossy"));
    world.drive();
    assert_eq!(world.texts(1, port), ["plain", "lossy"]);
}

#[test]
fn a_session_that_fails_fences_no_port_for_a_lossy_message() {
    let (mut world, port, id) = connected();
    stall(&mut world);
    assert!(world.send_lossy(0, &id, "lost"));
    world.drive();
    for n in 0..2 {
        let address = world.nodes[n].id.recipe()[0].clone();
        world.failures.insert(address, DialFailure::Unreachable("no route".into()));
    }
    world.cut();
    world.pass(millis(40_000));
    world.failures.clear();
    let watch = world.monitor(0, &id);
    world.send(0, &id, "after");
    world.pass(millis(10_000));
    assert_eq!(world.texts(1, port), ["first", "after"]);
    assert_eq!(world.nodes[0].fired, [], "{watch:?}");
}

#[test]
fn a_lossy_message_is_no_work_and_no_work_is_left_by_it() {
    let (mut world, _, id) = connected();
    stall(&mut world);
    assert!(world.send_lossy(0, &id, "lost"));
    world.drive();
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
    assert!(world.nodes[0].kernel.peers.iter().all(|(_, peer)| !peer.has_work() && !peer.session.has_more()));
}

#[test]
fn behind_a_stalled_connection_only_so_much_waits() {
    let (mut world, port, id) = connected_with(|limits| limits.max_unsent = 10_000);
    let text = "x".repeat(1000);
    let queued = (0..1000).filter(|_| world.send_lossy(0, &id, &text)).count();
    assert_eq!(queued, 10, "nothing was transmitted meanwhile");
    world.drive();
    assert_eq!(world.texts(1, port).len(), 11);
    assert!(world.send_lossy(0, &id, "again"));
}

#[test]
fn a_congested_peer_gets_no_lossy_messages() {
    let (mut world, _, id) = connected_with(|limits| limits.max_unacknowledged = 10_000);
    world.send(0, &id, &"x".repeat(2_000));
    assert!(world.send_lossy(0, &id, "small"));
    world.send(0, &id, &"x".repeat(1_000));
    assert!(!world.send_lossy(0, &id, "small"));
    world.pass(millis(100));
    assert!(world.send_lossy(0, &id, "small"), "until it has caught up");
}

#[test]
fn a_lossy_message_does_not_overtake_a_large_one() {
    let (mut world, port, id) = connected();
    let (other, other_id) = world.open(1);
    world.send(0, &id, &"x".repeat(300_000));
    assert!(!world.send_lossy(0, &id, "late"));
    assert!(world.send_lossy(0, &other_id, "passes"));
    world.pass(millis(100));
    assert!(world.send_lossy(0, &id, "now"));
    world.drive();
    let lengths: Vec<usize> = world.texts(1, port).iter().map(|text| text.len()).collect();
    assert_eq!((lengths, world.texts(1, other)), (vec![5, 300_000, 3], vec!["passes"]));
}

#[test]
fn a_lossy_message_that_no_piece_holds_is_the_mistake_of_its_sender() {
    let (mut world, port, id) = connected_with(|limits| limits.max_piece = 1000);
    let fill = |size| {
        move |out: &mut Vec<u8>| {
            out.resize(out.len() + size, 0x60);
            Ok::<(), ()>(())
        }
    };
    let refused = world.nodes[0].kernel.send_lossy(&id, fill(1001));
    assert!(matches!(refused, Err(SendError::TooLarge { size: 1001, limit: 1000 })), "{refused:?}");
    let failed = world.nodes[0].kernel.send_lossy(&id, |_| Err("no"));
    assert!(matches!(failed, Err(SendError::Encode("no"))), "{failed:?}");
    assert!(world.send_lossy(0, &id, &"y".repeat(990)));
    world.send(0, &id, "after");
    world.drive();
    assert_eq!(world.texts(1, port).len(), 3);
}

#[test]
fn a_port_that_is_dead_for_the_sender_gets_no_lossy_messages() {
    let (mut world, port, id) = connected();
    let (key, reason) = (world.nodes[0].kernel.by_node[&id.node], Reason::new("overload", ""));
    world.nodes[0].kernel.fence(key, &id.name, &reason);
    assert!(!world.send_lossy(0, &id, "to the dead"));
    world.drive();
    assert_eq!(world.texts(1, port), ["first"]);
}

#[test]
fn a_name_that_is_closed_for_its_sender_takes_no_lossy_messages() {
    let (mut world, port, id) = connected();
    let (sender, reason) = (world.nodes[0].id.clone(), Reason::new("bad_message", ""));
    let _ = world.nodes[1].kernel.refuse(port, &sender, &reason);
    assert!(world.send_lossy(0, &id, "the sender knows nothing yet"));
    world.drive();
    assert_eq!(world.texts(1, port), ["first"]);
}

#[test]
fn lossy_messages_are_not_among_those_whose_delivery_is_counted() {
    let (mut world, port, id) = connected();
    let (unnamed, unnamed_id) = world.open(1);
    world.monitor(0, &id);
    for to in [&unnamed_id, &id, &id] {
        assert!(world.send_lossy(0, to, "lossy"));
    }
    world.send(0, &id, "second");
    world.send(0, &unnamed_id, "first");
    world.monitor(0, &unnamed_id);
    world.pass(millis(100));
    for port in [port, unnamed] {
        world.nodes[1].kernel.close(port, Reason::new("error", ""));
    }
    world.pass(millis(100));
    let counts: Vec<_> = world.nodes[0].fired.iter().map(|(_, reason)| reason.delivered()).collect();
    assert_eq!(counts, [Some(2..=2), Some(1..=1)]);
}

#[test]
fn before_the_first_number_a_lossy_message_is_ignored() {
    let mut world = World::new(2);
    let link = world.nodes[1].authenticated(Role::Acceptor);
    let now = world.now;
    let connection = world.nodes[0].kernel.attach(&link, None, now, now);
    let lossy = frame(kind::LOSSY, &[9, 1]);
    for octets in [&lossy, &hello_octets(), &lossy] {
        assert!(feed(&mut world, connection, octets));
    }
}

#[test]
fn among_repetitions_a_lossy_message_is_ignored() {
    let (mut world, first) = offender();
    let (port, id) = world.open(0);
    let mut body = Vec::new();
    write::destination(&mut body, &id.name);
    let (lossy, numbered) = (frame(kind::LOSSY, &body), frame(0xc0, &[]));
    let arrives = |world: &mut World, connection| {
        let now = world.now;
        let received = world.nodes[0].kernel.receive(connection, &lossy, now);
        matches!(received, Received::Frame { delivery: Some(Delivery::Lossy { to, .. }), .. } if to == port)
    };
    assert!(feed(&mut world, first, &numbered));
    assert!(arrives(&mut world, first));

    let (link, now) = (world.nodes[1].authenticated(Role::Acceptor), world.now);
    world.nodes[0].kernel.closed(first, "cut", now);
    let second = world.nodes[0].kernel.attach(&link, None, now, now);
    assert!(feed(&mut world, second, &hello_octets()));
    assert!(feed(&mut world, second, &frame(kind::START, &[1])));
    assert!(!arrives(&mut world, second), "the first frame is still to be repeated");
    assert!(feed(&mut world, second, &numbered));
    assert!(arrives(&mut world, second));
}
