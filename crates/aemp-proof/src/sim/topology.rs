//! Who looks for whom: seeds, and nodes that are global from their start.

use std::collections::BTreeSet;

use aemp_proto::id::Address;

use crate::random::Random;

use super::swarm::{MILLI, SECOND};

/// How many nodes others look for.
const HUBS: &[usize] = &[1, 2, 2, 3, 3];
/// The host name of a node's seeds ends with this.
const DOMAIN: &str = ".seeds.test:4000";

/// Who looks for whom, and how programs use the database.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    /// Of each node, the nodes that are its seeds.
    pub(super) seeds: Vec<Vec<usize>>,
    pub(super) is_global: Vec<bool>,
    /// Nodes that know their seeds by one host name, which stands for all of them.
    pub(super) by_name: Vec<bool>,
    /// Nodes that do not know where they listen, and so meet themselves among their seeds.
    pub(super) is_unaware: Vec<bool>,
    /// A node that crashes when the faults are over, and stays away until all others have come to rest.
    pub(super) absent: Option<usize>,
    /// The mean time between two uses of the database by a node, in microseconds.
    pub(super) use_every: u64,
    pub(super) families: usize,
    pub(super) keys: usize,
    /// Wall clocks are wrong by up to this, in microseconds.
    pub(super) skew: u64,
}

impl Topology {
    pub(super) fn draw(random: &mut Random, nodes: usize) -> Self {
        let mut topology = Self {
            seeds: vec![Vec::new(); nodes],
            is_global: vec![false; nodes],
            by_name: (0..nodes).map(|_| random.chance(150)).collect(),
            is_unaware: (0..nodes).map(|_| random.chance(150)).collect(),
            absent: None,
            use_every: random.spread(500 * MILLI, 5 * SECOND) * nodes as u64 / 3,
            families: 1 + random.index(2),
            keys: random.pick(&[1, 3, 10, 30]),
            skew: random.pick(&[0, 20 * SECOND, 3600 * SECOND]),
        };
        if random.chance(500) {
            topology.draw_seeds(random, nodes);
        }
        topology
    }

    /// Processes end in this run: one node may stay away for longer.
    pub(super) fn draw_absent(&mut self, random: &mut Random) {
        if !self.has_seeds() || random.chance(400) {
            return;
        }
        let hubs: Vec<usize> = self.seeds.iter().flatten().copied().collect();
        self.absent = Some(if random.chance(600) { random.pick(&hubs) } else { random.index(self.seeds.len()) });
    }

    fn draw_seeds(&mut self, random: &mut Random, nodes: usize) {
        let mut places: Vec<usize> = (0..nodes).collect();
        random.shuffle(&mut places);
        let hubs = random.pick(HUBS).min(nodes - 1);
        let (hubs, plain) = places.split_at(hubs);
        // A lone hub may learn only of its slaves that it is one: of the first plain node, which is never global.
        let is_bare = hubs.len() == 1 && random.chance(400);
        for hub in hubs.iter().filter(|_| !is_bare) {
            self.seeds[*hub] = some_of(random, hubs);
            self.is_global[*hub] = random.chance(300);
        }
        for (place, node) in plain.iter().enumerate() {
            if place == 0 || !random.chance(80) {
                self.seeds[*node] = some_of(random, hubs);
                self.is_global[*node] = place > 0 && random.chance(100);
            }
        }
        for hub in hubs.iter().filter(|_| !is_bare) {
            // Nobody would tell a hub without seeds that it is to be one, once its slaves have other masters.
            if self.seeds[*hub].iter().all(|seed| seed != hub) && random.chance(600) {
                self.seeds[*hub].push(*hub);
            }
        }
    }

    /// The seeds of a node, as it is told of them.
    pub(super) fn seeds_of(&self, node: usize, addresses: &[Address]) -> Vec<Address> {
        let seeds = &self.seeds[node];
        if self.by_name[node] && !seeds.is_empty() {
            return vec![format!("n{node}{DOMAIN}").parse().expect("an address")];
        }
        seeds.iter().map(|seed| addresses[*seed].clone()).collect()
    }

    /// What a host name stands for.
    pub(super) fn resolve(&self, name: &Address, addresses: &[Address]) -> Vec<Address> {
        let text = name.to_string();
        let node = text.strip_prefix('n').and_then(|text| text.strip_suffix(DOMAIN)?.parse::<usize>().ok());
        let seeds = node.and_then(|node| self.seeds.get(node)).into_iter().flatten();
        seeds.map(|seed| addresses[*seed].clone()).collect()
    }

    pub(super) fn has_seeds(&self) -> bool {
        self.seeds.iter().any(|seeds| !seeds.is_empty())
    }

