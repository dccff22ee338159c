//! Too much waits for a peer: the ports for which the most waits pay for it, all others go on.

use crate::{
    id::{PortId, PortName, PortNumber},
    reason::{Reason, ReasonCode},
    session::{Envelope, Kept, TooLarge},
    time::Time,
    wire::frame::kind,
};

use super::{Event, Kernel, arena::Key};

impl Kernel {
    /// Whether there is room for one more frame to a peer: if too much waits for it, the ports for which the most was
    /// never given out are fenced, and what waits for them is dropped.
    pub(crate) fn make_room<F>(&mut self, key: Key, envelope: &Envelope<'_, F>) -> bool {
        let most = self.settings.limits.max_unacknowledged;
        let Some(session) = self.peers.get(key).map(|peer| &peer.session) else { return false };
        if session.octets() < most {
            return true;
        }
        let enough = session.octets().saturating_sub(most).saturating_add(most / 8);
        let greediest = session.greediest(enough);
        self.drop_waiting(key, &greediest);
        let Some(peer) = self.peers.get(key) else { return false };
        peer.session.octets() < most && peer.fences.death(envelope.to).is_none()
    }

    /// Drops what waits for some ports and was never given out: messages are lost, so nothing that follows may reach them.
    fn drop_waiting(&mut self, key: Key, ports: &[PortName]) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let dropped = peer.session.take_back(ports);
        let calls: Vec<PortNumber> = dropped
            .into_iter()
            .filter_map(|what| if let Kept::Call(number) = what { Some(number) } else { None })
            .collect();
        let delivered = peer.session.delivered_so_far(ports);
        // First, because one fence too many ends the session, and with it all calls that are left.
        for call in calls {
            self.end_call(call, overload());
        }
        for (port, delivered) in ports.iter().zip(delivered) {
            self.fence(key, port, &overload().with_delivered(delivered));
        }
    }

    /// The peer does not take what was queued before it could say so: each is lost, with what follows to the same port.
    pub(crate) fn drop_too_large(&mut self, key: Key, too_large: Vec<TooLarge>, now: Time) {
        let reason = too_large_for_peer();
        for lost in too_large {
            match lost {
                TooLarge::For(port) => self.fence_unless_dead(key, &port, &reason),
                TooLarge::Call(port, number) => {
                    self.end_call(number, reason.clone());
                    self.fence_unless_dead(key, &port, &reason);
                }
                TooLarge::Answer(name) => {
                    let Some(node) = self.peers.get(key).map(|peer| peer.node.clone()) else { continue };
                    self.answer_failed(&PortId::new(node, name), &reason, now);
                }
            }
        }
    }

    /// A message or spawn could not be sent ([`super::SendError::TooLarge`]), and who wanted it cannot be told: the port is
    /// dead for this node from now on.
    pub fn give_up(&mut self, to: &PortId) {
        let key = self.peer_key(&to.node);
        self.fence_unless_dead(key, &to.name, &too_large_for_peer());
    }

    /// Declares a port dead that did not get a message.
    pub(crate) fn fence_unless_dead(&mut self, key: Key, port: &PortName, reason: &Reason) {
        if *port != PortName::Node && self.fenced(key, port).is_none() {
            self.fence_counted(key, port, reason);
        }
    }

    /// Fences a port, and says how many messages it took.
    fn fence_counted(&mut self, key: Key, port: &PortName, reason: &Reason) {
        let Some(peer) = self.peers.get(key) else { return };
        let delivered = peer.session.delivered_so_far(std::slice::from_ref(port)).into_iter().flatten().next();
        self.fence(key, port, &reason.clone().with_delivered(delivered));
    }

    /// There is no room for a frame: the message is lost. Requests to the node port and answers each report their own
    /// failure.
    pub(crate) fn drop_message(&mut self, key: Key, kind: u8, to: &PortName) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let port = PortId::new(peer.node.clone(), to.clone());
        if *to != PortName::Node && kind != kind::ANSWER && peer.fences.death(to).is_none() {
            self.fence_counted(key, to, &overload());
        }
        self.event(Event::MessageDropped { to: port, reason: overload() });
    }

    /// A peer for which more waits than even the room for control frames allows has lost its session.
    pub(crate) fn check_control_room(&mut self, key: Key) {
        let limits = &self.settings.limits;
        let most = limits.max_unacknowledged.saturating_add(limits.control_room);
        let Some(session) = self.peers.get(key).map(|peer| &peer.session) else { return };
        if session.octets() > most {
            let epoch = session.epoch.saturating_add(1);
            self.fail(key, epoch, &overload(), self.now);
        }
    }
}

fn too_large_for_peer() -> Reason {
    Reason::new(ReasonCode::TooLarge, "the message is larger than its node takes")
}

pub(crate) fn overload() -> Reason {
    Reason::new("overload", "too much is queued for the peer")
}
