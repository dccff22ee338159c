//! Messages arrive in order, once, over whatever happens to connections.

use super::{World, world::millis};

#[test]
fn a_port_id_alone_is_enough() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    world.send(0, &id, "two");
    world.drive();
    world.send(0, &id, "three");
    world.drive();
    assert_eq!(world.texts(1, port), ["one", "two", "three"]);
    assert_eq!(world.live_wires(), 1);
}

#[test]
fn everything_is_acknowledged_within_the_delay() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.send(0, &id, "one");
    world.drive();
    assert!(world.nodes[0].kernel.unacknowledged() > 0);
    world.pass(millis(21));
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
}

#[test]
fn a_cut_at_any_octet_loses_repeats_and_reorders_nothing() {
    for cut_after in 0..400 {
        let mut world = World::new(2);
        let (port, id) = world.open(1);
        let watch = world.monitor(0, &id);
        world.dial_at_once = false;
        world.drive();
        world.dial_at_once = true;
        world.release_dials();
        world.wires[0].passes = [cut_after, cut_after];
        let sent: Vec<String> = (0..20).map(|n| format!("message {n}")).collect();
        for text in &sent[..10] {
            world.send(0, &id, text);
        }
        world.drive();
        world.cut();
        for text in &sent[10..] {
            world.send(0, &id, text);
        }
        world.pass(millis(1000));
        assert_eq!(world.texts(1, port), sent, "cut after {cut_after} octets");
        assert_eq!(world.nodes[0].fired, [], "{watch:?}");
        assert_eq!(world.live_wires(), 1);
    }
}

#[test]
fn crossing_connections_leave_one_and_lose_nothing() {
    for (first, second) in [(7, 9), (9, 7)] {
        let mut world = World::new(2);
        world.dial_at_once = false;
        let ports = [world.open(0), world.open(1)];
        for n in 0..10 {
            world.send(0, &ports[1].1, &format!("{n}"));
            world.send(1, &ports[0].1, &format!("{n}"));
        }
        world.drive();
        let dials: Vec<_> = world.nodes.iter_mut().map(|node| node.held.pop().unwrap().0).collect();
        world.connect(0, 1, Some(dials[0]), first);
        world.connect(1, 0, Some(dials[1]), second);
        world.pass(millis(500));
        let expected: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        for (n, (port, _)) in ports.iter().enumerate() {
            assert_eq!(world.texts(n, *port), expected);
            assert_eq!(world.codes(n), [""; 0]);
        }
        assert_eq!(world.live_wires(), 1);
    }
}

#[test]
fn memory_for_large_messages_is_kept_until_the_connection_is_idle() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.send(0, &id, &"x".repeat(2 << 20));
    world.pass(millis(1000));
    world.nodes[1].received.clear();
    let kept = |world: &World| world.nodes[1].kernel.peers.iter().map(|(_, peer)| peer.session.kept()).sum::<usize>();
    assert!(kept(&world) >= 2 << 20);
    world.pass(millis(6000));
    assert_eq!(kept(&world), 0);
}

#[test]
fn large_messages_arrive_whole_and_small_ones_to_others_pass_them() {
    let mut world = World::new(2);
    let ((large, large_id), (small, small_id)) = (world.open(1), world.open(1));
    world.send(0, &large_id, "before");
    world.send(0, &large_id, &"x".repeat(1 << 20));
    world.send(0, &large_id, "after");
    world.send(0, &small_id, "quick");
    world.pass(millis(200));
    let order: Vec<(bool, usize)> =
        world.nodes[1].received.iter().map(|(to, text)| (*to == large, text.len())).collect();
    assert_eq!(order, [(true, 6), (false, 5), (true, 1 << 20), (true, 5)]);
    assert_eq!(world.texts(1, small), ["quick"]);
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
}

#[test]
fn a_large_message_alone_is_acknowledged_as_it_arrives() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, &"x".repeat(3 << 20));
    world.drive();
    assert_eq!(world.texts(1, port).len(), 1);
}

#[test]
fn a_large_message_survives_a_cut_between_its_pieces() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "first");
    world.drive();
    let large = "y".repeat(300_000);
    world.wires[0].passes = [150_000, usize::MAX];
    world.send(0, &id, &large);
    world.send(0, &id, "last");
    world.drive();
    assert_eq!(world.texts(1, port), ["first"]);
    world.cut();
    world.pass(millis(500));
    let whole: Vec<bool> = world.texts(1, port).iter().map(|text| *text == large).collect();
    assert_eq!(whole, [false, true, false]);
}

#[test]
fn a_message_that_is_too_large_is_refused_and_the_session_goes_on() {
    let mut world = World::new(0);
    world.limits.max_message = 1000;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (port, id) = world.open(1);
    let now = world.now;
    let refused = world.nodes[0].kernel.send(&id, None, now, |out| {
        out.resize(out.len() + 1001, 0);
        Ok::<(), ()>(())
    });
    assert!(matches!(refused, Err(crate::kernel::SendError::TooLarge { size: 1001, limit: 1000 })));
    world.send(0, &id, "small");
    world.drive();
    assert_eq!(world.texts(1, port), ["small"]);
}

#[test]
fn a_message_that_cannot_be_encoded_leaves_nothing_behind() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.send(0, &id, "one");
    let now = world.now;
    let failed = world.nodes[0].kernel.send(&id, None, now, |out| {
        out.extend_from_slice(b"half");
        Err("no")
    });
    assert!(matches!(failed, Err(crate::kernel::SendError::Encode("no"))));
    world.send(0, &id, "two");
    world.drive();
    assert_eq!(world.texts(1, port), ["one", "two"]);
}

#[test]
fn a_message_to_a_dead_port_is_dropped_with_an_event() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.close(port, crate::reason::Reason::normal());
    world.send(0, &id, "late");
    world.drive();
    assert_eq!(world.texts(1, port), [""; 0]);
    let dropped =
        |event: &crate::kernel::Event| matches!(event, crate::kernel::Event::MessageDropped { to, .. } if *to == id);
    assert!(world.nodes[1].events.iter().any(dropped));
}

#[test]
fn many_destinations_outlive_the_table_of_interned_names() {
    let mut world = World::new(0);
    world.limits.max_interned = 3;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let ports: Vec<_> = (0..10).map(|_| world.open(1)).collect();
    for round in 0..3 {
        for (_, id) in &ports {
            world.send(0, id, &format!("{round}"));
        }
        world.pass(millis(25));
        world.cut();
        world.pass(millis(500));
    }
    for (port, _) in ports {
        assert_eq!(world.texts(1, port), ["0", "1", "2"]);
    }
}

#[test]
fn what_is_sent_at_once_to_several_ports_respects_the_limit_of_the_peer() {
    let mut world = World::new(0);
    world.add("a@127.0.0.1:1");
    world.limits.max_message = 200_000;
    world.add("b@127.0.0.1:2");
    let ports: Vec<_> = (0..5).map(|_| world.open(1)).collect();
    world.send(0, &ports[0].1, "hello");
    world.pass(millis(100));
    for (_, id) in &ports {
        world.send(0, id, &"x".repeat(190_000));
    }
    world.pass(millis(1000));
    let arrived: Vec<usize> = ports.iter().map(|(port, _)| world.texts(1, *port).len()).collect();
    assert_eq!(arrived, [2, 1, 1, 1, 1]);
}
