//! Slaves, masters and global nodes over real kernels.

use std::{collections::BTreeMap, time::Duration};

use super::{World, world::millis};
use crate::{
    directory::DatabaseWatch,
    id::{Address, PortId, PortName},
    kernel::Event,
    value::Value,
};

const FAMILY: &str = "jobs";

fn address(n: usize) -> Address {
    format!("127.0.0.1:{}", 4000 + n).parse().unwrap()
}

/// A network of `globals` global nodes, which are the seeds of all, and `plain` others. All watch the family.
struct Network {
    world: World,
    watches: Vec<DatabaseWatch>,
}

impl Network {
    fn new(globals: usize, plain: usize) -> Self {
        let mut world = World::new(0);
        world.seeds = (0..globals).map(address).collect();
        for n in 0..globals + plain {
            world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
        }
        let mut network = Self { world, watches: Vec::new() };
        for n in 0..globals + plain {
            network.watch(n);
        }
        network.world.pass(Duration::from_secs(3));
        network
    }

    fn watch(&mut self, n: usize) {
        let now = self.world.now;
        let watch = self.world.nodes[n].kernel.db_watch(FAMILY, now).unwrap();
        self.watches.push(watch);
    }

    fn set(&mut self, n: usize, key: &str, value: i64) {
        let now = self.world.now;
        self.world.nodes[n].kernel.db_set(FAMILY, key, &value.into(), now).unwrap();
    }

    /// What the watcher of a node has been told, put together.
    fn seen(&self, n: usize) -> BTreeMap<String, Value> {
        let mut seen = BTreeMap::new();
        for (_, change) in &self.world.nodes[n].changes {
            for (key, value) in change.added.iter().chain(&change.changed) {
                seen.insert(key.clone(), value.clone());
            }
            for key in &change.removed {
                assert!(seen.remove(key).is_some(), "what is removed was there");
            }
        }
        seen
    }

    fn all_see(&self, expected: &[(&str, i64)]) {
        let expected: BTreeMap<String, Value> =
            expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
        for n in (0..self.world.nodes.len()).filter(|n| self.world.nodes[*n].up) {
            assert_eq!(self.seen(n), expected, "node {n}");
        }
    }

    fn master_of(&self, n: usize) -> Option<usize> {
        let mut master = None;
        for event in &self.world.nodes[n].events {
            match event {
                Event::MasterFound { node } => master = Some(node.clone()),
                Event::MasterLost { .. } => master = None,
                _ => {}
            }
        }
        self.world.nodes.iter().position(|node| Some(&node.id) == master.as_ref())
    }

    fn refusals(&self) -> usize {
        let events = self.world.nodes.iter().flat_map(|node| &node.events);
        events.filter(|event| matches!(event, Event::RequestRefused { .. })).count()
    }
}

#[test]
fn a_key_set_anywhere_is_seen_everywhere() {
    let mut network = Network::new(3, 4);
    for n in 0..7 {
        network.set(n, &format!("of {n}"), n as i64);
        network.world.drive();
        for other in 0..7 {
            assert_eq!(network.seen(other).len(), n + 1, "at {other}, at once");
        }
    }
    assert_eq!(network.refusals(), 0);
}

#[test]
fn a_seed_that_is_the_node_itself_makes_it_global() {
    let network = Network::new(2, 1);
    for n in 0..3 {
        let is_global = network.world.nodes[n].events.contains(&Event::BecameGlobal);
        assert_eq!((is_global, network.master_of(n).is_some()), (n < 2, n == 2), "node {n}");
    }
}

#[test]
fn a_seed_without_seeds_and_slaves_is_global_as_soon_as_a_global_node_finds_it() {
    let mut world = World::new(0);
    world.add("n0@127.0.0.1:4000");
    world.seeds = vec![address(0)];
    world.global = true;
    world.add("n1@127.0.0.1:4001");
    let mut network = Network { world, watches: Vec::new() };
    for n in 0..2 {
        network.watch(n);
        network.set(n, &format!("of {n}"), n as i64);
    }
    network.world.pass(Duration::from_secs(3));
    assert!(network.world.nodes[0].events.contains(&Event::BecameGlobal));
    network.all_see(&[("of 0", 0), ("of 1", 1)]);
    assert_eq!(network.refusals(), 0);
}

#[test]
fn when_a_global_node_crashes_its_slaves_find_another_and_nobody_sees_entries_come_and_go() {
    let mut network = Network::new(3, 6);
    for n in 3..9 {
        network.set(n, &format!("of {n}"), n as i64);
    }
    network.world.drive();
    let before: Vec<usize> = (0..9).map(|n| network.world.nodes[n].changes.len()).collect();
    let victim = network.master_of(3).unwrap();
    network.world.crash(victim);
    network.world.pass(Duration::from_secs(5));
    for n in 3..9 {
        let master = network.master_of(n);
        assert!(master.is_some_and(|master| master != victim), "node {n} has {master:?}");
    }
    network.world.pass(Duration::from_secs(30));
    for n in (0..9).filter(|n| *n != victim) {
        assert_eq!(network.world.nodes[n].changes.len(), before[n], "node {n} was told nothing");
    }
    network.set(4, "later", 4);
    network.world.drive();
    assert_eq!(network.seen(8).len(), 7);
    assert_eq!(network.refusals(), 0);
}

