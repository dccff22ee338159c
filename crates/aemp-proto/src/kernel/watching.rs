//! Watches: on ports of this node, on ports of others, and on nodes.

use crate::{
    id::{PortId, PortName},
    planted::{Bug, planted},
    reason::Reason,
    session::{Envelope, Naming, Sender},
    time::Time,
    wire::{frame::kind, write},
};

use super::{Kernel, LocalPort, Output, Refused, WatchId, arena::Key, peer::Peer, sending::no_fields};

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Watch {
    Local(LocalPort),
    /// This node itself, which ends no sooner than the watch.
    Own,
    Remote {
        peer: Key,
        name: PortName,
        /// The port of this node that shares its death.
        linked: Option<LocalPort>,
    },
    /// Nothing any more: it fires at the next opportunity.
    Firing,
}

impl Kernel {
    /// Watches a port anywhere, or a node by its node port.
    ///
    /// It fires at most once, through [`Output::Fired`] and [`Self::take_notice`], and never inside this call.
    pub fn monitor(&mut self, target: &PortId, now: Time) -> WatchId {
        self.watch(target, None, now)
    }

    /// The same for a port that will share the death of what it watches: whoever declares it dead kills it.
    pub fn link(&mut self, port: LocalPort, target: &PortId, now: Time) -> WatchId {
        self.watch(target, Some(port), now)
    }

    fn watch(&mut self, target: &PortId, linked: Option<LocalPort>, now: Time) -> WatchId {
        if target.node == self.settings.node {
            self.monitor_here(&target.name)
        } else {
            self.monitor_there(target, linked, now)
        }
    }

    fn monitor_here(&mut self, name: &PortName) -> WatchId {
        if *name == PortName::Node {
            return WatchId(self.watches.insert(Watch::Own));
        }
        let Some(port) = self.ports.resolve(name) else {
            return self.fire_at_once(self.absence(name));
        };
        let watch = WatchId(self.watches.insert(Watch::Local(port)));
        self.ports.watch(port, watch);
        watch
    }

    fn fire_at_once(&mut self, reason: Reason) -> WatchId {
        let watch = WatchId(self.watches.insert(Watch::Firing));
        self.outputs.push_back(Output::Fired { watch, reason });
        watch
    }

    fn monitor_there(&mut self, target: &PortId, linked: Option<LocalPort>, now: Time) -> WatchId {
        let key = self.peer_key(&target.node);
        if let Some(reason) = self.fenced(key, &target.name)
            && !planted(Bug::LaterMonitorAsks)
        {
            return self.fire_at_once(reason);
        }
        if let Some(port) = linked {
            self.ports.link(port, key);
        }
        let watch = WatchId(self.watches.insert(Watch::Remote { peer: key, name: target.name.clone(), linked }));
        if let Some(peer) = self.peers.get_mut(key) {
            let watches = peer.monitors.entry(target.name.clone()).or_default();
            watches.insert(watch);
            if watches.len() == 1 && target.name != PortName::Node {
                peer.session.control(&envelope(kind::MONITOR, &target.name));
            }
        }
        self.wish(key, now);
        watch
    }

    /// A watch that fired is told of, now: it is over. False if it was ended since, and is to stay silent.
    #[must_use]
    pub fn take_notice(&mut self, watch: WatchId) -> bool {
        let stays = planted(Bug::TwoNotices);
        match if stays { self.watches.get(watch.0).cloned() } else { self.watches.remove(watch.0) } {
            Some(Watch::Remote { peer, linked, .. }) => {
                self.unlink(linked, peer);
                true
            }
            Some(_) => true,
            None => planted(Bug::DroppedMonitorFires),
        }
    }

    /// Ends a watch: it never fires afterwards. Does nothing if it has fired.
    pub fn demonitor(&mut self, watch: WatchId) {
        match self.watches.remove(watch.0) {
            Some(Watch::Local(port)) => self.ports.unwatch(port, watch),
            Some(Watch::Remote { peer, name, linked }) => {
                self.unlink(linked, peer);
                self.demonitor_there(peer, &name, watch);
            }
            Some(Watch::Own | Watch::Firing) | None => {}
        }
    }

