//! Deaths are told, once, after the last words.

use super::{World, world::millis};
use crate::{
    id::{PortId, PortKind, PortName, PortNumber},
    kernel::LocalPort,
    reason::Reason,
};

#[test]
fn a_death_is_told_once_with_its_reason() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    let watch = world.monitor(0, &id);
    world.drive();
    world.nodes[1].kernel.close(port, Reason::new("panic", "oh"));
    world.pass(millis(60_000));
    assert_eq!(world.nodes[0].fired, [(watch, Reason::new("panic", "oh"))]);
}

#[test]
fn a_monitor_of_a_port_that_never_was_fires_once() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.close(port, Reason::normal());
    world.monitor(0, &id);
    world.pass(millis(3000));
    assert_eq!(world.codes(0), ["no_such_port"]);
}

#[test]
fn a_watch_that_was_ended_never_fires() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    let (watch, other) = (world.monitor(0, &id), world.monitor(0, &id));
    world.drive();
    world.nodes[0].kernel.demonitor(watch);
    world.nodes[1].kernel.close(port, Reason::normal());
    world.drive();
    assert_eq!(world.nodes[0].fired, [(other, Reason::normal())]);
}

#[test]
fn a_watch_that_is_ended_while_its_notice_waits_never_fires() {
    let mut world = World::new(1);
    let (port, id) = world.open(0);
    let watch = world.monitor(0, &id);
    world.nodes[0].kernel.close(port, Reason::normal());
    world.nodes[0].kernel.demonitor(watch);
    world.drive();
    assert_eq!(world.codes(0), [""; 0]);
}

#[test]
fn local_watches_fire_like_remote_ones() {
    let mut world = World::new(1);
    let (port, id) = world.open(0);
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), [""; 0]);
    world.nodes[0].kernel.close(port, Reason::new("error", "x"));
    world.monitor(0, &id);
    world.drive();
    assert_eq!(world.codes(0), ["error", "no_such_port"]);
}

#[test]
fn last_words_come_before_the_notice_even_when_they_are_large() {
    let mut world = World::new(2);
    let (watched, id) = world.open(1);
    let (mourner, mourner_id) = world.open(0);
    world.monitor(0, &id);
    world.drive();
    let now = world.now;
    let words = "w".repeat(500_000);
    world.nodes[1]
        .kernel
        .send(&mourner_id, Some(watched), now, |out| crate::message::cbor::encode(&(&words,), out))
        .unwrap();
    world.nodes[1].kernel.close(watched, Reason::normal());
    let wire = &mut world.wires[0];
    wire.passes = [usize::MAX, 400_000];
    world.drive();
    assert_eq!((world.texts(0, mourner).len(), world.codes(0).len()), (0, 0));
    world.wires[0].passes = [usize::MAX; 2];
    world.pass(millis(100));
    assert_eq!((world.texts(0, mourner).len(), world.codes(0)), (1, vec!["normal"]));
}

#[test]
fn a_kill_comes_behind_the_messages_before_it() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    let now = world.now;
    for text in ["one", &"2".repeat(200_000), "three"] {
        world.send(0, &id, text);
    }
    world.nodes[0].kernel.kill(&id, &Reason::new("killed", "enough"), now);
    world.send(0, &id, "four");
    world.pass(millis(100));
    assert_eq!(world.texts(1, port).len(), 3);
    assert_eq!(world.codes(0), ["killed"]);
}

#[test]
fn a_silent_node_is_dead_after_heartbeats_and_session_timeout_and_never_sooner() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(1000));
    world.black_hole();
    for n in 0..2 {
        let address = world.nodes[n].id.recipe()[0].clone();
        world.failures.insert(address, crate::kernel::DialFailure::Unreachable("silent".into()));
    }
    world.pass(millis(35_000));
    assert_eq!(world.codes(0), [""; 0]);
    world.pass(millis(15_000));
    assert_eq!(world.codes(0), ["unreachable"]);
}

#[test]
fn a_crash_on_this_host_is_told_within_a_second_for_each_monitor_once() {
    let mut world = World::new(2);
    let ids: Vec<PortId> = (0..1000).map(|_| world.open(1).1).collect();
    for id in &ids {
        world.monitor(0, id);
    }
    world.pass(millis(100));
    world.crash(1);
    world.pass(millis(1000));
    assert_eq!(world.codes(0), vec!["node_down"; 1000]);
}

