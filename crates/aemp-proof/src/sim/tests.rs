//! That runs can be repeated, and that checks can fail.

use aemp_proto::id::PortId;

use super::{Guarantee, Violation, facts::Process, run_seed, wire::Wire, world::World};

#[test]
fn the_same_seed_takes_the_same_course_and_another_one_another() {
    let seeds = 0..6;
    let first: Vec<_> = seeds.clone().map(|seed| run_seed(seed).expect("no violation")).collect();
    let second: Vec<_> = seeds.map(|seed| run_seed(seed).expect("no violation")).collect();
    assert_eq!(first, second);
    let hashes: std::collections::BTreeSet<u64> = first.iter().map(|report| report.trace_hash).collect();
    assert_eq!(hashes.len(), first.len());
}

#[test]
fn more_octets_than_may_wait_are_noticed() {
    let mut world = World::new(0, false);
    world.begin();
    // The nodes have been given other limits.
    world.swarm.limits.max_unacknowledged = 0;
    world.swarm.limits.control_room = 0;
    world.swarm.limits.max_message = 0;
    assert_eq!(broken(world.go_on()), Some(Guarantee::Memory));
}

#[test]
fn a_connection_without_need_is_noticed() {
    let mut world = at_rest();
    world.wires.push(Wire::new([0, 1], Process(0), None, [0; 32]));
    assert_eq!(broken_at_the_end(world), Some(Guarantee::Rest));
}

#[test]
fn a_connection_that_is_missing_is_noticed() {
    let mut world = at_rest();
    let open = world.wires.iter_mut().find(|wire| wire.is_between(0, 1) && wire.is_open());
    open.expect("the nodes are connected").ends[0].is_closed = true;
    assert_eq!(broken_at_the_end(world), Some(Guarantee::Rest));
}

#[test]
fn what_does_not_get_through_is_noticed() {
    let mut world = at_rest();
    let time = world.runtimes[0].time(world.now);
    let to = PortId::of_node(world.ids[1].clone());
    world.runtimes[0].kernel.kill(&to, &aemp_proto::reason::Reason::normal(), time);
    assert_eq!(broken_at_the_end(world), Some(Guarantee::Rest));
}

#[test]
fn a_monitor_that_its_kernel_has_forgotten_is_noticed() {
    let mut world = at_rest();
    let runtime = world.runtimes.iter_mut().find(|runtime| !runtime.watches.is_empty());
    let runtime = runtime.expect("some process watches a node");
    runtime.kernel.demonitor(runtime.watches[0].watch);
    assert_eq!(broken_at_the_end(world), Some(Guarantee::Rest));
}

/// A run that has come to its end.
fn at_rest() -> World {
    let mut world = World::new(2, false);
    assert_eq!(broken(world.run()), None);
    world
}

fn broken(result: Result<super::Report, Violation>) -> Option<Guarantee> {
    result.err().map(|violation| violation.guarantee)
}

fn broken_at_the_end(mut world: World) -> Option<Guarantee> {
    world.finish();
    world.oracle.violation().map(|violation| violation.guarantee)
}