    pub(crate) fn unlink(&mut self, linked: Option<LocalPort>, peer: Key) {
        if let Some(port) = linked {
            self.ports.unlink(port, peer);
        }
    }

    fn demonitor_there(&mut self, key: Key, name: &PortName, watch: WatchId) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let Some(watches) = peer.monitors.get_mut(name) else { return };
        watches.remove(&watch);
        if !watches.is_empty() {
            return;
        }
        peer.monitors.remove(name);
        if *name != PortName::Node {
            peer.session.control(&envelope(kind::DEMONITOR, name));
            self.mark_writable_of(key);
        }
    }

    /// All watches of this node on one port of a peer fire. False if there are none.
    pub(crate) fn fire(&mut self, key: Key, name: &PortName, reason: &Reason) -> bool {
        let Some(Peer { monitors, .. }) = self.peers.get_mut(key) else { return false };
        let watches = if planted(Bug::TwoNotices) { monitors.get(name).cloned() } else { monitors.remove(name) };
        let Some(watches) = watches else { return false };
        watches.for_each(|watch| self.outputs.push_back(Output::Fired { watch, reason: reason.clone() }));
        true
    }

    /// A peer watches a port of this node under `name`.
    pub(crate) fn add_watcher(&mut self, key: Key, name: PortName) {
        if name == PortName::Node {
            return;
        }
        if let Some(reason) = self.closed_for(key, &name).cloned() {
            return self.tell_death(key, None, &name, &reason);
        }
        let Some(port) = self.ports.resolve(&name) else {
            let reason = self.absence(&name);
            if self.may_yet_live(key, &name) {
                return self.close_name(key, &name, &reason);
            }
            // What it sent before it died may still be waiting.
            return self.tell_death(key, self.ports.direct(&name), &name, &reason);
        };
        let limit = self.settings.limits.max_watches;
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.watched.len() >= limit {
            let reason = Reason::new("limit", "the node holds no more monitors for one peer");
            // What is said to be dead stays dead.
            self.close_name(key, &name, &reason);
            if self.close_port(key, port, &reason) == Refused::Dies {
                self.outputs.push_back(Output::Kill { port, reason });
            }
            return;
        }
        if peer.watched.insert((port, name.clone())) {
            self.ports.add_watcher(port, key, name);
        }
    }

    /// A peer watches a port no longer.
    pub(crate) fn remove_watcher(&mut self, key: Key, name: &PortName) {
        let (Some(port), Some(peer)) = (self.ports.resolve(name), self.peers.get_mut(key)) else { return };
        if peer.watched.remove(&(port, name.clone())) {
            self.ports.remove_watcher(port, key, name);
        }
    }

    /// Nothing here is watched by the peer any more.
    pub(crate) fn remove_all_watchers(&mut self, key: Key) {
        let watched = self.peers.get_mut(key).map(|peer| std::mem::take(&mut peer.watched));
        for (port, name) in watched.unwrap_or_default() {
            self.ports.remove_watcher(port, key, &name);
        }
    }

    /// Tells a peer that a name is dead, behind everything that `port` sent to it.
    pub(crate) fn tell_death(&mut self, key: Key, port: Option<LocalPort>, name: &PortName, reason: &Reason) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if let Some(port) = port {
            peer.watched.remove(&(port, name.clone()));
        }
        let delivered = peer.session.known.delivered(name);
        let fields = |out: &mut Vec<u8>| {
            write::name(out, name);
            write::count(out, delivered);
            write::reason(out, reason);
        };
        peer.session.notice(
            port,
            &Envelope { kind: kind::DEAD, to: name, naming: Naming::Absent, from: Sender::Nobody, fields },
        );
        self.mark_writable_of(key);
        self.check_control_room(key);
    }
}

fn envelope(kind: u8, to: &PortName) -> Envelope<'_, fn(&mut Vec<u8>)> {
    Envelope { kind, to, naming: Naming::Full, from: Sender::Nobody, fields: no_fields }
}