#[test]
fn the_crash_of_a_node_that_only_told_where_it_listens_is_found_as_soon() {
    let mut world = World::new(1);
    let anonymous = world.add_private("anonymous-1", "127.0.0.1:7");
    let ((_, id), (_, back)) = (world.open(0), world.open(anonymous));
    world.send(anonymous, &id, "hello");
    world.monitor(0, &back);
    world.pass(millis(100));
    world.crash(anonymous);
    world.pass(millis(1000));
    assert_eq!(world.codes(0), ["node_down"]);
}

#[test]
fn the_ports_that_a_dead_node_watched_live_on() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.drive();
    world.crash(0);
    world.pass(millis(5000));
    assert!(world.nodes[1].kernel.is_alive(port));
    world.nodes[1].kernel.close(port, Reason::normal());
    assert_eq!(world.nodes[1].kernel.unacknowledged(), 0);
}

#[test]
fn a_goodbye_is_an_orderly_end_for_every_monitor() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    world.monitor(0, &PortId::of_node(id.node));
    world.drive();
    world.nodes[1].kernel.goodbye();
    world.drive();
    assert_eq!(world.codes(0), ["node_down", "node_down"]);
}

#[test]
fn who_has_said_goodbye_begins_no_further_session_and_hears_no_false_alarm() {
    let mut world = World::new(2);
    let ((_, here), (port, there)) = (world.open(0), world.open(1));
    world.monitor(1, &here);
    world.drive();
    world.nodes[1].kernel.goodbye();
    world.drive();
    // Its process still writes what it has to say to others, and listens.
    world.send(0, &there, "to its successor");
    world.pass(millis(500));
    assert_eq!((world.codes(1), world.texts(1, port)), (vec![], vec![]));
    assert_eq!(world.live_wires(), 0);
}

#[test]
fn who_says_goodbye_ends_connections_that_are_being_made() {
    let mut world = World::new(2);
    let (port, there) = world.open(1);
    world.connect(0, 1, None, 7);
    world.nodes[1].kernel.goodbye();
    world.send(0, &there, "too late");
    world.pass(millis(500));
    assert_eq!((world.texts(1, port), world.live_wires()), (vec![], 0));
}

#[test]
fn a_node_that_nobody_watched_and_that_said_goodbye_is_forgotten() {
    let mut world = World::new(2);
    let (_, id) = world.open(0);
    world.send(1, &id, "hello and goodbye");
    world.pass(millis(100));
    world.nodes[1].kernel.goodbye();
    world.drive();
    assert_eq!(world.nodes[0].kernel.peers().len(), 0);
}

#[test]
fn a_break_shorter_than_the_timeout_fires_nothing() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(1000));
    let address = id.node.recipe()[0].clone();
    world.failures.insert(address.clone(), crate::kernel::DialFailure::Unreachable("no route".into()));
    world
        .failures
        .insert(world.nodes[0].id.recipe()[0].clone(), crate::kernel::DialFailure::Unreachable("no route".into()));
    world.cut();
    world.send(0, &id, "during");
    world.pass(millis(24_000));
    world.failures.clear();
    world.pass(millis(5000));
    assert_eq!((world.texts(1, port), world.codes(0)), (vec!["during"], vec![]));
}

#[test]
fn a_monitor_of_a_node_fires_when_it_ends_and_may_be_set_again() {
    let mut world = World::new(2);
    let node = PortId::of_node(world.nodes[1].id.clone());
    world.monitor(0, &node);
    world.pass(millis(100));
    assert_eq!((world.live_wires(), world.codes(0)), (1, vec![]));
    world.crash(1);
    world.pass(millis(1000));
    assert_eq!(world.codes(0), ["node_down"]);
    world.restart(1);
    world.monitor(0, &node);
    world.pass(millis(100_000));
    assert_eq!(world.codes(0), ["node_down"]);
}

