//! What is over leaves nothing behind.

use super::world::{World, millis};
use crate::{id::PortId, kernel::LocalPort, reason::Reason};

/// A generator that needs no seed from outside.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// How many monitors of peers a node keeps, and how many of its own.
fn monitors(world: &World, n: usize) -> (usize, usize) {
    let kernel = &world.nodes[n].kernel;
    (kernel.peers.iter().map(|(_, peer)| peer.watched.len()).sum(), kernel.watches.len())
}

fn close(world: &mut World, n: usize, port: LocalPort) {
    world.nodes[n].kernel.close(port, Reason::normal());
    world.nodes[n].numbers.give_back(port);
}

#[test]
fn monitors_from_afar_are_forgotten_when_they_end_when_they_fire_and_with_their_node() {
    let mut world = World::new(2);
    let ports: Vec<(LocalPort, PortId)> = (0..300).map(|_| world.open(1)).collect();
    let watches: Vec<_> = ports.iter().map(|(_, id)| world.monitor(0, id)).collect();
    world.pass(millis(100));
    assert_eq!((monitors(&world, 1), monitors(&world, 0)), ((300, 0), (0, 300)));
    watches[..100].iter().for_each(|watch| world.nodes[0].kernel.demonitor(*watch));
    world.monitor(0, &PortId::of_node(ports[0].1.node.clone()));
    world.pass(millis(100));
    assert_eq!(monitors(&world, 1), (200, 0));
    ports[100..200].iter().for_each(|(port, _)| close(&mut world, 1, *port));
    world.pass(millis(100));
    assert_eq!((monitors(&world, 1), world.codes(0).len()), ((100, 0), 100));
    world.crash(0);
    world.pass(millis(5_000));
    assert_eq!(monitors(&world, 1), (0, 0));
}

#[test]
fn a_thousand_ports_watched_by_a_hundred_and_let_go_leave_nothing() {
    let mut world = World::new(2);
    let ids: Vec<PortId> = (0..100).map(|_| world.open(1).1).collect();
    for _ in 0..100 {
        let watches: Vec<_> = ids.iter().map(|id| world.monitor(0, id)).collect();
        world.drive();
        watches.into_iter().for_each(|watch| world.nodes[0].kernel.demonitor(watch));
        world.drive();
    }
    assert_eq!((monitors(&world, 0), monitors(&world, 1), world.codes(0).len()), ((0, 0), (0, 0), 0));
}

#[test]
fn of_ten_thousand_watches_that_race_with_a_death_each_fires_once_or_was_ended() {
    let mut world = World::new(2);
    let mut dice = Dice(1);
    let mut ended = 0;
    for round in 0..10_000 {
        let (port, id) = world.open(1);
        let watch = world.monitor(0, &id);
        if dice.below(2) == 0 {
            world.pass(millis(1));
        }
        // The notice is not written, on its way, read, or ready to fire.
        close(&mut world, 1, port);
        world.wires.iter_mut().for_each(|wire| wire.passes = [usize::MAX, dice.below(120) as usize]);
        match dice.below(3) {
            0 => _ = world.writes(1),
            1 => world.drive(),
            _ => {}
        }
        let fired = world.nodes[0].fired.iter().filter(|(fired, _)| *fired == watch).count();
        world.nodes[0].kernel.demonitor(watch);
        world.wires.iter_mut().for_each(|wire| wire.passes = [usize::MAX; 2]);
        world.drive();
        let afterwards = world.nodes[0].fired.iter().filter(|(fired, _)| *fired == watch).count();
        assert!(afterwards == fired && fired <= 1, "in round {round}: {fired}, then {afterwards}");
        ended += 1 - fired;
    }
    assert!((1_000..9_000).contains(&ended), "both happen: {ended}");
    world.pass(millis(1_000));
    assert_eq!((monitors(&world, 0), monitors(&world, 1)), ((0, 0), (0, 0)));
}

#[test]
fn ten_thousand_connections_that_break_anywhere_leave_nothing_and_lose_nothing() {
    let mut world = World::new(2);
    let mut dice = Dice(2);
    let ((to, id), (back, back_id)) = (world.open(1), world.open(0));
    world.monitor(0, &id);
    let mut sent = 0;
    for _ in 0..10_000 {
        if dice.below(10) == 0 {
            world.send(0, &id, "there");
            world.send(1, &back_id, "back");
            sent += 1;
        }
        let dialler = dice.below(2) as usize;
        world.connect(dialler, 1 - dialler, None, dice.below(256) as u8);
        let passes = [0; 2].map(|_| dice.below(200) as usize);
        world.wires.iter_mut().for_each(|wire| wire.passes = passes);
        world.drive();
        world.cut();
        world.wires.clear();
    }
    world.dial_at_once = true;
    world.pass(millis(20_000));
    assert_eq!((world.texts(1, to).len(), world.texts(0, back).len(), world.codes(0).len()), (sent, sent, 0));
    for node in &world.nodes {
        assert_eq!((node.kernel.connections.len(), node.kernel.dials.len(), node.kernel.peers.len()), (1, 0, 1));
        assert!(node.kernel.peers.iter().all(|(_, peer)| peer.handshakes.is_empty()));
    }
}

#[test]
fn a_watch_of_the_own_node_that_has_ended_leaves_nothing_at_its_port() {
    let mut world = World::new(1);
    let (port, id) = world.open(0);
    let watch = world.monitor(0, &id);
    assert_eq!(world.nodes[0].kernel.ports.watches(port), 1);
    world.nodes[0].kernel.demonitor(watch);
    assert_eq!(world.nodes[0].kernel.ports.watches(port), 0);
}
