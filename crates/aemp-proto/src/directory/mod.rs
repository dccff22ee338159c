//! The directory: global nodes, their slaves, and the database that they share. See `docs/directory.md`.
//!
//! It is told of sessions that begin and end, of what other nodes say, and of what programs want; it says
//! through `Directory::next_action` what is to be done.

mod answering;
mod base;
mod change;
mod check;
mod claims;
mod clock;
mod entry;
mod error;
mod fading;
mod global;
mod local;
mod merged;
mod name;
mod neighbour;
mod part;
mod publish;
mod query;
mod random;
mod readers;
mod replica;
mod rivals;
mod seeds;
mod seeking;
mod slave;
#[cfg(test)]
mod tests;
mod union;
mod watches;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use crate::{
    id::{Address, NodeId, PortNumber},
    kernel::{Settings, Timing},
    limits::Limits,
    planted::{Bug, planted},
    reason::Reason,
    time::Time,
    value::Bytes,
};

pub use change::Change;
pub use check::{check_entry, check_name};
use clock::{Clock, Stamp};
use entry::Changes;
pub use entry::MAX_VALUE;
pub use error::DatabaseError;
pub(crate) use error::Refusal;
use fading::Fading;
use merged::Merged;
pub use name::MAX_NAME;
use name::Name;
pub(crate) use neighbour::Form;
use neighbour::Neighbour;
use query::Facet;
pub use query::Query;
use random::Random;
use readers::Readers;
use replica::{Claimed, Replica};
use seeds::Seeds;
pub(crate) use seeking::Reached;
use slave::Slave;
pub use watches::DatabaseWatch;
use watches::Watches;
pub(crate) use wire::Message;

/// The claims of a global node that is lost are kept for this long: its slaves register elsewhere meanwhile, and nobody who
/// watches sees their entries go and come.
const GRACE: Duration = Duration::from_secs(10);

/// A node that has just become global waits at most this long for what other global nodes know, before it answers.
const SETTLING: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Tell a node that a session is held with.
    Send { to: NodeId, message: Message },
    /// Tell a base peer that a session is held with.
    SendBase { to: NodeId, message: crate::message::Message },
    /// Tell a watch.
    Changed { watch: DatabaseWatch, change: Change },
    /// A query is over.
    Answer { number: PortNumber, result: Result<Bytes, Reason> },
    /// Where a node listens, that was asked for; `None`: nobody knows.
    Found { node: NodeId, addresses: Option<Vec<Address>> },
    /// Find out which addresses a seed stands for, then call [`Directory::resolved`].
    Resolve { seed: Address },
    /// Connect, then call [`Directory::dialled`].
    Dial { address: Address, expect: Option<NodeId> },
    /// This node has a master.
    MasterFound(NodeId),
    /// It has none any more.
    MasterLost(NodeId),
    /// It holds the database from now on.
    BecameGlobal,
}

/// Which part a node plays.
#[derive(Clone, Debug)]
enum Role {
    /// It has nobody to look for, and nobody has asked it: its database is its own.
    Alone,
    /// Another node is its master, or is being looked for.
    Slave(Slave),
    /// It holds all of the database.
    Global {
        /// It does not yet answer, because it does not know what others know.
        settling_until: Option<Time>,
    },
}

/// The directory, as one node takes part in it.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    me: NodeId,
    limits: Limits,
    timing: Timing,
    clock: Clock,
    random: Random,
    now: Time,
    role: Role,
    /// When this node registered last, with a master or as a global node.
    since: Stamp,
    /// All claims if this node holds the database, its own part alone if not.
    replica: Replica,
    neighbours: BTreeMap<NodeId, Neighbour>,
    /// Global nodes that were told all that this node claims, and are told of changes.
    informed: BTreeMap<NodeId, Form>,
    readers: Readers,
    fading: Fading,
    /// What base peers that are global were told of this node's claims.
    merged: Merged,
    watches: Watches,
    /// Nodes that are looked up.
    wanted: BTreeSet<NodeId>,
    /// Queries that nobody has answered yet.
    queries: BTreeMap<PortNumber, (Facet, Name)>,
    seeds: Seeds,
    actions: VecDeque<Action>,
}

impl Directory {
    pub(crate) fn new(settings: &Settings) -> Self {
        let me = settings.node.clone();
        let seeds = Seeds::new(settings.seeds.iter().take(settings.limits.max_seeds).cloned(), &settings.addresses);
        let is_global = settings.global || seeds.has_met_itself();
        let role = match (is_global, seeds.is_empty()) {
            (true, _) => Role::Global { settling_until: None },
            (false, true) => Role::Alone,
            (false, false) => Role::Slave(Slave::default()),
        };
        let mut directory = Self {
            me: me.clone(),
            limits: settings.limits,
            timing: settings.timing,
            clock: Clock::new(settings.wall_clock),
            random: Random::new(settings.seed),
            now: Time::ZERO,
            role,
            since: Stamp::UNKNOWN,
            replica: Replica::default(),
            neighbours: BTreeMap::new(),
            informed: BTreeMap::new(),
            readers: Readers::default(),
            fading: Fading::default(),
            merged: Merged::default(),
            watches: Watches::default(),
            wanted: BTreeSet::new(),
            queries: BTreeMap::new(),
            seeds,
            actions: VecDeque::new(),
        };
        directory.since = directory.stamp();
        directory.replica.claim(&me, &me, Some(Claimed { since: directory.since, ..Claimed::default() }));
        directory.register_listeners(&settings.addresses);
        if is_global {
            directory.begin_to_be_global();
        }
        directory.seek();
        directory.settle();
        directory
    }

