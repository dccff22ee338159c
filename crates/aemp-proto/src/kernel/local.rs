//! The ports of this node.

use crate::{
    id::{PortId, PortName},
    reason::Reason,
};

use super::{Event, Kernel, LocalPort, Output, ports::Remains};

impl Kernel {
    /// A port begins to live.
    pub fn open(&mut self, port: LocalPort) {
        self.ports.open(port, self.now);
    }

    /// A port begins to live under a name that its spawner made. False, and nothing is done, if the name is taken.
    pub fn open_as(&mut self, port: LocalPort, name: PortName) -> bool {
        self.spawners.note(&name);
        self.ports.open_as(port, name, self.now)
    }

    /// A spawn that was delivered failed: monitors on the name fire with `reason`, those that come later too.
    pub fn spawn_failed(&mut self, name: PortName, reason: Reason) {
        self.spawners.note(&name);
        self.failed_spawns.note(name, reason);
    }

    /// The port dies with whoever declares it dead, instead of living on under another name for all others.
    pub fn make_private(&mut self, port: LocalPort) {
        self.ports.make_private(port);
    }

    /// Whether the port is alive.
    pub fn is_alive(&self, port: LocalPort) -> bool {
        self.ports.is_alive(port)
    }

    /// The living port with this name.
    pub fn resolve(&self, name: &PortName) -> Option<LocalPort> {
        self.ports.resolve(name)
    }

    /// The port ID of a port of this node.
    pub fn port_id(&self, port: LocalPort) -> PortId {
        PortId::new(self.settings.node.clone(), self.ports.name(port))
    }

    /// A port is dead from now on: whoever watches it is told, its publications end. Does nothing if it was before.
    pub fn close(&mut self, port: LocalPort, reason: Reason) {
        let Some(Remains { further_names, watches, watchers }) = self.ports.close(port) else { return };
        if !further_names.is_empty() {
            self.peers.values_mut().for_each(|peer| peer.session.keep_names(port, &further_names));
        }
        if !reason.is_normal() {
            let is_watched = !watches.is_empty() || !watchers.is_empty();
            self.note_failure(port, further_names.last(), is_watched, &reason);
        }
        watches.for_each(|watch| self.outputs.push_back(Output::Fired { watch, reason: reason.clone() }));
        watchers.for_each(|(peer, name)| self.tell_death(peer, Some(port), &name, &reason));
        self.deaths.note(self.now, port, further_names, &reason);
    }

    /// A port ended abnormally; with the newest of its further names.
    fn note_failure(&mut self, port: LocalPort, further_name: Option<&PortName>, is_watched: bool, reason: &Reason) {
        // Who spawned it learns of its early death only by a monitor that may still be on its way.
        if let Some(name) = further_name {
            self.spawn_failed(name.clone(), reason.clone());
        }
        if !is_watched {
            let name = further_name.cloned().unwrap_or_else(|| self.ports.first_name(port));
            let port = PortId::new(self.settings.node.clone(), name);
            self.event(Event::UnwatchedDeath { port, reason: reason.clone() });
        }
    }

    /// Publishes a living port under a name at this node; a later publication replaces it.
    pub fn publish(&mut self, name: &str, port: LocalPort) {
        self.ports.publish(name, port);
    }

    /// Ends a publication.
    pub fn unpublish(&mut self, name: &str) {
        self.ports.unpublish(name);
    }

    /// The port published under a name.
    pub fn published(&self, name: &str) -> Option<LocalPort> {
        self.ports.published(name)
    }

    /// Why there is no port with this name.
    pub(crate) fn absence(&self, name: &PortName) -> Reason {
        if self.ports.direct(name).is_some() {
            return no_such_port();
        }
        self.failed_spawns.reason(name).cloned().unwrap_or_else(no_such_port)
    }
}

fn no_such_port() -> Reason {
    Reason::new("no_such_port", "the node has no such port")
}
