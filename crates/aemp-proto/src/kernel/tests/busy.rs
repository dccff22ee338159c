//! Control signals where the queue to the peer is full.

use super::world::{World, millis};
use crate::{id::PortId, reason::Reason};

/// Two nodes; as much waits from each for the other as may.
fn full() -> (World, PortId, PortId) {
    let mut world = World::new(0);
    world.limits.max_unacknowledged = 2_000;
    world.add("n0@127.0.0.1:4000");
    world.add("n1@127.0.0.1:4001");
    let ((_, there), (_, here)) = (world.open(1), world.open(0));
    world.send(0, &there, "begin");
    world.pass(millis(100));
    // Nothing passes, so that nothing is acknowledged.
    world.wires[0].passes = [0; 2];
    for (n, id) in [(0, &there), (1, &here)] {
        while world.nodes[n].kernel.unacknowledged() < 1_900 {
            world.send(n, id, "much");
        }
    }
    world.drive();
    (world, there, here)
}

fn heal(world: &mut World) {
    world.wires[0].passes = [usize::MAX; 2];
    world.pass(millis(1_000));
}

#[test]
fn a_monitor_that_is_set_while_the_queue_is_full_is_not_lost() {
    let (mut world, _, _) = full();
    let (port, id) = world.open(1);
    (0..100).for_each(|_| _ = world.monitor(0, &id));
    heal(&mut world);
    world.nodes[1].kernel.close(port, Reason::new("panic", "oh"));
    world.pass(millis(100));
    assert_eq!(world.codes(0), vec!["panic"; 100]);
}

#[test]
fn a_kill_that_is_sent_while_the_queue_is_full_is_not_lost() {
    let (mut world, _, _) = full();
    let ids: Vec<PortId> = (0..100).map(|_| world.open(1).1).collect();
    let now = world.now;
    for id in &ids {
        world.nodes[0].kernel.kill(id, &Reason::new("killed", "enough"), now);
    }
    heal(&mut world);
    assert!(ids.iter().all(|id| world.nodes[1].kernel.resolve(&id.name).is_none()));
}

#[test]
fn a_death_while_the_queue_is_full_is_told() {
    let mut world = full().0;
    let ids: Vec<_> = (0..100).map(|_| world.open(1)).collect();
    ids.iter().for_each(|(_, id)| _ = world.monitor(0, id));
    world.wires[0].passes = [usize::MAX, 0];
    world.pass(millis(10));
    for (port, _) in &ids {
        world.nodes[1].kernel.close(*port, Reason::new("panic", "oh"));
    }
    world.pass(millis(10));
    assert_eq!(world.codes(0), [""; 0]);
    heal(&mut world);
    assert_eq!(world.codes(0), vec!["panic"; 100]);
}
