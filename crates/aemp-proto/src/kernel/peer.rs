//! What this node knows of another node.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    time::Duration,
};

use rustc_hash::FxHashMap;

use crate::{
    id::{Address, NodeId, PortName},
    planted::{Bug, planted},
    reason::Reason,
    session::Session,
    time::Time,
};

use super::{Contract, LocalPort, WatchId, arena::Key, dialling::Dialling, explain::History, fences::Fences, few::Few};

/// Another node, by its node ID.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) node: NodeId,
    pub(crate) session: Session,
    /// The connection that carries the session.
    pub(crate) connection: Option<Key>,
    /// What the node at the last connection that carried something holds to.
    pub(crate) contract: Option<Contract>,
    /// Authenticated connections that wait for its first frame, or for the answer to a probe.
    pub(crate) handshakes: Vec<Key>,
    pub(crate) dialling: Dialling,
    /// Since when a connection is missed.
    pub(crate) missed_since: Option<Time>,
    /// Whether its side closed the last connection.
    pub(crate) hung_up: bool,
    /// Ports there that this node watches.
    pub(crate) monitors: FxHashMap<PortName, Few<WatchId>>,
    /// Ports here that it watches, with the names under which it does.
    pub(crate) watched: BTreeSet<(LocalPort, PortName)>,
    /// Ports there that are dead for this node.
    pub(crate) fences: Fences,
    /// How many messages its earlier incarnation took, for names that may be of the present one.
    pub(crate) earlier: FxHashMap<PortName, RangeInclusive<u64>>,
    /// Names of ports here that take nothing more from its incarnation.
    pub(crate) closed_here: BTreeMap<PortName, Reason>,
    /// How many of them there may be before they are looked through.
    pub(crate) prune_closed_at: usize,
    /// Where it says that it listens.
    pub(crate) told: Vec<Address>,
    pub(crate) due: Option<Time>,
    pub(crate) congested: bool,
    /// What happened lately, for people.
    pub(crate) history: History,
}

impl Peer {
    pub(crate) fn new(node: NodeId, epoch: u64, history: History) -> Self {
        Self {
            node,
            session: Session::new(epoch),
            connection: None,
            contract: None,
            handshakes: Vec::new(),
            dialling: Dialling::default(),
            missed_since: None,
            hung_up: false,
            monitors: FxHashMap::default(),
            watched: BTreeSet::new(),
            fences: Fences::default(),
            earlier: FxHashMap::default(),
            closed_here: BTreeMap::new(),
            prune_closed_at: 0,
            told: Vec::new(),
            due: None,
            congested: false,
            history,
        }
    }

    /// Whether it was a base peer when it was last met.
    pub(crate) const fn is_base(&self) -> bool {
        matches!(self.contract, Some(Contract::Base { .. }))
    }

    /// Whether a connection is needed: something is on its way or watched, or the peer may want to resume.
    /// Certificates alone wait until there is one.
    pub(crate) fn wants_connection(&self) -> bool {
        self.session.used || self.has_work() || !self.monitors.is_empty()
    }

    /// The names of monitored ports, in the order of their monitors: as they were set, as a rule, and as all that belongs to
    /// them lies in memory.
    pub(crate) fn monitored(&self) -> Vec<PortName> {
        let mut names: Vec<(Option<&WatchId>, &PortName)> =
            self.monitors.iter().map(|(name, watches)| (watches.iter().next(), name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// Whether something is to reach the peer, certificates of an earlier session aside.
    pub(crate) fn has_work(&self) -> bool {
        !self.session.is_idle() && !self.session.has_only_certificates()
    }

    /// Where to dial: the node ID's own recipe, then what the peer told.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        let mut addresses = self.node.recipe().to_vec();
        addresses.extend(self.told.iter().filter(|told| !self.node.recipe().contains(told)).cloned());
        addresses
    }

    /// When something has to be done for it. (R3: nobody dials while a connection exists or is being made.)
    pub(crate) fn next_due(&self, session_timeout: Duration) -> Option<Time> {
        let give_up = self.missed_since.map(|since| since.after(session_timeout));
        let dial = self.dialling.next_at.filter(|_| self.may_dial());
        [give_up, dial].into_iter().flatten().min()
    }

    pub(crate) fn may_dial(&self) -> bool {
        self.connection.is_none() && (self.handshakes.is_empty() || planted(Bug::NoRuleR3))
    }
}
