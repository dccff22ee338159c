//! Which port a frame is for, and how many messages it has taken.

use std::ops::RangeInclusive;

use crate::{
    id::PortName,
    planted::{Bug, planted},
    reason::Reason,
    session::Known,
    wire::frame::Destination,
};

use super::{Kernel, LocalPort, arena::Key, receiving::Bad};

const NOT_INTERNED: Bad = Bad::Rule("a destination that was not interned");

/// What the frame is to be delivered to.
pub(super) enum Target {
    Port(LocalPort),
    /// The node itself.
    Node,
    /// No port has this name, or none for the sender.
    Nobody(PortName, Reason),
}

impl Kernel {
    /// Finds the port that a message is for, and counts the message.
    pub(super) fn target(&mut self, key: Key, to: Destination) -> Result<Target, Bad> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(Target::Node) };
        let (number, name) = match to {
            Destination::Name(PortName::Node) => return Ok(Target::Node),
            Destination::Name(name) => (None, name),
            Destination::Interned(number) => {
                let known = peer.session.known.get(number).ok_or(NOT_INTERNED)?;
                match known.port.filter(|_| peer.closed_here.is_empty()) {
                    Some(port) if self.ports.is_alive(port) => {
                        peer.session.known.count(number);
                        return Ok(Target::Port(port));
                    }
                    _ => (Some(number), known.name.clone()),
                }
            }
        };
        // What is closed for the peer is closed, whoever has the name.
        if let Some(reason) = peer.closed_here.get(&name)
            && !planted(Bug::NamesBeforeClosed)
        {
            let reason = reason.clone();
            self.tell_closed_again(key, &name, &reason);
            return Ok(Target::Nobody(name, reason));
        }
        if let Some(port) = self.ports.resolve(&name) {
            match number {
                Some(number) => peer.session.known.count(number),
                None => peer.session.known.count_name(&name),
            }
            return Ok(Target::Port(port));
        }
        let reason = self.absence(&name);
        self.tell_absence(key, &name, &reason);
        Ok(Target::Nobody(name, reason))
    }

    /// A message was for nobody: the peer is told once, so that it knows how many were delivered.
    fn tell_absence(&mut self, key: Key, name: &PortName, reason: &Reason) {
        if self.may_yet_live(key, name) {
            return self.close_name(key, name, reason);
        }
        self.tell_dead(key, self.ports.direct(name), name, reason);
    }

    /// Tells a peer that a name takes nothing more to which it has sent, unless it was told before.
    pub(super) fn tell_dead(&mut self, key: Key, port: Option<LocalPort>, name: &PortName, reason: &Reason) {
        if self.peers.get_mut(key).is_some_and(|peer| peer.session.known.tell_dead(name)) {
            self.tell_death(key, port, name, reason);
        }
    }

    /// How many messages a port of the peer took, which says that it took `delivered` in this session.
    pub(super) fn delivered(
        &mut self,
        key: Key,
        name: &PortName,
        delivered: Option<u64>,
    ) -> Option<RangeInclusive<u64>> {
        let (peer, exactly) = (self.peers.get_mut(key)?, delivered?);
        peer.session.told_delivered(name, exactly);
        // What took nothing may be a port of an earlier incarnation, which took something.
        let earlier = peer.earlier.get(name).filter(|_| exactly == 0);
        Some(earlier.cloned().unwrap_or(exactly..=exactly))
    }

    pub(super) fn name(&self, key: Key, to: Destination) -> Result<PortName, Bad> {
        match to {
            Destination::Name(name) => Ok(name),
            Destination::Interned(index) => Ok(self.known(key, index)?.name.clone()),
        }
    }

    fn known(&self, key: Key, index: u32) -> Result<&Known, Bad> {
        self.peers.get(key).and_then(|peer| peer.session.known.get(index)).ok_or(NOT_INTERNED)
    }
}
