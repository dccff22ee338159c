//! Nodes that find each other by a seed: the database and groups over several nodes.

use std::collections::BTreeMap;

use aemp::{Builder, Node, Port, Reason};

use crate::common::{builder, collector, eventually, secs};

/// A global node, and its address as a seed.
fn seed() -> (Node, String) {
    let node = builder("seed").global().start().unwrap();
    let address = node.id().recipe()[0].to_string();
    (node, address)
}

fn slave(name: &str, seed: &str) -> Node {
    slave_builder(name, seed).start().unwrap()
}

fn slave_builder(name: &str, seed: &str) -> Builder {
    builder(name).seed(seed)
}

fn content(node: &Node, family: &str) -> BTreeMap<String, u32> {
    node.database().family(family).wait().unwrap()
}

#[test]
fn of_two_values_the_later_one_counts_everywhere_and_the_other_shows_when_it_goes() {
    let (global, address) = seed();
    let (one, other) = (slave("one", &address), slave("other", &address));
    let is = |value| [&global, &one, &other].iter().all(|node| content(node, "f").get("key") == value);
    one.database().set("f", "key", &1).unwrap();
    eventually("the first value is everywhere", || is(Some(&1)));
    other.database().set("f", "key", &2).unwrap();
    eventually("the later value is everywhere", || is(Some(&2)));
    other.database().remove("f", "key").unwrap();
    eventually("the first value shows again", || is(Some(&1)));
    one.stop().wait().unwrap();
    eventually("what a node owned vanishes with it", || {
        [&global, &other].iter().all(|node| content(node, "f").is_empty())
    });
}

#[test]
fn what_is_asked_before_there_is_a_master_waits_for_one() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let early = slave("early", &address);
    early.database().set("f", "key", &5).unwrap();
    let asked = early.database().family::<u32>("f");
    let _late = builder("late").bind(&address).global().start().unwrap();
    assert_eq!(asked.timeout(secs(20)).wait().unwrap(), [("key".to_owned(), 5)].into());
}

#[test]
fn a_member_anywhere_gets_what_is_sent_to_its_group_anywhere() {
    let (global, address) = seed();
    let (one, other) = (slave("one", &address), slave("other", &address));
    let members: Vec<(Port<u32>, _)> = [&global, &one, &other].iter().map(|node| collector(node)).collect();
    for (node, (port, _)) in [&global, &one, &other].iter().zip(&members) {
        node.group("workers").join(port).unwrap().forever();
    }
    let groups = [&global, &one, &other].map(|node| node.group::<u32>("workers"));
    eventually("all nodes see all members", || groups.iter().all(|group| group.members().len() == 3));
    for group in &groups {
        group.send_all(1).unwrap();
    }
    for (_, received) in &members {
        let received: Vec<u32> = (0..3).map(|_| received.recv_timeout(secs(10)).unwrap()).collect();
        assert_eq!(received, [1, 1, 1]);
    }
    for key in 0..20 {
        let chosen = groups.each_ref().map(|group| group.choose(format!("key {key}")).unwrap());
        assert!(chosen.iter().all(|member| *member == chosen[0]));
    }
    one.kill(&members[1].0, Reason::normal());
    eventually("the dead member is gone everywhere", || groups.iter().all(|group| group.members().len() == 2));
}

#[test]
fn a_port_of_another_node_is_registered_as_long_as_it_lives() {
    let (global, address) = seed();
    let (one, other) = (slave("one", &address), slave("other", &address));
    let (port, _) = collector::<u32>(&other);
    one.database().register("ports", &port).unwrap().forever();
    let keys = || global.database().keys("ports").wait().unwrap();
    eventually("the port is registered", || keys() == [port.to_string()]);
    other.kill(&port, Reason::normal());
    eventually("the port is registered no more", || keys().is_empty());
}

#[test]
fn a_member_whose_node_was_never_reached_is_not_chosen() {
    let (global, address) = seed();
    let node = slave("node", &address);
    let group = node.group::<u32>("workers");
    global.database().set("workers", "worker@127.0.0.1:1#AAAAAAAAAAAAAAAAB", &()).unwrap();
    let (port, received) = collector::<u32>(&global);
    global.group("workers").join(&port).unwrap().forever();
    eventually("the node knows both", || node.database().keys("workers").wait().unwrap().len() == 2);
    group.ready().timeout(secs(10)).wait().unwrap();
    assert_eq!(group.send_all(5).unwrap(), [port]);
    assert_eq!(received.recv_timeout(secs(10)), Ok(5));
}
