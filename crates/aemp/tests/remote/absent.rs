//! Nodes that are not there.

use std::time::{Duration, Instant};

use aemp::{CallError, NodeId};

use crate::common::{builder, eventually, node, secs};

#[test]
fn a_thousand_look_ups_where_nobody_listens_fail_at_once_and_leave_nothing() {
    let a = node("a");
    let start = Instant::now();
    for _ in 0..1_024 {
        let result = a.find::<u64>("127.0.0.1:1", "anything").wait();
        assert!(
            matches!(&result, Err(CallError::Lost(reason)) if reason.code().as_str() == "unreachable"),
            "{result:?}"
        );
    }
    println!("1,024 look-ups failed in {:?}", start.elapsed());
    assert!(start.elapsed() < secs(20));
    assert!(a.peers().wait().unwrap().is_empty());
    let own = a.id().recipe()[0].to_string();
    a.publish("here", &a.port(|_, _: u64| {}));
    let found = (0..1_024).filter(|_| a.find::<u64>(&own, "here").wait().is_ok()).count();
    assert_eq!(found, 1_024, "a node finds what it publishes itself, without a connection");
    assert!(a.peers().wait().unwrap().is_empty());
}

#[test]
fn failed_attempts_to_reach_256_nodes_leave_nothing_behind() {
    let a = builder("a").session_timeout(Duration::from_millis(300)).start().unwrap();
    let nodes: Vec<NodeId> = (0..256).map(|n| format!("nobody{n}@127.0.0.1:1").parse().unwrap()).collect();
    let waiting: Vec<_> = nodes.iter().map(|node| a.ready(node)).collect();
    assert!(waiting.into_iter().all(|call| matches!(call.wait(), Err(CallError::Lost(_)))));
    eventually("no trace is left", || a.peers().wait().unwrap().is_empty());
}