#[test]
fn monitors_beyond_the_limit_fire_at_once() {
    let mut world = World::new(0);
    world.limits.max_watches = 2;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    for _ in 0..3 {
        let (_, id) = world.open(1);
        world.monitor(0, &id);
    }
    world.drive();
    assert_eq!(world.codes(0), ["limit"]);
}

#[test]
fn a_port_whose_monitor_was_beyond_the_limit_stays_dead_under_that_name() {
    let mut world = World::new(0);
    world.limits.max_watches = 1;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let ((_, first), (port, id), (private, private_id)) = (world.open(1), world.open(1), world.open(1));
    world.nodes[1].kernel.make_private(private);
    for id in [&first, &id, &private_id] {
        world.monitor(0, id);
    }
    world.drive();
    assert_eq!(world.codes(0), ["limit", "limit"]);
    world.send(0, &id, "to the dead");
    world.drive();
    assert_eq!(world.texts(1, port), Vec::<&str>::new());
    let newest = world.nodes[1].kernel.port_id(port);
    world.send(0, &newest, "to the living");
    world.drive();
    assert_eq!((world.texts(1, port), world.nodes[1].kernel.is_alive(private)), (vec!["to the living"], false));
}

#[test]
fn the_notice_behind_the_last_words_is_sent_even_if_nothing_else_is() {
    let mut world = World::new(0);
    world.limits.max_piece = 1000;
    world.limits.max_in_flight_of_large = 2900;
    world.limits.ack_bytes = 1 << 20;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let (watched, id) = world.open(1);
    let (_, mourner) = world.open(0);
    world.monitor(0, &id);
    world.pass(millis(100));
    world.send_from(1, &mourner, Some(watched), &"w".repeat(2950));
    world.nodes[1].kernel.close(watched, Reason::normal());
    world.pass(millis(1000));
    assert_eq!(world.codes(0), ["normal"]);
}

/// A port dies whose last words take long, and the first node monitors it only then.
fn is_answered_after_the_last_words(world: &mut World, watched: LocalPort, id: &PortId) {
    let (mourner, mourner_id) = world.open(0);
    world.wires[0].passes = [usize::MAX, 600_000];
    world.send_from(1, &mourner_id, Some(watched), &"w".repeat(2 << 20));
    world.nodes[1].kernel.close(watched, Reason::normal());
    world.drive();
    world.monitor(0, id);
    world.drive();
    world.wires[0].passes = [usize::MAX, 900_000];
    world.drive();
    assert_eq!((world.texts(0, mourner).len(), world.codes(0).len()), (0, 0));
    world.wires[0].passes = [usize::MAX; 2];
    world.pass(millis(1000));
    assert_eq!((world.texts(0, mourner).len(), world.codes(0)), (1, vec!["no_such_port"]));
}

#[test]
fn a_monitor_that_comes_after_the_death_is_answered_after_the_last_words() {
    let mut world = World::new(2);
    let (watched, id) = world.open(1);
    world.send(0, &id, "hello");
    world.pass(millis(100));
    is_answered_after_the_last_words(&mut world, watched, &id);
}

#[test]
fn a_monitor_of_a_further_name_that_comes_after_the_death_is_answered_after_the_last_words() {
    let mut world = World::new(2);
    let (watched, _) = world.open(1);
    world.nodes[1].kernel.rename(watched);
    let id = world.nodes[1].kernel.port_id(watched);
    world.send(0, &id, "hello");
    world.pass(millis(100));
    is_answered_after_the_last_words(&mut world, watched, &id);
}

#[test]
fn a_late_monitor_of_a_port_that_was_spawned_is_answered_after_the_last_words_too() {
    let mut world = World::new(2);
    let number = PortNumber::counted(1, PortKind::Spawned).unwrap();
    let name = PortName::Native { origin: world.nodes[0].kernel.settings().incarnation.into(), number };
    let (on, now) = (world.nodes[1].id.clone(), world.now);
    let arguments = |out: &mut Vec<u8>| crate::message::cbor::encode(&("arguments",), out);
    world.nodes[0].kernel.spawn(&on, &name, "echo", now, arguments).unwrap();
    world.pass(millis(100));
    let spawned = world.nodes[1].kernel.resolve(&name).expect("it lives");
    is_answered_after_the_last_words(&mut world, spawned, &PortId::new(on, name));
}
