//! A node that has a master, or looks for one.

use super::{
    Action, Directory, Message, Refusal, Role,
    clock::Stamp,
    entry::Encoded,
    local::{parsed, too_large},
    name::Name,
    query::Facet,
    union::Content,
    wire::pieces_of_changes,
};
use crate::{
    id::{NodeId, PortNumber},
    planted::{Bug, planted},
    time::Time,
    value::Bytes,
};

/// Whom a slave asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Slave {
    pub(super) master: Option<NodeId>,
    /// A seed led to this node, and its session is to begin until then.
    awaited: Option<(NodeId, Time)>,
}

impl Slave {
    /// Whether it has to look for a master.
    pub(super) const fn seeks(&self) -> bool {
        self.master.is_none() && self.awaited.is_none()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.awaited.as_ref().map(|(_, until)| *until)
    }

    pub(super) fn tick(&mut self, now: Time) {
        self.awaited.take_if(|(_, until)| *until <= now);
    }
}

impl Directory {
    /// A seed leads to this node: it shall be the master, if none is there.
    pub(super) fn choose_master(&mut self, node: &NodeId) {
        let is_up = self.neighbours.contains_key(node);
        let until = self.now.after(self.timing.handshake);
        let Role::Slave(slave) = &mut self.role else { return };
        if slave.seeks() {
            slave.awaited = Some((node.clone(), until));
            if is_up {
                self.register_if_awaited(node);
            }
        }
    }

    /// A session with a node is there: if a seed led to it, it is the master from now on.
    pub(super) fn register_if_awaited(&mut self, node: &NodeId) {
        let Role::Slave(slave) = &mut self.role else { return };
        if slave.awaited.take_if(|(awaited, _)| awaited == node).is_none() {
            return;
        }
        slave.master = Some(node.clone());
        self.actions.push_back(Action::MasterFound(node.clone()));
        self.register(node);
        self.ask_again(node);
    }

    fn register(&mut self, master: &NodeId) {
        let since = self.register_anew();
        let own = self.replica.claimed(&self.me, &self.me);
        let pieces = pieces_of_changes(own.map(|claimed| claimed.part.since(None)).unwrap_or_default());
        let seeds = self.seeds.own().to_vec();
        for (left, part) in pieces {
            let clock = self.clock.last();
            self.send(master, Message::Slave(clock, since, seeds.clone(), left, part));
        }
    }

    /// The own part belongs to a new registration.
    pub(super) fn register_anew(&mut self) -> Stamp {
        self.since = self.stamp();
        let me = self.me.clone();
        self.replica.update(&me, &me, self.since, &[]);
        self.since
    }

    /// What others have not answered goes to the new master.
    fn ask_again(&mut self, master: &NodeId) {
        let clock = self.clock.last();
        let finds = self.wanted.iter().map(|node| Message::Find(clock, node.clone()));
        let watches = self.watches.families().filter(|_| !planted(Bug::WatchesNotRenewed));
        let watches = watches.map(|family| Message::Watch(clock, family.clone()));
        let queries = self.queries.iter().map(|(number, (facet, family))| facet.request(clock, family, *number));
        let requests: Vec<_> = finds.chain(watches).chain(queries).collect();
        for request in requests {
            self.send(master, request);
        }
    }

    /// Sends a request to the master, if there is one: the next one gets it in any case.
    pub(super) fn ask_master(&mut self, request: impl FnOnce(Stamp) -> Message) {
        if let Role::Slave(Slave { master: Some(master), .. }) = &self.role {
            let (master, clock) = (master.clone(), self.clock.last());
            self.send(&master, request(clock));
        }
    }

    /// The session with a node is over.
    pub(super) fn lose_master(&mut self, node: &NodeId) {
        let Role::Slave(slave) = &mut self.role else { return };
        slave.awaited.take_if(|(awaited, _)| awaited == node);
        if slave.master.take_if(|master| master == node).is_some() {
            self.watches.forget_arriving();
            self.seeds.hurry(self.now);
            self.actions.push_back(Action::MasterLost(node.clone()));
            if planted(Bug::LostMasterEmpties) {
                let families: Vec<_> = self.watches.families().cloned().collect();
                families.iter().for_each(|family| self.watches.tell_content(family, Content::new()));
            }
        }
    }

    fn is_master(&self, node: &NodeId) -> bool {
        matches!(&self.role, Role::Slave(slave) if slave.master.as_ref() == Some(node))
    }

    // What a former master says late is not listened to.

    pub(super) fn take_found(&mut self, from: &NodeId, node: NodeId, addresses: Option<Vec<String>>) {
        if self.is_master(from) && self.wanted.remove(&node) {
            let addresses = addresses.map(|addresses| parsed(&addresses));
            self.actions.push_back(Action::Found { node, addresses });
        }
    }

    pub(super) fn take_reply(&mut self, from: &NodeId, number: &Name, answer: Option<Bytes>) {
        let Ok(number) = number.as_str().parse().map(PortNumber::from_bits) else { return };
        if self.is_master(from) && self.queries.remove(&number).is_some() {
            self.actions.push_back(Action::Answer { number, result: answer.ok_or_else(too_large) });
        }
    }

    pub(super) fn take_content(
        &mut self,
        from: &NodeId,
        family: &Name,
        left: u32,
        piece: Vec<(Name, Encoded)>,
    ) -> Result<(), Refusal> {
        if self.is_master(from) {
            self.watches.arrive(family, piece, left == 0, self.limits.max_claimed)
        } else {
            Ok(())
        }
    }

    pub(super) fn take_changed(
        &mut self,
        from: &NodeId,
        family: &Name,
        set: Vec<(Name, Encoded)>,
        removed: &[Name],
    ) -> Result<(), Refusal> {
        let most = self.limits.max_claimed;
        if self.is_master(from) { self.watches.hear_changes(family, set, removed, most) } else { Ok(()) }
    }
}

impl Facet {
    /// The request for it.
    pub(super) fn request(self, clock: Stamp, family: &Name, number: PortNumber) -> Message {
        let (family, number) = (family.clone(), Name::of_number(number));
        match self {
            Self::Family => Message::ReadFamily(clock, family, number),
            Self::Keys => Message::ReadKeys(clock, family, number),
            Self::Values => Message::ReadValues(clock, family, number),
        }
    }
}
