//! Messages that a port does not take: its names are closed for whoever sent them.

use crate::{
    id::{NodeId, PortId, PortName},
    reason::Reason,
    session::{Envelope, Naming},
    wire::{frame::kind, write},
};

use super::{Event, Kernel, LocalPort, arena::Key};

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
        let origin = self.peers.get(key).and_then(|peer| peer.session.peer).map(Into::into);
        if self.ports.is_bound_to(port, key, origin) {
            return Refused::Dies;
        }
        for name in self.ports.names(port) {
            self.close_name(key, &name, reason);
        }
        self.rename(port);
        Refused::LivesOn
    }

    fn close_name(&mut self, key: Key, name: &PortName, reason: &Reason) {
        self.remove_watcher(key, name);
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.closed_here.insert(name.clone(), reason.clone()).is_some() {
            return;
        }
        let fields = |out: &mut Vec<u8>| {
            write::name(out, name);
            write::reason(out, reason);
        };
        peer.session.control(&Envelope { kind: kind::CLOSED, to: name, naming: Naming::Absent, from: None, fields });
        self.mark_writable_of(key);
        self.check_control_room(key);
    }

    /// Why a name of this node is closed for a peer, if it is. It is looked at before the ports are.
    pub(crate) fn closed_for(&self, key: Key, name: &PortName) -> Option<&Reason> {
        let closed = &self.peers.get(key)?.closed_here;
        if closed.is_empty() { None } else { closed.get(name) }
    }

    /// A peer takes nothing more for one of its names: that name is dead for this node.
    pub(crate) fn handle_closed(&mut self, key: Key, name: &PortName, reason: &Reason) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.fence_settled(name, reason);
        self.fire(key, name, reason);
        let Some(peer) = self.peers.get(key) else { return };
        let port = PortId::new(peer.node.clone(), name.clone());
        self.event(Event::Fenced { port, reason: reason.clone() });
    }
}