    /// The next thing to do.
    pub(crate) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A session with a node begins.
    pub(crate) fn up(&mut self, node: &NodeId, form: Form, now: Time) {
        self.lost(node, now);
        self.neighbours.insert(node.clone(), Neighbour { form, ..Neighbour::default() });
        match &self.role {
            Role::Alone => {}
            Role::Slave(_) => self.register_if_awaited(node),
            Role::Global { .. } => {
                let clock = self.clock.last();
                self.send(node, Message::Global(clock));
                self.ask_seed_to_be_global(node);
            }
        }
        self.settle();
    }

    /// The session with a node has failed.
    pub(crate) fn lost(&mut self, node: &NodeId, now: Time) {
        self.now = now;
        let Some(neighbour) = self.neighbours.remove(node) else { return };
        self.informed.remove(node);
        self.readers.forget(node);
        // What it was still to be told must not come before the beginning of the next session.
        self.actions
            .retain(|action| !matches!(action, Action::Send { to, .. } | Action::SendBase { to, .. } if to == node));
        match &self.role {
            Role::Alone => {}
            Role::Slave(_) => self.lose_master(node),
            Role::Global { .. } => self.lose_neighbour(node, &neighbour),
        }
        self.seek();
        self.settle();
    }

    /// Handles what a node says.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: nothing was changed.
    pub(crate) fn receive(&mut self, from: &NodeId, message: Message, now: Time) -> Result<(), Refusal> {
        self.now = now;
        if !self.neighbours.contains_key(from) {
            return Ok(());
        }
        self.clock.observe(message.clock());
        let result = match message {
            Message::Global(_) => {
                self.meet_global(from);
                Ok(())
            }
            Message::BeGlobal(_) => {
                self.become_global();
                Ok(())
            }
            Message::Slave(_, since, seeds, left, part) => self.take_slave(from, since, seeds, left, part),
            Message::Set(_, left, claims) => self.take_claims(from, left, claims),
            Message::Update(_, owner, since, changes) => self.take_update(from, owner, since, changes),
            Message::Found(_, node, addresses) => {
                self.take_found(from, node, addresses);
                Ok(())
            }
            Message::Reply(_, number, answer) => {
                self.take_reply(from, &number, answer);
                Ok(())
            }
            Message::Content(_, family, left, piece) => self.take_content(from, &family, left, piece),
            Message::Changed(_, family, set, removed) => self.take_changed(from, &family, set, &removed),
            request => self.take_request(from, request),
        };
        self.settle();
        result
    }

    /// When [`Self::tick`] is to be called at the latest.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let own = match &self.role {
            Role::Alone => None,
            Role::Slave(slave) => slave.deadline(),
            Role::Global { settling_until } => *settling_until,
        };
        [own, self.next_round(), self.fading.deadline()].into_iter().flatten().min()
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Time) {
        self.now = now;
        if let Role::Slave(slave) = &mut self.role {
            slave.tick(now);
        }
        for global in self.fading.take_globals(now) {
            if !planted(Bug::LostGlobalKept) {
                self.replica.claim_all(&global, BTreeMap::new(), |_| false);
            }
        }
        for (global, owner) in self.fading.take_parts(now) {
            self.replica.claim(&global, &owner, None);
        }
        self.seek();
        self.settle();
    }

    fn stamp(&mut self) -> Stamp {
        self.clock.next(self.now)
    }

    fn send(&mut self, to: &NodeId, message: Message) {
        let to = to.clone();
        match self.neighbours.get(&to).map(|neighbour| neighbour.form) {
            Some(Form::Native) => self.actions.push_back(Action::Send { to, message }),
            Some(Form::Base) => {
                let messages = base::translated(message, &self.limits).into_iter();
                self.actions.extend(messages.map(|message| Action::SendBase { to: to.clone(), message }));
            }
            None => {}
        }
    }

    /// Whether this node answers from its own replica.
    const fn answers(&self) -> bool {
        matches!(self.role, Role::Alone | Role::Global { settling_until: None })
    }

    /// Changes an own entry, and tells those who are to know.
    fn change_own(&mut self, changes: Changes) {
        let (me, since) = (self.me.clone(), self.since);
        self.replica.update(&me, &me, since, std::slice::from_ref(&changes));
        match &self.role {
            Role::Alone => {}
            Role::Slave(slave) => {
                if let Some(master) = slave.master.clone() {
                    let clock = self.clock.last();
                    self.send(&master, Message::Update(clock, me, Some(since), vec![changes]));
                }
            }
            Role::Global { .. } => self.tell_globals(&me, Some(since), &[changes]),
        }
    }
}