#[test]
fn the_entries_of_a_dead_node_are_removed() {
    let mut network = Network::new(2, 2);
    network.set(2, "of 2", 2);
    network.set(0, "of 0", 0);
    network.world.pass(millis(100));
    network.all_see(&[("of 0", 0), ("of 2", 2)]);
    network.world.crash(2);
    network.world.pass(Duration::from_secs(5));
    network.all_see(&[("of 0", 0)]);
    network.world.crash(0);
    network.world.pass(Duration::from_secs(20));
    network.all_see(&[]);
}

#[test]
fn a_node_that_comes_back_under_its_id_has_only_its_new_entries() {
    let mut network = Network::new(2, 2);
    network.set(3, "old", 1);
    network.set(3, "both", 1);
    network.world.pass(millis(100));
    network.world.restart(3);
    network.watch(3);
    network.set(3, "both", 2);
    network.world.pass(Duration::from_secs(5));
    network.all_see(&[("both", 2)]);
}

#[test]
fn of_two_nodes_that_set_one_key_the_later_one_counts_and_the_other_comes_back_when_it_is_gone() {
    let mut network = Network::new(2, 2);
    network.set(3, "key", 3);
    network.world.pass(millis(10));
    network.set(2, "key", 2);
    network.world.pass(millis(10));
    network.all_see(&[("key", 2)]);
    let now = network.world.now;
    network.world.nodes[2].kernel.db_remove(FAMILY, "key", now).unwrap();
    network.world.drive();
    network.all_see(&[("key", 3)]);
}

#[test]
fn a_node_that_its_id_does_not_tell_how_to_reach_is_looked_up() {
    let mut network = Network::new(2, 2);
    let hidden = network.world.add_private("opaque", "127.0.0.1:4444");
    network.world.pass(Duration::from_secs(1));
    let (port, id) = network.world.open(hidden);
    network.world.send(2, &id, "hello");
    network.world.drive();
    assert_eq!(network.world.texts(hidden, port), ["hello"]);
}

#[test]
fn what_is_for_a_node_that_nobody_knows_fails_at_once() {
    let mut network = Network::new(1, 1);
    let unknown = PortId::new("unknown".parse().unwrap(), PortName::Node);
    for n in 0..2 {
        network.world.monitor(n, &unknown);
    }
    network.world.drive();
    for n in 0..2 {
        let (_, reason) = &network.world.nodes[n].fired[0];
        assert_eq!((reason.code().as_str(), reason.text()), ("unreachable", "no known address"));
    }
}

#[test]
fn a_seed_that_is_a_host_name_stands_for_all_its_addresses() {
    let mut world = World::new(0);
    let name: Address = "seeds.example:4000".parse().unwrap();
    world.seeds = vec![name.clone()];
    world.names.insert(name, vec![address(0), address(1), address(2)]);
    for n in 0..4 {
        world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
    }
    world.pass(Duration::from_secs(3));
    let is_global = |n: usize| world.nodes[n].events.contains(&Event::BecameGlobal);
    assert_eq!([0, 1, 2, 3].map(is_global), [true, true, true, false]);
    let peers = |n: usize| world.nodes[n].kernel.peers().iter().filter(|peer| peer.connected).count();
    assert_eq!(peers(3), 1, "a plain node has one master");
    assert!((0..3).all(|n| peers(n) >= 2), "global nodes are connected with each other");
}

#[test]
fn two_networks_whose_seeds_touch_become_one() {
    let mut world = World::new(0);
    for n in 0..4 {
        // The first two know only themselves, the third both, and the fourth the second network.
        world.seeds = [vec![0], vec![1], vec![0, 1], vec![1]][n].iter().map(|seed| address(*seed)).collect();
        world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
    }
    let mut network = Network { world, watches: Vec::new() };
    (0..4).for_each(|n| network.watch(n));
    network.world.pass(Duration::from_secs(3));
    for n in 0..4 {
        network.set(n, &n.to_string(), n as i64);
    }
    network.world.drive();
    network.all_see(&[("0", 0), ("1", 1), ("2", 2), ("3", 3)]);
}

#[test]
fn malformed_requests_are_refused_and_the_session_goes_on() {
    let mut network = Network::new(1, 1);
    let (node, now) = (network.world.nodes[0].id.clone(), network.world.now);
    let kernel = &mut network.world.nodes[1].kernel;
    kernel.send_to_node(&node, &("g_upd", "soon"), now);
    kernel.send_to_node(&node, &("g_what",), now);
    kernel.send_to_node(&node, &("something", 1), now);
    network.set(1, "key", 1);
    network.world.drive();
    assert_eq!(network.refusals(), 2);
    network.all_see(&[("key", 1)]);
}
