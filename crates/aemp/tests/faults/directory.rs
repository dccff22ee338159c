//! Ten nodes with three global ones: how soon all see what one sets, and what they see after a kill and after a split.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use aemp::{Builder, Change, Node, NodeId};

use crate::{
    child::{Child, Order, Plan},
    common::{SECRET, builder, eventually, secs},
    proxy::{Hidden, Proxy, hidden_with, outsider_with},
};

type Content = BTreeMap<String, u64>;

const FAMILY: &str = "colours";

fn read(node: &Node) -> Content {
    node.database().family(FAMILY).timeout(secs(20)).wait().unwrap_or_default()
}

fn set(node: &Node, key: &str, value: u64) {
    node.database().set(FAMILY, key, &value).unwrap();
}

fn content<const N: usize>(entries: [(&str, u64); N]) -> Content {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Three global nodes in processes of their own, and seven that have them as seeds.
struct Ten {
    globals: Vec<Child>,
    slaves: Vec<Node>,
    /// Of the first slave.
    master: NodeId,
}

impl Ten {
    fn start() -> Self {
        let mut globals = Vec::<Child>::new();
        for name in ["g1", "g2", "g3"] {
            let seeds = globals.iter().map(address).collect();
            globals.push(Child::start(&Plan { seeds, is_global: true, ..Plan::new(name) }));
        }
        let seeded = |builder: Builder| globals.iter().fold(builder, |builder, child| builder.seed(&address(child)));
        let slaves: Vec<Node> = (0..7).map(|slave| seeded(builder(&format!("s{slave}"))).start().unwrap()).collect();
        set(&slaves[0], "begin", 0);
        let mut master = None;
        eventually("a slave has a master", || {
            let peers = slaves[0].peers().wait().unwrap();
            master = peers.into_iter().find(|peer| peer.connected).map(|peer| peer.node);
            master.is_some()
        });
        let master = master.unwrap();
        Self { globals, slaves, master }
    }

    /// What a global node has.
    fn read_from(&self, global: &Child) -> Content {
        self.slaves[0].call(&global.port, |reply| Order::Read(FAMILY.into(), reply)).wait().unwrap_or_default()
    }

    /// Waits until all nodes have what is expected; how long it took.
    #[track_caller]
    fn all_have(&self, what: &str, is_expected: impl Fn(&Content) -> bool) -> Duration {
        let start = Instant::now();
        eventually(what, || {
            self.slaves.iter().all(|slave| is_expected(&read(slave)))
                && self.globals.iter().all(|global| is_expected(&self.read_from(global)))
        });
        start.elapsed()
    }
}

fn address(child: &Child) -> String {
    child.port.node_id().recipe()[0].to_string()
}

/// The promises are 1 s and 5 s; the rest is for machines that run other tests at the same time.
#[test]
fn what_is_set_anywhere_is_soon_everywhere_and_after_kill_9_of_a_global_node_again() {
    let mut ten = Ten::start();
    ten.all_have("all have joined", |content| content.contains_key("begin"));
    set(&ten.slaves[1], "by a slave", 1);
    let took = ten.all_have("all have what a slave has set", |content| content.contains_key("by a slave"));
    println!("what a slave has set was everywhere after {took:?}");
    assert!(took < secs(1), "{took:?}");
    ten.slaves[0].send(&ten.globals[2].port, Order::Set(FAMILY.into(), "by a global node".into(), 2));
    let took = ten.all_have("all have what a global node has set", |content| content.contains_key("by a global node"));
    println!("what a global node has set was everywhere after {took:?}");
    assert!(took < secs(1), "{took:?}");

    let victim = ten.globals.iter().position(|global| *global.port.node_id() == ten.master).unwrap();
    let mut watches: Vec<_> = ten.slaves.iter().map(|slave| slave.database().watch::<u64>(FAMILY)).collect();
    for watch in &mut watches {
        assert!(matches!(watch.wait(), Some(Change::Initial(_))));
    }
    drop(ten.globals.remove(victim));
    for (number, slave) in (10..).zip(&ten.slaves) {
        set(slave, &format!("after {number}"), number);
    }
    let took = ten.all_have("all have what all have set after the kill", |content| {
        (10..17).all(|number| content.get(&format!("after {number}")) == Some(&number))
            && content.contains_key("begin")
            && content.contains_key("by a slave")
    });
    println!("everything was back {took:?} after the kill of a global node");
    assert!(took < secs(5), "{took:?}");
    for mut watch in watches {
        let mut changes = std::iter::from_fn(|| watch.try_next());
        assert!(changes.all(|change| matches!(change, Change::Added { .. })), "nobody's entries have come and gone");
    }
}

/// Two sides of a network that a proxy can part: a global node with three others, and two global nodes with four.
struct Sides {
    globals: [Hidden; 3],
    left: Vec<Node>,
    right: Vec<Node>,
    /// Within the sides, nodes reach the global ones by other ways.
    _ways: [Proxy; 3],
}

impl Sides {
    fn start(settings: impl Fn(Builder) -> Builder) -> Self {
        let first = hidden_with("g1", |builder| settings(builder).global());
        let seed = first.proxy.address();
        let second = hidden_with("g2", |builder| settings(builder).global().seed(&seed));
        let ways = [first.another_proxy(), second.another_proxy()];
        let third = hidden_with("g3", |builder| settings(builder).global().seed(&seed).seed(&ways[1].address()));
        let [way_to_first, way_to_second] = ways;
        let ways = [way_to_first, way_to_second, third.another_proxy()];
        let slave = |seeds: &[Proxy]| {
            let seeded = |builder| seeds.iter().fold(builder, |builder: Builder, seed| builder.seed(&seed.address()));
            outsider_with(|builder| settings(seeded(builder)))
        };
        let left = (0..3).map(|_| slave(&ways[..1])).collect();
        let right = (0..4).map(|_| slave(&ways[1..])).collect();
        Self { globals: [first, second, third], left, right, _ways: ways }
    }

    fn left(&self) -> impl Iterator<Item = &Node> {
        self.left.iter().chain([&self.globals[0].node])
    }

    fn right(&self) -> impl Iterator<Item = &Node> {
        self.right.iter().chain(self.globals[1..].iter().map(|global| &global.node))
    }

    fn have(&self, expected: &Content) -> bool {
        self.left().chain(self.right()).all(|node| read(node) == *expected)
    }

    fn part(&self) {
        self.globals.iter().for_each(|global| global.proxy.swallow());
        self.globals.iter().for_each(|global| global.proxy.cut());
    }

    fn heal(&self) {
        self.globals.iter().for_each(|global| global.proxy.forward());
        self.globals.iter().for_each(|global| global.proxy.cut());
    }
}

/// Parts two sides for `duration`, writes on both, and waits until they are one again.
fn split(settings: impl Fn(Builder) -> Builder, duration: Duration) {
    let sides = Sides::start(settings);
    set(&sides.left[0], "before", 1);
    set(&sides.right[0], "before too", 2);
    eventually("all have joined", || sides.have(&content([("before", 1), ("before too", 2)])));
    sides.part();
    let parted = Instant::now();
    set(&sides.left[1], "contested", 3);
    set(&sides.left[1], "left", 4);
    sides.left[0].database().remove(FAMILY, "before").unwrap();
    eventually("the left side goes on", || {
        sides.left().all(|node| read(node) == content([("before too", 2), ("contested", 3), ("left", 4)]))
    });
    set(&sides.right[1], "contested", 5);
    set(&sides.right[1], "right", 6);
    eventually("the right side goes on", || {
        sides
            .right()
            .all(|node| read(node) == content([("before", 1), ("before too", 2), ("contested", 5), ("right", 6)]))
    });
    thread::sleep(duration.saturating_sub(parted.elapsed()));
    sides.heal();
    let healed = Instant::now();
    let expected = content([("before too", 2), ("contested", 5), ("left", 4), ("right", 6)]);
    while !sides.have(&expected) {
        assert!(healed.elapsed() < secs(90), "{:?} {:?}", read(&sides.left[0]), read(&sides.right[0]));
        thread::sleep(Duration::from_millis(20));
    }
    println!("all replicas were equal {:?} after the healing", healed.elapsed());
}

/// Sessions end after a second here, so that a split of three seconds is a long one.
#[test]
fn after_a_split_with_writes_on_both_sides_all_replicas_are_equal() {
    let settings =
        |builder: Builder| builder.heartbeat(Duration::from_millis(200)).session_timeout(secs(1)).secret(SECRET);
    split(settings, secs(3));
}

#[test]
#[ignore = "takes about two minutes: sessions last 30 s by default"]
fn after_a_split_that_is_longer_than_sessions_last_all_replicas_are_equal() {
    split(|builder| builder, secs(45));
}

#[test]
#[ignore = "takes a minute"]
fn after_a_split_of_30_seconds_all_replicas_are_equal() {
    split(|builder| builder, secs(30));
}
