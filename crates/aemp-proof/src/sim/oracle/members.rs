//! Who is registered with which global node, and who holds sessions with whom, as the processes themselves say.

use std::collections::BTreeMap;

use super::Oracle;
use crate::sim::facts::Process;

/// A process has a master, or is global.
#[derive(Debug)]
pub(super) struct Registration {
    /// The master; the process itself if it is global.
    pub(super) global: Process,
    pub(super) since: u64,
    /// When the process had another master, or none.
    pub(super) left: Option<u64>,
    /// When the master gave up the session, or the process became global.
    pub(super) lost: Option<u64>,
}

/// A session, as one side sees it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) other: Process,
    pub(super) since: u64,
    pub(super) until: Option<u64>,
}

/// Who belongs together.
#[derive(Debug, Default)]
pub(super) struct Members {
    registrations: BTreeMap<Process, Vec<Registration>>,
    /// By process and by node of the other one.
    sessions: BTreeMap<(Process, usize), Vec<Session>>,
}

impl Members {
    pub(super) fn registrations(&self, process: Process) -> &[Registration] {
        self.registrations.get(&process).map_or(&[], Vec::as_slice)
    }

    /// Whether a process has lost its master, and found no other one.
    pub(super) fn has_no_master(&self, process: Process) -> bool {
        self.registrations(process).last().is_some_and(|last| last.left.is_some())
    }

    pub(super) fn sessions(&self, process: Process, node: usize) -> &[Session] {
        self.sessions.get(&(process, node)).map_or(&[], Vec::as_slice)
    }

    /// A session begins. One with another process of the node is over with that, whether it was given up before or not.
    pub(super) fn session_begins(&mut self, process: Process, (other, node): (Process, usize), now: u64) {
        self.session_ends(process, node, now);
        self.sessions.entry((process, node)).or_default().push(Session { other, since: now, until: None });
        // The other one knows of this session for longer, perhaps, and has registered in it.
        let last = self.registrations.get_mut(&other).and_then(|registrations| registrations.last_mut());
        if let Some(last) = last.filter(|last| last.global == process && last.left.is_none()) {
            (last.since, last.lost) = (now, None);
        }
    }

    pub(super) fn session_ends(&mut self, process: Process, node: usize, now: u64) {
        let last = self.sessions.get_mut(&(process, node)).and_then(|sessions| sessions.last_mut());
        let Some(last) = last.filter(|session| session.until.is_none()) else { return };
        last.until = Some(now);
        let registrations = self.registrations.get_mut(&last.other).into_iter().flatten();
        for registration in registrations.filter(|registration| registration.global == process) {
            registration.lost = registration.lost.or(Some(now));
        }
    }
}

impl Oracle {
    /// A process registers with the process of a node that it has a session with.
    pub(in crate::sim) fn master_found(&mut self, process: Process, node: usize, now: u64) {
        let Some(master) = self.members.sessions(process, node).last().map(|session| session.other) else { return };
        // The master has given the session up already, perhaps, or does not know of it yet.
        let at_master = self.members.sessions(master, self.facts.process(process).node).last();
        let is_held = at_master.is_some_and(|session| session.other == process && session.until.is_none());
        let lost = (!is_held).then_some(now);
        let registration = Registration { global: master, since: now, left: None, lost };
        self.members.registrations.entry(process).or_default().push(registration);
    }

    pub(in crate::sim) fn master_lost(&mut self, process: Process, now: u64) {
        if let Some(last) = self.members.registrations.entry(process).or_default().last_mut() {
            last.left = Some(now);
        }
    }

    pub(in crate::sim) fn became_global(&mut self, process: Process, now: u64) {
        let registrations = self.members.registrations.entry(process).or_default();
        for former in registrations.iter_mut() {
            (former.left, former.lost) = (former.left.or(Some(now)), former.lost.or(Some(now)));
        }
        registrations.push(Registration { global: process, since: now, left: None, lost: None });
    }

    /// The clock of a process goes on by more than the time that passed: what it waits for comes so much earlier.
    pub(in crate::sim) fn clock_stepped(&mut self, process: Process, step: u64) {
        let of_process = self.members.sessions.range_mut((process, 0)..=(process, usize::MAX));
        for until in of_process.flat_map(|(_, sessions)| sessions).filter_map(|session| session.until.as_mut()) {
            *until = until.saturating_sub(step);
        }
    }
}
