//! Time in which the node's own loop was away, which counts against nobody.

use std::time::Duration;

use crate::{
    planted::{Bug, planted},
    time::Time,
};

use super::Kernel;

impl Kernel {
    /// The driver could not look at its sockets and at the clock for this long, until `now`: a handler blocked, or
    /// the process was stopped. What peers had to do meanwhile, they may do later by as much.
    ///
    /// To be called before [`Self::tick`].
    pub fn was_away(&mut self, away: Duration, now: Time) {
        if planted(Bug::AbsenceCounts) {
            return;
        }
        let later = |time: Time| time.after(away).min(now);
        for connection in self.connections.values_mut() {
            connection.heard_at = later(connection.heard_at);
            connection.attached_at = later(connection.attached_at);
            connection.probe_until = connection.probe_until.map(|until| until.after(away));
        }
        for peer in self.peers.values_mut() {
            peer.missed_since = peer.missed_since.map(later);
        }
    }
}
