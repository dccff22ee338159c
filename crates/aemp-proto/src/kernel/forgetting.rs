//! Peers that are no longer known (R1).

use super::{Kernel, arena::Key, timers::Owner};

/// A session that a peer has counted up by more is not forgotten: the numbers of later sessions with all others would have
/// to go beyond it, and there would soon be none left that is believed.
const MAX_LEAD: u64 = 1 << 32;

impl Kernel {
    /// Forgets a peer that was never reached, and any idle one where too many are known (R1).
    pub(super) fn forget_if_useless(&mut self, key: Key) {
        let too_many = self.peers.len() > self.settings.limits.max_idle_peers;
        if too_many || self.peers.get(key).is_some_and(|peer| peer.session.peer.is_none()) {
            self.forget_if_idle(key);
        }
    }

    /// Forgets a peer for which nothing is to be done or remembered.
    pub(super) fn forget_if_idle(&mut self, key: Key) {
        let Some(peer) = self.peers.get(key) else { return };
        let quiet = peer.connection.is_none() && peer.handshakes.is_empty() && !peer.wants_connection();
        let leads = peer.session.epoch.saturating_sub(self.first_epoch) > MAX_LEAD;
        if !quiet || leads || !peer.fences.is_empty() || !peer.closed_here.is_empty() {
            return;
        }
        if let Some(mut peer) = self.peers.remove(key) {
            self.timers.set(Owner::Peer(key), &mut peer.due, None);
            self.by_node.remove(&peer.node);
            self.first_epoch = self.first_epoch.max(peer.session.epoch.saturating_add(1));
            self.forgotten.keep(peer.node, peer.history);
        }
    }
}
