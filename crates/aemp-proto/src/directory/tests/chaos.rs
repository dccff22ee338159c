//! Random programs on random networks: when everything has healed, all nodes have the same database, and it is right.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::network::{FAMILY, Network, address, id, settings};
use crate::{
    directory::{Role, clock::Stamp, name::Name, random::Random},
    id::NodeId,
    kernel::Settings,
    value::Value,
};

const RUNS: u64 = 300;
const STEPS: usize = 400;

struct Dice(Random);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        (self.0.next() % end as u64) as usize
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Some global nodes, each the seed of itself, and plain ones. Their seeds lead from everybody to everybody, if need be by
/// way of a plain node that knows two halves.
fn nodes(dice: &mut Dice) -> Vec<Settings> {
    let (globals, plain) = (1 + dice.below(4), 1 + dice.below(5));
    let half = dice.below(globals);
    let mut all = Vec::new();
    for n in 0..globals {
        let first_of_half = if n < half { 0 } else { half };
        all.push(settings(n, &[n, first_of_half]));
    }
    for n in globals..globals + plain {
        let bridge = n == globals;
        let seeds = if bridge { vec![0, half] } else { vec![dice.below(globals)] };
        all.push(settings(n, &seeds));
    }
    for settings in &mut all {
        settings.seed = dice.below(1_000_000) as u64;
        settings.wall_clock = skewed(dice);
    }
    all
}

/// Wall clocks are wrong by up to 20 s.
fn skewed(dice: &mut Dice) -> Duration {
    Duration::from_millis(1_000_000 + dice.below(20_000) as u64)
}

fn step(network: &mut Network, dice: &mut Dice) {
    let count = network.nodes.len();
    let n = dice.below(count);
    match dice.below(40) {
        0..12 => network.set(n, &format!("k{}", dice.below(6)), dice.below(1_000) as i64),
        12..16 => network.remove(n, &format!("k{}", dice.below(6))),
        16 => network.parts = (0..count).map(|_| dice.below(2) as u8).collect(),
        17 | 18 => network.parts = vec![0; count],
        19 => network.crash(n),
        20 | 21 => network.restart(n, skewed(dice)),
        22..25 => {
            let arrive = [dice.below(4), dice.below(4)];
            network.cut(n, dice.below(count), arrive);
        }
        25..32 => {
            let end = network.now.after(Duration::from_millis(dice.below(8_000) as u64));
            network.tick_until(end);
        }
        _ => {}
    }
    // Sessions across the border of a part fail, some time.
    for _ in 0..if dice.once_in(20) { count } else { 0 } {
        let (one, other) = (dice.below(count), dice.below(count));
        if network.parts[one] != network.parts[other] {
            network.cut(one, other, [0, 0]);
        }
    }
    for _ in 0..dice.below(12) {
        let ready = network.ready();
        if ready.is_empty() {
            break;
        }
        network.arrive(ready[dice.below(ready.len())]);
    }
}

/// What the nodes own themselves, by the total order.
fn expected(network: &Network) -> BTreeMap<String, Value> {
    let mut best: BTreeMap<String, (Stamp, NodeId, Value)> = BTreeMap::new();
    let family = Name::new(FAMILY).unwrap();
    for (n, node) in network.nodes.iter().enumerate().filter(|(_, node)| node.is_up) {
        for key in 0..6 {
            let name = format!("k{key}");
            let own = &node.directory.replica.claimed(&id(n), &id(n)).unwrap().part;
            let Some(entry) = own.get(&family, &Name::new(&name).unwrap()) else { continue };
            let ranked = (entry.stamp, id(n), entry.value.value());
            let known = best.get(&name);
            if known.is_none_or(|known| (known.0, &known.1) < (ranked.0, &ranked.1)) {
                best.insert(name, ranked);
            }
        }
    }
    best.into_iter().map(|(key, (.., value))| (key, value)).collect()
}

