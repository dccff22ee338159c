//! An incarnation of which too many names are dead is dead as a whole, and is told so.

use crate::{
    id::{Incarnation, Origin, PortKind, PortName},
    planted::{Bug, planted},
    reason::Reason,
    time::Time,
};

use super::{Event, Kernel, Output, arena::Key, peer::Peer};

/// The code with which a connection of a retired incarnation is refused.
pub(crate) const RETIRED: &str = "retired";
const TEXT: &str = "too many of its names are dead for this node, so the whole process is: start it anew";
/// So many incarnations of one node are retired one by one; then all of them are.
const MAX_RETIRED: usize = 64;

/// The incarnations of one node that are dead as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retired {
    incarnations: Vec<Incarnation>,
    all: bool,
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Retired {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { incarnations, all } = self;
        view.put(&(incarnations, all));
    }
}

impl Retired {
    pub(crate) const fn is_empty(&self) -> bool {
        self.incarnations.is_empty() && !self.all
    }

    pub(crate) fn insert(&mut self, incarnation: Option<Incarnation>) {
        match incarnation {
            Some(incarnation) if self.incarnations.len() < MAX_RETIRED => self.incarnations.push(incarnation),
            _ => self.all = true,
        }
    }

    pub(crate) fn insert_all(&mut self) {
        self.all = true;
    }

    /// A base peer, which is no incarnation, is dead for no longer than its session.
    pub(crate) const fn forget_unknown(&mut self) {
        self.all = false;
    }

    pub(crate) fn holds(&self, incarnation: Incarnation) -> bool {
        self.all || self.incarnations.contains(&incarnation)
    }

    /// Whether the name was made by a retired incarnation. Others may have made the names of spawned ports.
    pub(crate) fn made(&self, name: &PortName) -> bool {
        let by = |origin: Origin| self.incarnations.iter().any(|incarnation| Origin::from(*incarnation) == origin);
        self.all
            || matches!(name, PortName::Native { origin, number }
                if matches!(number.kind(), PortKind::Port | PortKind::Renamed) && by(*origin))
    }
}

pub(crate) fn retired() -> Reason {
    Reason::new(RETIRED, TEXT)
}

impl Peer {
    /// Whether the incarnation that is held is dead as a whole.
    pub(crate) fn is_retired(&self) -> bool {
        self.session.peer.is_some_and(|held| self.fences.retired.holds(held))
    }
}

impl Kernel {
    /// Whether one more name of a peer may be remembered as dead.
    pub(crate) fn may_remember(&self, key: Key, remembered: usize) -> bool {
        remembered < self.settings.limits.max_fences || self.peers.get(key).is_none()
    }

    /// The peer's incarnation is dead as a whole from now on: every monitor fires, and it is told.
    pub(crate) fn retire(&mut self, key: Key, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.fences.retire(peer.session.peer);
        if planted(Bug::CollapseWithoutAlarms) {
            peer.monitors.clear();
        }
        let (epoch, connection) = (peer.session.epoch.saturating_add(1), peer.connection);
        if let Some(connection) = connection {
            self.refuse_connection(connection, RETIRED, TEXT);
        }
        self.fail(key, epoch, &retired(), now);
    }

    /// After a failure: if more names are dead than may be remembered, their incarnation is.
    pub(crate) fn retire_if_too_many_are_dead(&mut self, key: Key) {
        let most = self.settings.limits.max_fences;
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.fences.len() > most && !peer.is_retired() {
            peer.fences.retire(peer.session.peer);
        }
        if peer.fences.retired.is_empty() {
            return;
        }
        if peer.is_retired() {
            peer.closed_here.clear();
        }
        peer.fences.forget_retired();
        if peer.fences.len() > most {
            peer.fences.retired.insert_all();
            peer.fences.forget_retired();
        }
        let node = peer.node.clone();
        self.event(Event::Retired { node });
    }

    /// A connection of a retired incarnation is refused, and what was queued for it is lost, which is told.
    pub(crate) fn refuse_if_retired(&mut self, key: Key, connection: Key, incarnation: Incarnation, now: Time) -> bool {
        let Some(peer) = self.peers.get(key).filter(|peer| peer.fences.retired.holds(incarnation)) else {
            return false;
        };
        let is_held = peer.session.peer.is_none_or(|held| held == incarnation);
        let epoch = peer.session.epoch.saturating_add(1);
        self.refuse_connection(connection, RETIRED, TEXT);
        if is_held {
            self.fail(key, epoch, &retired(), now);
        }
        true
    }

    /// The peer has declared this whole incarnation dead: what is bound to its side dies.
    pub(crate) fn handle_retired(&mut self, key: Key, reason: &Reason) {
        let origin = self.peers.get(key).and_then(|peer| peer.session.peer).map(Into::into);
        for port in self.ports.bound_to(key, origin) {
            self.outputs.push_back(Output::Kill { port, reason: reason.clone() });
        }
    }
}
