//! What a living owner has, and a global node knows for sure, is not missing from what that node tells.
//!
//! A global node knows an entry from the moment at which it has heard of the owner's registration with some global node, and
//! of the entry, until that one gives the owner up, or has been lost for the grace.

use aemp_proto::directory::Change;

use super::{
    Oracle,
    database::{Content, Copy, Database, GRACE, Place, Write},
    members::{Registration, Session},
};
use crate::sim::facts::Process;

/// An entry of a process, or a key that it has.
#[derive(Clone, Copy, Debug)]
struct Owned {
    owner: Process,
    /// Since when the owner has it.
    since: u64,
}

/// Whose word a watch is told.
#[derive(Clone, Copy, Debug)]
enum Teller {
    /// Its own node, which knows of nobody else.
    Alone(Process),
    /// Its own node, which becomes global in this moment: it has heard nothing yet, and tells nothing before it has.
    Becoming,
    /// A global node, which said this after that moment.
    Global(Process, u64),
}

impl Oracle {
    /// What a watch is told leaves out nothing that whoever told it knew, and is not behind it.
    pub(super) fn check_kept(
        &self,
        watcher: Process,
        before: Option<&Content>,
        copy: &Copy,
        change: &Change,
        now: u64,
    ) -> Result<(), String> {
        if before.is_some() && self.members.has_no_master(watcher) {
            return Err("what it watches changes, and it has no master".to_owned());
        }
        let Some(teller) = self.teller(watcher, before.is_none(), now) else { return Ok(()) };
        let (family, Some(content)) = (&copy.family, &copy.content) else { return Ok(()) };
        let absent = if before.is_none() { self.absent(family, content) } else { change.removed.clone() };
        for key in absent {
            let place = (family.clone(), key);
            if let Some(owner) = self.known_owner(teller, &place, now) {
                return Err(format!("{} of {family} is not there, which {} has", place.1, self.facts.show(owner)));
            }
        }
        for (key, _) in change.added.iter().chain(&change.changed) {
            let told = content[key];
            let before = before.and_then(|before| before.get(key)).copied();
            if let Some(later) = self.known_later(teller, told, before, now) {
                return Err(format!("{key} of {family} is {told}, although {later} is later"));
            }
        }
        Ok(())
    }

    /// A process has lost the process of a node. How much of what its watches were told it knows for the grace alone.
    pub(in crate::sim) fn kept_by_grace(&self, process: Process, node: usize, now: u64) -> u64 {
        let Some(lost) = self.members.sessions(process, node).last() else { return 0 };
        let Database { copies, writes, parts, .. } = &self.database;
        let told = copies.iter().filter(|((holder, _), _)| *holder == process);
        let told = told.flat_map(|(_, copy)| copy.content.iter().flatten().map(|(_, write)| &writes[*write]));
        let kept = told.filter(|write| {
            let owned = Owned { owner: write.process, since: write.had_since };
            self.facts.is_running(write.process)
                && self.members.registrations(write.process).last().is_some_and(|last| last.global == lost.other)
                && parts.contains_key(&(write.process, write.place.clone()))
                && self.is_known(process, owned, now, now)
        });
        kept.count() as u64
    }

    /// Keys of a family that living processes have, and that are not there.
    fn absent(&self, family: &str, content: &Content) -> Vec<String> {
        let parts = self.database.parts.keys().filter(|(owner, _)| self.facts.is_running(*owner));
        let keys = parts.filter(|(_, (of, key))| of == family && !content.contains_key(key));
        keys.map(|(_, (_, key))| key.clone()).collect()
    }

    /// Whose word a watch is told at this moment, if that can be known.
    fn teller(&self, watcher: Process, is_first: bool, now: u64) -> Option<Teller> {
        let Some(last) = self.members.registrations(watcher).last() else { return Some(Teller::Alone(watcher)) };
        let global = last.global;
        if global == watcher {
            let is_becoming = last.since == now && !is_first;
            return Some(if is_becoming { Teller::Becoming } else { Teller::Global(watcher, now) });
        }
        let [own, node] = [watcher, global].map(|process| self.facts.process(process).node);
        // The first content may be what another watch was told, by a former master.
        let renewed = if is_first { self.contacts.surely_by(own, node, last.since, now)? } else { last.since };
        let renewed = if is_first { self.contacts.surely_by(own, node, renewed, now)? } else { renewed };
        let since = renewed.max(self.contacts.sent_since(own, node, now));
        last.left.is_none().then_some(Teller::Global(global, since))
    }

