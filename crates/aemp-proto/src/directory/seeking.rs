//! Looking for a master, or for all other global nodes.

use std::time::Duration;

use super::{
    Action, Directory, Message, Role,
    local::{GLOBALS, parsed},
    seeds::{Step, Target},
};
use crate::{
    id::{Address, NodeId},
    planted::{Bug, planted},
    time::Time,
};

/// Attempts that a global node makes at the same time.
const AT_ONCE: usize = 8;
/// The pauses of a global node are longer by this: it has what it needs, and looks for what else there may be.
const LONGER: u32 = 6;
/// Addresses of one global node that are tried: what it says of itself may be thousands.
const MAX_ADDRESSES: usize = 32;

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// A node proved that it is there; its session may be about to begin.
    Node(NodeId),
    /// This node.
    Itself,
    /// Nobody.
    Nobody,
}

impl Directory {
    /// A seed stands for these addresses now; none if that cannot be found out.
    pub(crate) fn resolved(&mut self, seed: &Address, addresses: Vec<Address>, now: Time) {
        self.now = now;
        self.seeds.resolved(seed, addresses, &mut self.random);
        self.become_global_if_seed();
        self.seek();
        self.settle();
    }

    /// An attempt to connect is over.
    pub(crate) fn dialled(&mut self, address: &Address, reached: &Reached, now: Time) {
        self.now = now;
        match reached {
            Reached::Node(node) => {
                self.seeds.reached(address, node);
                self.choose_master(node);
                self.ask_seed_to_be_global(node);
            }
            Reached::Itself => self.seeds.reached_itself(address),
            Reached::Nobody => self.seeds.failed(address),
        }
        self.become_global_if_seed();
        self.seek();
        self.settle();
    }

    /// Whoever is a seed is global.
    fn become_global_if_seed(&mut self) {
        if self.seeds.has_met_itself() {
            self.become_global();
        }
    }

    /// Tries what is to be tried now.
    pub(super) fn seek(&mut self) {
        let at_once = if matches!(self.role, Role::Global { .. }) { AT_ONCE } else { 1 };
        while self.seeks() {
            let neighbours = &self.neighbours;
            match self.seeds.next_step(at_once, |node| neighbours.contains_key(node)) {
                Some(Step::Meet(_)) if planted(Bug::SeedThatIsThere) => {}
                Some(Step::Meet(node)) => self.choose_master(&node),
                Some(Step::Resolve(seed)) => self.actions.push_back(Action::Resolve { seed }),
                Some(Step::Dial(Target { address, node })) => {
                    self.actions.push_back(Action::Dial { address, expect: node });
                }
                None if self.seeds.next_round().is_some_and(|due| due <= self.now) => self.begin_round(),
                None => return,
            }
        }
    }

    /// A seed that has no seeds itself, and no slaves yet, may be waiting to be asked: whoever is a seed is global.
    pub(super) fn ask_seed_to_be_global(&mut self, node: &NodeId) {
        let is_global = matches!(self.role, Role::Global { .. });
        if is_global
            && self.neighbours.get(node).is_some_and(|neighbour| !neighbour.is_global)
            && self.seeds.leads_to(node)
        {
            self.send(node, Message::BeGlobal(self.clock.last()));
        }
    }

    /// When the next round is due.
    pub(super) fn next_round(&self) -> Option<Time> {
        self.seeds.next_round().filter(|_| self.seeks())
    }

    /// Whether there is anybody to look for.
    fn seeks(&self) -> bool {
        match &self.role {
            Role::Alone => false,
            Role::Slave(slave) => slave.seeks(),
            Role::Global { .. } => true,
        }
    }

    fn begin_round(&mut self) {
        let timing = &self.timing;
        let longest = match &self.role {
            Role::Global { .. } => timing.redial_max.saturating_mul(LONGER),
            _ => timing.redial_max,
        };
        let pauses: (Duration, Duration) = (timing.redial_min.min(longest), longest);
        let targets = self.targets();
        self.seeds.begin_round(targets, self.now, pauses, &mut self.random);
    }

    fn targets(&mut self) -> Vec<Target> {
        let anybody = |address: &Address| Target { address: address.clone(), node: None };
        let mut targets: Vec<Target> = self.seeds.own().iter().map(anybody).collect();
        if matches!(self.role, Role::Global { .. }) {
            let of_slaves = self.neighbours.values().filter_map(|neighbour| neighbour.slave.as_ref()).flatten();
            targets.extend(of_slaves.take(self.limits.max_seeds).map(anybody));
            // Who makes some up shall not keep this node from the others for ever: each round has others.
            let mut globals: Vec<NodeId> = self.globals().collect();
            self.random.shuffle(&mut globals);
            let globals = globals.into_iter().flat_map(|node| {
                let addresses = self.addresses_of(&node);
                addresses.into_iter().map(move |address| Target { address, node: Some(node.clone()) })
            });
            targets.extend(globals.take(self.limits.max_seeds));
            let lost = self.seeds.lost();
            targets.extend(lost.map(|(node, address)| Target { address: address.clone(), node: Some(node.clone()) }));
        }
        targets
    }

    /// All other nodes that are global, as the database says.
    fn globals(&self) -> impl Iterator<Item = NodeId> {
        let keys = self.replica.union.keys(GLOBALS);
        let nodes: Vec<NodeId> = keys.filter_map(|key| key.as_str().parse().ok()).collect();
        nodes.into_iter().filter(|node| *node != self.me)
    }

    /// Where a node can be reached.
    pub(super) fn addresses_of(&self, node: &NodeId) -> Vec<Address> {
        let mut addresses = node.recipe().to_vec();
        let listed = parsed(&self.listeners_of(node).unwrap_or_default());
        addresses.extend(listed.into_iter().filter(|address| !node.recipe().contains(address)));
        addresses.truncate(MAX_ADDRESSES);
        addresses
    }
}
