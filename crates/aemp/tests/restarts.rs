//! Nodes that come and go: nothing of them stays. Alone in its process, which it measures.

use std::fs;

use aemp::{Node, Reply};

/// Open files and threads.
fn size() -> (usize, usize) {
    let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    (count("fd"), count("task"))
}

#[test]
fn two_hundred_nodes_that_were_stopped_leave_nothing_behind() {
    let cycle = |number: u32| {
        let node = Node::builder().anonymous().start().unwrap();
        let port = node.port(|cx, (n, reply): (u32, Reply<u32>)| cx.reply(reply, n));
        assert_eq!(node.call(&port, |reply| (number, reply)).wait(), Ok(number));
        node.stop().wait().unwrap();
    };
    cycle(0);
    let (files, threads) = size();
    (0..200).for_each(cycle);
    let after = size();
    // The last thread may be about to end.
    assert!(after.0 <= files + 3 && after.1 <= threads + 1, "{files} {threads} {after:?}");
}
