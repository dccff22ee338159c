//! Nodes that come and go: nothing of them stays. Alone in its process, which it measures.

use std::fs;

use aemp::{Node, Reply};

/// Virtual memory in KiB, open files and threads.
fn size() -> (usize, usize, usize) {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split(' ').next().unwrap().parse().unwrap();
    let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    (4 * pages, count("fd"), count("task"))
}

#[test]
fn two_hundred_nodes_that_were_stopped_leave_nothing_behind() {
    let cycle = |number: u32| {
        let node = Node::builder().anonymous().start().unwrap();
        let port = node.port(|cx, (n, reply): (u32, Reply<u32>)| cx.reply(reply, n));
        assert_eq!(node.call(&port, |reply| (number, reply)).wait(), Ok(number));
        node.stop().wait().unwrap();
    };
    (0..20).for_each(cycle);
    let (memory, files, threads) = size();
    (0..200).for_each(cycle);
    let after = size();
    // A thread may be about to end, and what it used is given back then; each node reads through 64 KiB.
    assert!(after.0 < memory + (6 << 10), "{} KiB more", after.0 - memory);
    assert!(after.1 <= files + 3 && after.2 <= threads + 1, "{files} {threads} {after:?}");
}