    /// Who has a key, and is known to whoever tells a watch.
    fn known_owner(&self, teller: Teller, place: &Place, now: u64) -> Option<Process> {
        let owners = (0..self.facts.processes.len()).map(Process).filter(|owner| self.facts.is_running(*owner));
        let mut at = (Process(0), place.clone());
        let mut owned = owners.filter_map(|owner| {
            at.0 = owner;
            let write = self.database.parts.get(&at)?;
            Some(Owned { owner, since: self.database.writes[*write].had_since })
        });
        owned.find(|owned| self.knows(teller, *owned, now)).map(|owned| owned.owner)
    }

    /// A write that counts for more than what a watch is told, and is known to whoever tells it: one of the same owner, or what
    /// the key had before.
    fn known_later(&self, teller: Teller, told: usize, before: Option<usize>, now: u64) -> Option<usize> {
        let Database { writes, parts, .. } = &self.database;
        let Write { process, place, .. } = &writes[told];
        // Who becomes global hears in the same moment, perhaps, what a slave had when it registered.
        let is_becoming = matches!(teller, Teller::Becoming);
        let own = parts.get(&(*process, place.clone())).copied().filter(|own| *own > told && !is_becoming);
        let before = before.filter(|before| {
            let Write { process: owner, over, .. } = &writes[*before];
            over.contains(&told) && parts.get(&(*owner, place.clone())) == Some(before)
        });
        own.into_iter().chain(before).find(|later| {
            let Write { process: owner, at, .. } = writes[*later];
            self.facts.is_running(owner) && self.knows(teller, Owned { owner, since: at }, now)
        })
    }

    fn knows(&self, teller: Teller, owned: Owned, now: u64) -> bool {
        match teller {
            Teller::Alone(own) => owned.owner == own,
            Teller::Becoming => true,
            Teller::Global(global, since) => self.is_known(global, owned, since, now),
        }
    }

    /// Whether a global node knows an entry since a moment without a break.
    fn is_known(&self, global: Process, owned: Owned, since: u64, now: u64) -> bool {
        let registrations = self.members.registrations(owned.owner).iter();
        let registrations =
            registrations.filter(|registration| registration.left.is_none_or(|left| owned.since < left));
        let mut spans: Vec<(u64, u64)> =
            registrations.flat_map(|registration| self.spans(global, owned, registration, now)).collect();
        spans.sort_unstable();
        let last = spans.into_iter().fold(since, |until, (from, to)| if from <= until { until.max(to) } else { until });
        last > now && !self.is_haunted(global, owned.owner, since, now)
    }

    /// When a global node surely knows what an owner has by one of its registrations.
    fn spans(&self, global: Process, owned: Owned, registration: &Registration, now: u64) -> Vec<(u64, u64)> {
        let since = owned.since.max(registration.since);
        let lost = registration.lost.unwrap_or(u64::MAX);
        let master = registration.global;
        let node = self.facts.process(master).node;
        let reached = match owned.owner == master {
            true => Some(since),
            false => self.contacts.surely_by(self.facts.process(owned.owner).node, node, since, now),
        };
        let Some(reached) = reached else { return Vec::new() };
        if master == global {
            return vec![(reached, lost)];
        }
        let began = self.members.registrations(global).last().map_or(u64::MAX, |own| own.since);
        let own = self.facts.process(global).node;
        let sessions = self.members.sessions(global, node);
        let span = |session: &Session| {
            let said = reached.max(session.since).max(began);
            let heard = self.contacts.surely_by(node, own, said, now)?;
            let until = session.until.map_or(u64::MAX, |until| until + GRACE);
            session.until.is_none_or(|until| heard <= until).then_some((heard, until.min(lost)))
        };
        sessions.iter().filter(|session| session.other == master).filter_map(span).collect()
    }

    /// Whether a global node may believe after a moment what somebody says of another process with the owner's node ID: of
    /// two, that with the faster clock counts.
    fn is_haunted(&self, global: Process, owner: Process, since: u64, now: u64) -> bool {
        let processes = &self.facts.processes;
        let node = self.facts.process(owner).node;
        let mut others = (0..processes.len()).filter(|other| *other != owner.0 && processes[*other].node == node);
        others.any(|other| {
            processes[other].ended.is_none()
                || self.members.registrations(Process(other)).iter().any(|registration| {
                    let gone = self.gone_by(global, registration, now);
                    gone.is_none_or(|gone| gone >= since)
                })
        })
    }

    /// When a global node surely has nothing by a registration of a process that has ended.
    fn gone_by(&self, global: Process, registration: &Registration, now: u64) -> Option<u64> {
        let master = registration.global;
        if master == global {
            return registration.lost;
        }
        let [node, own] = [master, global].map(|process| self.facts.process(process).node);
        let told = registration.lost.and_then(|lost| self.contacts.surely_by(node, own, lost, now));
        let mut sessions = self.members.sessions(global, node).iter().filter(|session| session.other == master);
        let lost = sessions.next_back().map_or(Some(0), |session| Some(session.until? + GRACE));
        told.into_iter().chain(lost).min()
    }
}