fn check(network: &Network, run: u64) {
    let expected = expected(network);
    let up = || (0..network.nodes.len()).filter(|n| network.nodes[*n].is_up);
    let all: BTreeSet<String> = up().map(|n| id(n).to_string()).collect();
    let is_global = |n: &usize| matches!(network.nodes[*n].directory.role, Role::Global { .. });
    let globals: BTreeSet<String> = up().filter(is_global).map(|n| id(n).to_string()).collect();
    for (n, node) in up().map(|n| (n, &network.nodes[n])) {
        assert_eq!(node.seen.as_ref(), Some(&expected), "run {run}: what the watcher of n{n} has seen");
        let directory = &node.directory;
        match &directory.role {
            Role::Alone => panic!("run {run}: n{n} is alone"),
            Role::Slave(slave) => assert!(slave.master.is_some(), "run {run}: n{n} has no master"),
            Role::Global { .. } => {
                let keys =
                    |family: &str| directory.replica.union.keys(family).map(|key| key.as_str().to_owned()).collect();
                let (listeners, known): (BTreeSet<String>, BTreeSet<String>) = (keys("'l"), keys("'g"));
                assert_eq!(listeners, all, "run {run}: the listeners that n{n} knows");
                assert_eq!(known, globals, "run {run}: the global nodes that n{n} knows");
                assert!(directory.fading.is_empty(), "run {run}: n{n} keeps claims of the lost");
                let slaves =
                    directory.neighbours.iter().filter(|(_, neighbour)| neighbour.is_slave() && !neighbour.is_global);
                let own: BTreeSet<_> = slaves.map(|(node, _)| node.clone()).chain([id(n)]).collect();
                let claimed: BTreeSet<_> =
                    directory.replica.claims_of(&id(n)).map(|(owner, _)| owner.clone()).collect();
                assert_eq!(claimed, own, "run {run}: those for whom n{n} speaks");
            }
        }
    }
}

#[test]
fn after_all_has_healed_every_replica_and_every_watcher_has_what_the_nodes_own() {
    for run in 0..RUNS {
        let mut dice = Dice(Random::new(run));
        let mut network = Network::new(nodes(&mut dice));
        network.act();
        for _ in 0..STEPS {
            step(&mut network, &mut dice);
        }
        let count = network.nodes.len();
        network.parts = vec![0; count];
        for n in (0..count).filter(|n| !network.nodes[*n].is_up).collect::<Vec<_>>() {
            network.restart(n, skewed(&mut dice));
        }
        // The last one is nobody's seed, unless it is the bridge, and stays dead in some runs.
        if count > 3 && run % 2 == 0 && network.nodes[count - 1].directory.seeds.own().len() == 1 {
            network.crash(count - 1);
        }
        // Pauses of a global node have at most 36 s, then come the settling and the grace.
        network.pass(60);
        check(&network, run);
        let refused: Vec<_> = network.nodes.iter().flat_map(|node| &node.refused).collect();
        assert!(refused.is_empty(), "run {run}: {refused:?}");
    }
}

#[test]
fn two_networks_are_joined_by_a_node_that_knows_seeds_of_both() {
    let mut all: Vec<Settings> = [0, 0, 2, 2].into_iter().enumerate().map(|(n, seed)| settings(n, &[seed])).collect();
    let mut last = settings(4, &[]);
    last.seeds = vec![address(0), address(2)];
    all.push(last);
    let mut network = Network::new(all);
    network.parts = vec![0, 0, 1, 1, 2];
    network.act();
    network.pass(5);
    network.set(1, "k1", 1);
    network.set(3, "k3", 3);
    network.settle();
    let seen =
        |network: &Network, n: usize| network.nodes[n].seen.clone().unwrap_or_default().into_keys().collect::<Vec<_>>();
    assert_eq!((seen(&network, 1), seen(&network, 3)), (vec!["k1".to_owned()], vec!["k3".to_owned()]));
    network.parts = vec![0; 5];
    network.pass(10);
    check(&network, 0);
    assert_eq!(seen(&network, 4), ["k1", "k3"]);
}
