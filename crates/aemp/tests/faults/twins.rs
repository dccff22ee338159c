//! Two processes under one node ID.

use std::time::{Duration, Instant};

use aemp::Event;

use crate::{
    child::{Child, Plan},
    common::{collector, node, secs},
    kills::watch_all,
};

/// After this a process that is not answered is taken for dead: the probe's 2 s, and time for a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn the_second_process_under_a_node_id_is_refused_and_takes_over_once_the_first_is_killed() {
    let a = node("a");
    let (host, visitors) = collector::<u64>(&a);
    let mut events = a.events();
    let mut first = Child::start(&Plan { visits: Some(host.clone()), ..Plan::new("b") });
    assert_eq!(visitors.recv_timeout(PATIENCE), Ok(first.process_number()));
    let id = first.port.node_id().clone();
    let deaths = watch_all(&a, &first.open(&a, 1));

    let twin = Plan { node_id: Some(id.clone()), visits: Some(host), ..Plan::new("b") };
    let mut second = Child::start(&twin);
    let start = Instant::now();
    let reason = second.end_of_visit();
    println!("refused {:?} after its start: {reason}", start.elapsed());
    assert!(reason.contains("node_id_in_use: another living process has this node ID"), "{reason}");
    let told = std::iter::from_fn(|| events.try_next()).find(|event| matches!(event, Event::NodeIdInUse { .. }));
    assert_eq!(told, Some(Event::NodeIdInUse { node: id.clone() }));
    assert_eq!(first.open(&a, 1).len(), 1, "the first goes on");
    assert_eq!((deaths.try_recv().ok(), visitors.try_recv().ok()), (None, None));

    first.kill();
    second.kill();
    let start = Instant::now();
    let third = Child::start(&twin);
    let ready = start.elapsed();
    assert_eq!(visitors.recv_timeout(PATIENCE), Ok(third.process_number()));
    println!(
        "{:?} from the kill to the first message of the successor, which was ready after {ready:?}",
        start.elapsed()
    );
    assert_eq!(deaths.recv_timeout(secs(5)).unwrap().0, 0, "what the first had is dead");
}
