//! Where a node looks for others: seeds, in rounds, with growing pauses, for ever.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use super::random::Random;
use crate::{
    id::{Address, Host, NodeId},
    time::Time,
};

/// A global node that was lost is looked for this long: when a network was split, its other half may be known by it alone.
const LOST_FOR: Duration = Duration::from_secs(3600);
/// Lost global nodes that are looked for.
const MAX_LOST: usize = 1_000;
/// Addresses of which it is remembered where they lead.
const MAX_LEADS: usize = 10_000;

/// Where to try, and who is meant to be there, if that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: Address,
    pub(super) node: Option<NodeId>,
}

/// What is to be tried next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Resolve(Address),
    Dial(Target),
    /// This node is there already.
    Meet(NodeId),
}

/// The seeds of a node, and the round in which they are tried.
#[derive(Clone, Debug)]
pub(super) struct Seeds {
    own: Vec<Address>,
    /// Where this node itself is.
    itself: BTreeSet<Address>,
    met_itself: bool,
    /// Where addresses led.
    leads: BTreeMap<Address, NodeId>,
    /// What was tried in any round.
    tried: BTreeSet<Address>,
    lost: BTreeMap<NodeId, (Vec<Address>, Time)>,
    /// What this round has not tried yet.
    queue: VecDeque<Target>,
    under_way: BTreeSet<Address>,
    pause: Duration,
    next_round: Time,
}

impl Seeds {
    pub(super) fn new(seeds: impl Iterator<Item = Address>, listening: &[Address]) -> Self {
        let itself: BTreeSet<_> = listening.iter().cloned().collect();
        let mut met_itself = false;
        let mut own = Vec::new();
        for seed in seeds {
            if itself.contains(&seed) {
                met_itself = true;
            } else if !own.contains(&seed) {
                own.push(seed);
            }
        }
        Self {
            own,
            itself,
            met_itself,
            leads: BTreeMap::new(),
            tried: BTreeSet::new(),
            lost: BTreeMap::new(),
            queue: VecDeque::new(),
            under_way: BTreeSet::new(),
            pause: Duration::ZERO,
            next_round: Time::ZERO,
        }
    }

    /// The seeds of this node, itself aside.
    pub(super) fn own(&self) -> &[Address] {
        &self.own
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Whether a seed is this node.
    pub(super) const fn has_met_itself(&self) -> bool {
        self.met_itself
    }

    /// Lost global nodes, and where they were.
    pub(super) fn lost(&self) -> impl Iterator<Item = (&NodeId, &Address)> {
        self.lost.iter().flat_map(|(node, (addresses, _))| addresses.iter().map(move |address| (node, address)))
    }

    /// A global node is lost.
    pub(super) fn lose(&mut self, node: &NodeId, addresses: Vec<Address>, now: Time) {
        self.lost.retain(|_, (_, since)| now.since(*since) < LOST_FOR);
        if self.lost.len() < MAX_LOST {
            self.lost.insert(node.clone(), (addresses, now));
        }
    }

    /// A global node is there.
    pub(super) fn found(&mut self, node: &NodeId) {
        self.lost.remove(node);
    }

    /// The next round begins at once, and pauses are short again.
    pub(super) fn hurry(&mut self, now: Time) {
        self.pause = Duration::ZERO;
        self.next_round = now;
    }

    /// The same if there is one among these that was never tried.
    pub(super) fn hurry_to(&mut self, addresses: &[Address], now: Time) {
        if addresses.iter().any(|address| !self.tried.contains(address) && !self.itself.contains(address)) {
            self.hurry(now);
        }
    }

    /// When the next round is due, if the last one is over.
    pub(super) fn next_round(&self) -> Option<Time> {
        self.is_idle().then_some(self.next_round)
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.under_way.is_empty()
    }

    /// Begins a round, if it is time; the next one comes after a pause.
    pub(super) fn begin_round(
        &mut self,
        mut targets: Vec<Target>,
        now: Time,
        (shortest, longest): (Duration, Duration),
        random: &mut Random,
    ) {
        random.shuffle(&mut targets);
        self.queue = targets.into();
        let pause = self.pause.clamp(shortest, longest);
        self.pause = pause.saturating_mul(2);
        let spread = pause.saturating_mul(random.jitter()).checked_div(1000).unwrap_or(pause);
        self.next_round = now.after(spread);
    }

    /// The next thing to try.
    pub(super) fn next_step(&mut self, most: usize, is_there: impl Fn(&NodeId) -> bool) -> Option<Step> {
        while self.under_way.len() < most {
            let target = self.queue.pop_front()?;
            let leads_to = target.node.as_ref().or_else(|| self.leads.get(&target.address));
            if let Some(node) = leads_to.filter(|node| is_there(node)) {
                return Some(Step::Meet(node.clone()));
            }
            if self.itself.contains(&target.address) || !self.under_way.insert(target.address.clone()) {
                continue;
            }
            if self.tried.len() >= MAX_LEADS {
                self.tried.clear();
            }
            self.tried.insert(target.address.clone());
            return Some(match &target.address {
                Address::Tcp { host: Host::Name(_), .. } if target.node.is_none() => Step::Resolve(target.address),
                _ => Step::Dial(target),
            });
        }
        None
    }

    /// A seed stands for these addresses now.
    pub(super) fn resolved(&mut self, seed: &Address, mut addresses: Vec<Address>, random: &mut Random) {
        if !self.under_way.remove(seed) {
            return;
        }
        // A name may stand for several nodes, and stays a seed when this node is one of them.
        self.met_itself |= addresses.iter().any(|address| self.itself.contains(address));
        random.shuffle(&mut addresses);
        for address in addresses {
            self.queue.push_front(Target { address, node: None });
        }
    }

    /// An attempt led to a node.
    pub(super) fn reached(&mut self, address: &Address, node: &NodeId) {
        self.under_way.remove(address);
        if self.leads.len() >= MAX_LEADS {
            self.leads.clear();
        }
        self.leads.insert(address.clone(), node.clone());
    }

    /// Whether an own seed leads to a node.
    pub(super) fn leads_to(&self, node: &NodeId) -> bool {
        self.own.iter().any(|seed| self.leads.get(seed) == Some(node))
    }

    /// An attempt led to nobody.
    pub(super) fn failed(&mut self, address: &Address) {
        self.under_way.remove(address);
    }

    /// An attempt led to this node itself.
    pub(super) fn reached_itself(&mut self, address: &Address) {
        self.under_way.remove(address);
        // Others may have any number of names for this node.
        if self.itself.len() < MAX_LEADS {
            self.itself.insert(address.clone());
        }
        self.own.retain(|seed| seed != address);
        self.met_itself = true;
    }
}
