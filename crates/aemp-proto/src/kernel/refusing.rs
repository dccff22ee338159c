//! Messages that a port does not take: its names are closed for whoever sent them.

use crate::{
    id::{NodeId, PortId, PortName},
    planted::{Bug, planted},
    reason::Reason,
    session::{Envelope, Naming, Sender},
    wire::{frame::kind, write},
};

use super::{Event, Kernel, LocalPort, arena::Key};

/// The characters of a reason that are kept with a closed name.
const MAX_TEXT: usize = 256;
/// Closed names are looked through each time their number has doubled from here.
const PRUNE_FROM: usize = 2_048;

/// What becomes of a port that refused a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a port that dies has to be closed"]
pub enum Refused {
    /// It lives on for all others; the sender's node reaches it under a new name only.
    LivesOn,
    /// It lives and dies with the sender's node: close it.
    Dies,
}

impl Kernel {
    /// A message of another node was not taken by its port: it did not decode, or no handler wanted it.
    ///
    /// A later message must not be taken in its place, so the port's names are closed for that node, whose
    /// monitors fire. The port gets a further name, under which the node may reach it again.
    pub fn refuse(&mut self, port: LocalPort, from: &NodeId, reason: &Reason) -> Refused {
        let Some(key) = self.by_node.get(from).copied().filter(|_| self.ports.is_alive(port)) else {
            return Refused::LivesOn;
        };
        let Some(peer) = self.peers.get_mut(key) else { return Refused::LivesOn };
        let name = peer.session.known.take_back_last();
        let refused = self.close_port(key, port, reason);
        if let Some(name) = name.filter(|_| refused == Refused::Dies) {
            // Its message is acknowledged: it has to know that this was not taken, whether it watches the port or not.
            self.remove_watcher(key, &name);
            self.tell_dead(key, Some(port), &name, reason);
        }
        refused
    }

    /// Closes all names of a port for a peer, and gives the port a further one.
    pub(crate) fn close_port(&mut self, key: Key, port: LocalPort, reason: &Reason) -> Refused {
        let origin = self.peers.get(key).and_then(|peer| peer.session.peer).map(Into::into);
        if self.ports.is_bound_to(port, key, origin) {
            return Refused::Dies;
        }
        let reason = reason.shortened(MAX_TEXT);
        for name in self.ports.names(port) {
            self.close_name(key, &name, &reason);
        }
        self.rename(port);
        Refused::LivesOn
    }

    /// Names that lead to no port any more need not be closed: a peer that provokes refusals for ever costs no more
    /// than its victims have names.
    fn prune_closed(&mut self, key: Key) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.closed_here.len() < peer.prune_closed_at.max(PRUNE_FROM) {
            return;
        }
        let mut closed = std::mem::take(&mut peer.closed_here);
        closed.retain(|name, _| self.ports.resolve(name).is_some() || self.may_yet_live(key, name));
        if let Some(peer) = self.peers.get_mut(key) {
            peer.prune_closed_at = closed.len().saturating_mul(2);
            peer.closed_here = closed;
        }
    }

    /// Takes nothing more for a name from a peer, and tells it so.
    pub(crate) fn close_name(&mut self, key: Key, name: &PortName, reason: &Reason) {
        self.remove_watcher(key, name);
        self.prune_closed(key);
        let Some(peer) = self.peers.get(key).filter(|peer| !peer.is_retired()) else { return };
        if !self.may_remember(key, peer.closed_here.len()) {
            return self.retire(key, self.now);
        }
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.closed_here.insert(name.clone(), reason.clone()).is_some() {
            return;
        }
        peer.session.known.tell_dead(name);
        self.tell_closed(key, name, reason);
    }

    /// A message was for a closed name: the peer is told once in a session, since an earlier one may have failed before it was.
    pub(super) fn tell_closed_again(&mut self, key: Key, name: &PortName, reason: &Reason) {
        if self.peers.get_mut(key).is_some_and(|peer| peer.session.known.tell_dead(name)) {
            self.tell_closed(key, name, reason);
        }
    }

    fn tell_closed(&mut self, key: Key, name: &PortName, reason: &Reason) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let delivered = peer.session.known.delivered(name);
        let fields = |out: &mut Vec<u8>| {
            write::name(out, name);
            write::count(out, delivered);
            write::reason(out, reason);
        };
        let notice = Envelope { kind: kind::CLOSED, to: name, naming: Naming::Absent, from: Sender::Nobody, fields };
        peer.session.notice(None, &notice);
        self.mark_writable_of(key);
        self.check_control_room(key);
    }

    /// Why a name of this node is closed for a peer, if it is. It is looked at before the ports are.
    pub(crate) fn closed_for(&self, key: Key, name: &PortName) -> Option<&Reason> {
        let closed = &self.peers.get(key)?.closed_here;
        if closed.is_empty() || planted(Bug::NamesBeforeClosed) { None } else { closed.get(name) }
    }

    /// A peer takes nothing more for one of its names: that name is dead for this node.
    pub(crate) fn handle_closed(&mut self, key: Key, name: &PortName, reason: &Reason) {
        let Some(peer) = self.peers.get(key) else { return };
        if !self.may_remember(key, peer.fences.len()) {
            return self.retire(key, self.now);
        }
        let now = self.now;
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.fence_settled(name, &reason.shortened(MAX_TEXT), now);
        self.fire(key, name, reason);
        if let Some(peer) = self.peers.get(key) {
            let port = PortId::new(peer.node.clone(), name.clone());
            self.event(Event::Fenced { port, reason: reason.clone() });
        }
    }
}
