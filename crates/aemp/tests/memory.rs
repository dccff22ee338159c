//! How much memory a port takes. A test of its own, since it looks at the whole process.

use std::fs;

use aemp::{Node, Port};

const PORTS: usize = 1_000_000;

#[test]
fn a_million_idle_ports_take_less_than_300_octets_each() {
    let node = Node::builder().anonymous().start().unwrap();
    let Some(before) = resident() else { return };
    node.run(|cx| {
        for number in 0..PORTS {
            let _: Port<usize> = cx.port(move |_, other| assert_ne!(number, other));
        }
    })
    .wait()
    .unwrap();
    let each = (resident().unwrap() - before) / PORTS;
    println!("{each} octets per idle port");
    assert!(each < 300, "an idle port takes {each} octets");
}

/// The octets of the process that are in memory, where the system tells.
fn resident() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok().map(|size| size * 1_024)
}