    /// Whether a node takes part in a network; the database of any other is its own.
    pub(super) fn is_member(&self, node: usize) -> bool {
        self.is_global[node] || !self.seeds[node].is_empty() || self.seeds.iter().flatten().any(|seed| *seed == node)
    }

    /// The networks when all nodes have sessions with each other: global nodes that meet are of one network.
    pub(super) fn networks(&self) -> Vec<BTreeSet<usize>> {
        let (members, others): (BTreeSet<usize>, BTreeSet<usize>) =
            (0..self.seeds.len()).partition(|node| self.is_member(*node));
        others.into_iter().map(|node| [node].into()).chain([members]).collect()
    }

    /// The networks without the absent node, when nodes have only those sessions that seeds and programs have brought about.
    /// Where seeds alone do not hold all members together, nobody knows which of them have met; `None` if a node has no other
    /// seed than the absent one.
    pub(super) fn networks_before_others_meet(&self) -> Option<Vec<BTreeSet<usize>>> {
        let mut present = self.clone();
        if let Some(absent) = self.absent {
            present.is_global[absent] = false;
            present.seeds[absent].clear();
            present.seeds.iter_mut().for_each(|seeds| seeds.retain(|seed| *seed != absent));
        }
        let deserted = |node: &usize| !self.seeds[*node].is_empty() && present.seeds[*node].is_empty();
        let is_anybody_deserted = (0..self.seeds.len()).any(|node| deserted(&node) && Some(node) != self.absent);
        (!is_anybody_deserted).then(|| present.networks_of_seeds())
    }

    fn networks_of_seeds(&self) -> Vec<BTreeSet<usize>> {
        let mut networks = self.networks();
        let members = networks.pop().unwrap_or_default();
        networks.extend(Some(members).filter(|members| self.is_held_together(members)));
        networks
    }

    fn is_held_together(&self, members: &BTreeSet<usize>) -> bool {
        let mut reached: BTreeSet<usize> = members.iter().take(1).copied().collect();
        let touches = |reached: &BTreeSet<usize>, node: usize| {
            reached.contains(&node) || self.seeds[node].iter().any(|seed| reached.contains(seed))
        };
        for _ in members {
            let touching: Vec<usize> = members.iter().copied().filter(|node| touches(&reached, *node)).collect();
            reached.extend(touching.into_iter().flat_map(|node| self.seeds[node].iter().copied().chain([node])));
        }
        reached == *members
    }
}

/// All of these, or some, at least one.
fn some_of(random: &mut Random, list: &[usize]) -> Vec<usize> {
    let mut some = list.to_vec();
    random.shuffle(&mut some);
    if random.chance(500) {
        some.truncate(1 + random.index(list.len()));
    }
    some
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology(seeds: &[&[usize]]) -> Topology {
        let mut topology = Topology::draw(&mut Random::new(0), seeds.len());
        topology.seeds = seeds.iter().map(|seeds| seeds.to_vec()).collect();
        topology
    }

    #[test]
    fn seeds_hold_a_network_together_or_do_not() {
        let mut apart = topology(&[&[0], &[0], &[2], &[2], &[]]);
        apart.is_global = vec![false; 5];
        assert_eq!(apart.networks(), [[4].into(), BTreeSet::from([0, 1, 2, 3])]);
        assert_eq!(apart.networks_before_others_meet().unwrap_or_default(), [[4].into()]);
        let joined = topology(&[&[0], &[0], &[2], &[2], &[0, 2]]);
        assert_eq!(joined.networks_before_others_meet(), Some(vec![BTreeSet::from([0, 1, 2, 3, 4])]));
    }

    #[test]
    fn without_the_absent_node_others_hold_together_or_do_not() {
        let mut topology = topology(&[&[0], &[1, 0], &[0, 1], &[1]]);
        (topology.is_global, topology.absent) = (vec![false; 4], Some(0));
        let members = [BTreeSet::from([0]), BTreeSet::from([1, 2, 3])];
        assert_eq!(topology.networks_before_others_meet().unwrap_or_default(), members);
        topology.absent = Some(1);
        assert_eq!(topology.networks_before_others_meet(), None);
    }

    #[test]
    fn a_host_name_stands_for_all_seeds_of_its_node() {
        let mut topology = topology(&[&[], &[2, 0], &[]]);
        topology.by_name[1] = true;
        let addresses: Vec<Address> =
            (1..=3).map(|n| format!("10.0.0.{n}:4000").parse().expect("an address")).collect();
        let names = topology.seeds_of(1, &addresses);
        assert_eq!(names.len(), 1);
        assert_eq!(topology.resolve(&names[0], &addresses), [addresses[2].clone(), addresses[0].clone()]);
    }
}
