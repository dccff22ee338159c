//! What the passing of time brings.

use crate::{
    planted::{Bug, planted},
    reason::Reason,
    time::Time,
    wire::frame::kind,
};

use super::{Kernel, arena::Key, connection::Phase, timers::Owner};

impl Kernel {
    /// When [`Self::tick`] is to be called at the latest.
    pub fn deadline(&self) -> Option<Time> {
        self.timers.first()
    }

    /// Does what is due. All sockets must have been read until empty since `now`: what has arrived in time
    /// is not late.
    pub fn tick(&mut self, now: Time) {
        self.now = now;
        while let Some(owner) = self.timers.pop_due(now) {
            match owner {
                Owner::Peer(key) => {
                    if let Some(peer) = self.peers.get_mut(key) {
                        peer.due = None;
                        self.tick_peer(key, now);
                    }
                }
                Owner::Directory => {
                    self.directory_due = None;
                    self.on_directory(now, |directory| directory.tick(now));
                }
                Owner::Connection(key) => {
                    if let Some(state) = self.connections.get_mut(key) {
                        state.due = None;
                        self.tick_connection(key, now);
                    }
                }
            }
        }
    }

    fn tick_peer(&mut self, key: Key, now: Time) {
        let Some(peer) = self.peers.get(key) else { return };
        let patience = self.settings.timing.session_timeout;
        if peer.missed_since.is_some_and(|since| now.since(since) >= patience) {
            let epoch = peer.session.epoch.saturating_add(1);
            let why = match (peer.dialling.last_error(), peer.addresses().is_empty()) {
                (Some(error), _) => error.to_owned(),
                (None, true) => "no address of the node is known".to_owned(),
                (None, false) => "no connection could be made in time".to_owned(),
            };
            return self.fail(key, epoch, &Reason::new("unreachable", why), now);
        }
        self.dial_if_due(key, now);
    }

    fn tick_connection(&mut self, id: Key, now: Time) {
        let timing = self.settings.timing;
        let Some(state) = self.connections.get_mut(id) else { return };
        match state.phase {
            Phase::Handshake { .. } | Phase::Challenger { .. } | Phase::BaseChallenger(_) => {
                if now.since(state.attached_at) >= timing.handshake {
                    return self.broken(id, "no first frame came in time", now);
                }
            }
            Phase::Adopted { .. } | Phase::Base(_) => {
                if now.since(state.heard_at) >= state.patience(&timing) {
                    return self.broken(id, "three heartbeats were missed", now);
                }
                if state.probe_until.is_some_and(|until| now >= until) {
                    return self.broken(id, "a probe was not answered", now);
                }
                if let Phase::Base(channel) = &mut state.phase {
                    if now.since(channel.asked_at.max(state.heard_at)) >= timing.heartbeat {
                        channel.ask(&self.settings.node, now);
                        self.mark_writable(id);
                    }
                } else if now.since(state.written_at) >= timing.heartbeat {
                    if !(planted(Bug::OneSidedHeartbeats) && state.is_dialler()) {
                        state.urgent(kind::HEARTBEAT, |_| {});
                    }
                    state.written_at = now;
                    if let Some(peer) = self.peers.get(state.peer) {
                        peer.session.rest();
                    }
                    self.mark_writable(id);
                } else if state.owed_since.is_some_and(|since| now.since(since) >= timing.ack_delay) {
                    state.acknowledge_now = true;
                    self.mark_writable(id);
                }
            }
            Phase::Closing => {}
        }
        self.schedule(id);
    }
}
