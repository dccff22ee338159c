//! How much a node holds.

use super::Kernel;

/// How much a node holds, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Census {
    /// Nodes that are known.
    pub peers: usize,
    /// Peers for which a connection is missed: attempts to connect go on.
    pub missed: usize,
    /// Authenticated connections, those that carry a session and those that do not yet.
    pub connections: usize,
    /// Attempts to connect that are under way.
    pub dials: usize,
    /// Calls of this node that other nodes have not answered.
    pub calls: usize,
    /// Watches that this node holds, on its own ports too.
    pub watches: usize,
    /// Ports here that peers watch.
    pub watched: usize,
    /// Names of peers' ports that are dead for this node.
    pub fences: usize,
    /// Names of ports here that take nothing more from some peer.
    pub closed_names: usize,
    /// Octets queued for and not acknowledged by peers.
    pub unacknowledged: usize,
}

impl Kernel {
    /// Counts what this node holds. Takes time in proportion to the number of peers.
    pub fn census(&self) -> Census {
        let mut census = Census {
            peers: self.peers.len(),
            connections: self.connections.len(),
            dials: self.dials.len(),
            calls: self.calls.len(),
            watches: self.watches.len(),
            unacknowledged: self.unacknowledged(),
            ..Census::default()
        };
        for (_, peer) in self.peers.iter() {
            census.missed = census.missed.saturating_add(usize::from(peer.missed_since.is_some()));
            census.watched = census.watched.saturating_add(peer.watched.len());
            census.fences = census.fences.saturating_add(peer.fences.len());
            census.closed_names = census.closed_names.saturating_add(peer.closed_here.len());
        }
        census
    }
}
