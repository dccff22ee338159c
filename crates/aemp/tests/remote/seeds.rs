//! Nodes that find each other by seeds.

use std::{net::TcpListener, time::Duration};

use aemp::{Builder, Node, Port};

use crate::common::{SECRET, collector, eventually};

/// An address at which a node can listen.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A node whose ID does not say where it is.
fn hidden(id: &str) -> Builder {
    Node::builder().node_id(id.parse().unwrap()).secret(SECRET)
}

/// Two nodes with this seed reach each other.
fn reach_each_other(seed: &str) {
    let [a, b] = ["a", "b"].map(|id| hidden(id).bind("127.0.0.1:0").seed(seed).start().unwrap());
    let (back, received) = collector::<u64>(&a);
    eventually("the message comes back", || {
        // As long as nobody knows where `b` is, each attempt fails at once, and the port is dead for `a`.
        let echo = b.port(|cx, (back, number): (Port<u64>, u64)| cx.send(&back, number));
        a.send(&echo, (back.clone(), 7));
        received.recv_timeout(Duration::from_millis(50)) == Ok(7)
    });
}

#[test]
fn nodes_whose_ids_do_not_say_where_they_are_reach_each_other_through_their_master() {
    let seed = free_address();
    let _master = hidden("master").bind(&seed).global().start().unwrap();
    reach_each_other(&seed);
}

#[test]
fn a_node_that_is_its_own_seed_by_name_becomes_the_master_of_others() {
    let seed = free_address();
    let by_name = seed.replace("127.0.0.1", "localhost");
    let _master = hidden("master").bind(&seed).seed(&by_name).start().unwrap();
    reach_each_other(&by_name);
}
