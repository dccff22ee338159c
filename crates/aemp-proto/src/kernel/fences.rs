//! What this side has declared dead stays dead for it: the rules R6 to R8 of `docs/protocol.md`.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{
    id::{Incarnation, Origin, PortId, PortKind, PortName},
    planted::{Bug, planted},
    reason::Reason,
    session::{Kept, Ledger},
    time::Time,
};

use super::{
    Certificate, Contract, Event, Fenced, Kernel,
    arena::Key,
    peer::Peer,
    retiring::{Retired, retired},
};

/// A name of a peer's port that is dead for this node, whether the port lives or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fence {
    pub(crate) reason: Reason,
    made: Made,
    /// It is older than the peer's present incarnation, whose first session may have the number of the one that it was made in.
    has_outlived: bool,
    /// The peer has answered the certificate.
    settled: bool,
    /// What was lost is a kill, so the certificate kills.
    pub(super) kills: bool,
}

/// When a fence was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// The number of the session.
    session: u64,
    at: Time,
    /// The peer was a native node.
    with_native: bool,
}

impl Fence {
    /// The peer's present incarnation was alive after it was made: another one has not made the port (R7).
    const fn is_bound(&self, bound_before: u64) -> bool {
        if self.has_outlived { bound_before > 0 } else { self.made.session < bound_before }
    }
}

/// The fences around the ports of one peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fences {
    by_name: BTreeMap<PortName, Fence>,
    /// The last session of which the peer's present incarnation acknowledged a frame; 0 before it has.
    bound_before: u64,
    pub(crate) retired: Retired,
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Fences {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { by_name, bound_before, retired } = self;
        view.sorted(by_name, |view, Fence { reason, made, has_outlived, settled, kills }| {
            let Made { session, at: _, with_native: _ } = made;
            view.reason(reason);
            view.put(&(session, has_outlived, settled, kills));
        });
        view.put(bound_before);
        retired.feed(view);
    }
}

impl Fences {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.retired.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    fn get(&self, name: &PortName) -> Option<&Fence> {
        self.by_name.get(name)
    }

    /// Why a name is dead, if it is.
    pub(crate) fn death(&self, name: &PortName) -> Option<Reason> {
        let fenced = self.by_name.get(name).map(|fence| fence.reason.clone());
        fenced.or_else(|| self.retired.made(name).then(retired))
    }

    /// An incarnation is dead as a whole.
    pub(crate) fn retire(&mut self, incarnation: Option<Incarnation>) {
        self.retired.insert(incarnation);
    }

    /// The names that died with their incarnation need no fences of their own.
    pub(crate) fn forget_retired(&mut self) {
        let retired = &self.retired;
        self.by_name.retain(|name, _| !retired.made(name));
    }

    /// Makes a fence, unless there is one.
    fn make(&mut self, name: PortName, reason: &Reason, made: Made, kills: bool) {
        let fence = || Fence { reason: reason.clone(), made, has_outlived: false, settled: false, kills };
        self.by_name.entry(name).or_insert_with(fence);
    }

    pub(super) fn remove(&mut self, name: &PortName) {
        self.by_name.remove(name);
    }

    /// The peer has answered the certificate of a port that lives on.
    pub(super) fn settle(&mut self, name: &PortName) {
        if let Some(fence) = self.by_name.get_mut(name) {
            fence.settled = true;
        }
    }

    /// R7: the peer has acknowledged a frame of session `epoch`.
    pub(crate) fn bind(&mut self, epoch: u64) {
        if planted(Bug::FenceDroppedAtAcknowledgement) {
            return *self = Self::default();
        }
        self.bound_before = epoch;
    }

    /// R7: another incarnation took over. The names that are bound are those of dead ones, unless a third node made
    /// them: its spawn may come only now, so the new incarnation is asked for them.
    pub(crate) fn supersede(&mut self, own: Origin) {
        let bound_before = std::mem::take(&mut self.bound_before);
        if planted(Bug::FenceDroppedBySuccessor) {
            self.by_name.clear();
        }
        self.by_name.retain(|name, fence| {
            let may_come = is_of_a_third_node(name, own);
            let is_bound = fence.is_bound(bound_before);
            fence.settled &= !may_come;
            fence.has_outlived = true;
            may_come || !is_bound
        });
    }

    /// What people are told of a fence.
    pub(crate) fn explain(&self, name: &PortName, now: Time) -> Option<Fenced> {
        let fence = self.by_name.get(name)?;
        let certificate = match (fence.settled, fence.kills) {
            (true, _) => Certificate::LivesOn,
            (false, false) => Certificate::Owed,
            (false, true) => Certificate::OwedKill,
        };
        let Made { session, at, .. } = fence.made;
        Some(Fenced { ago: now.since(at), reason: fence.reason.clone(), session, certificate })
    }

    /// The certificates that are owed.
    pub(super) fn owed(&self) -> impl Iterator<Item = (&PortName, &Fence)> {
        self.by_name.iter().filter(|(_, fence)| !fence.settled)
    }
}

impl Peer {
    /// Makes fences for all that a failed session leaves in doubt, monitored ports among them, and queues the certificates
    /// that are owed: the first frames of the next session. The old session has to be replaced already. Gives how many
    /// fences are new.
    pub(crate) fn fence_all(&mut self, monitored: &[PortName], ledger: &Ledger, made: Made, reason: &Reason) -> usize {
        let before = self.fences.len();
        let earlier = std::mem::take(&mut self.earlier);
        if self.is_base() {
            self.forget_dead(None);
            self.fences.retired.forget_base_peer();
            self.queue_certificates();
            return 0;
        }
        if planted(Bug::BaseProtocol) || planted(Bug::DeliveredAfterReconnect) {
            return 0;
        }
        let counted = |name: &PortName| {
            let delivered = ledger.delivered(name);
            reason.clone().with_delivered(match earlier.get(name) {
                Some(earlier) => either(earlier, delivered),
                None => delivered,
            })
        };
        for name in monitored.iter().filter(|name| **name != PortName::Node) {
            self.fences.make(name.clone(), &counted(name), made, false);
        }
        for unsent in &ledger.lost {
            match unsent.what {
                Kept::Message => self.fences.make(unsent.to.clone(), &counted(&unsent.to), made, false),
                Kept::Kill if planted(Bug::KillForgotten) => {}
                Kept::Kill => self.owe_kill(&unsent.to, &counted(&unsent.to), made),
                // A call tells its own loss.
                Kept::Call(_) => {}
            }
        }
        if !planted(Bug::DataBeforeCertificates) {
            self.queue_certificates();
        }
        self.fences.len().saturating_sub(before)
    }

    /// A base peer's next connection knows nothing of this one: what was dead in either direction is dead no more, but for what
    /// was declared dead in the session that is kept. A base peer can have the ID of a native node that is away: what is dead
    /// there stays dead.
    fn forget_dead(&mut self, kept: Option<u64>) {
        let stays = |fence: &Fence| fence.made.with_native || Some(fence.made.session) == kept;
        self.fences.by_name.retain(|_, fence| stays(fence));
        self.closed_here.clear();
    }

    /// A base peer was met: only what was declared dead since the last session failed stays dead.
    pub(crate) fn forget_dead_of_earlier_sessions(&mut self) {
        self.forget_dead(Some(self.session.epoch));
    }

    /// What bugs that can be planted do when a session begins.
    pub(crate) fn mistreat_fences(&mut self) {
        if planted(Bug::FenceDroppedOnReturn) {
            self.fences = Fences::default();
        }
        if planted(Bug::DataBeforeCertificates) {
            self.queue_certificates();
        }
    }

    /// The mark of a fence that is made now.
    pub(crate) const fn made(&self, at: Time) -> Made {
        let with_native = matches!(self.contract, Some(Contract::Native));
        Made { session: self.session.epoch, at, with_native }
    }

    /// A fence that the peer itself has asked for: there is nothing to certify.
    pub(crate) fn fence_settled(&mut self, name: &PortName, reason: &Reason, at: Time) {
        self.fences.make(name.clone(), reason, self.made(at), false);
        self.fences.settle(name);
    }

    /// The certificate of a name has to kill.
    fn owe_kill(&mut self, name: &PortName, reason: &Reason, made: Made) {
        self.fences.make(name.clone(), reason, made, true);
        if let Some(fence) = self.fences.by_name.get_mut(name) {
            fence.kills = true;
            fence.settled = false;
        }
    }
}

/// Whether another node than the one with this origin made the name of a spawned port.
fn is_of_a_third_node(name: &PortName, own: Origin) -> bool {
    matches!(name, PortName::Native { origin, number } if number.kind() == PortKind::Spawned && *origin != own)
}

/// What one of two incarnations took: nobody knows whose name it is, and the other one took nothing.
fn either(one: &RangeInclusive<u64>, other: Option<RangeInclusive<u64>>) -> Option<RangeInclusive<u64>> {
    let other = other?;
    Some(*one.start().max(other.start())..=*one.end().max(other.end()))
}

impl Kernel {
    /// Why a name of a peer's port is dead for this node, if it is.
    pub(crate) fn fenced(&self, key: Key, name: &PortName) -> Option<Reason> {
        self.peers.get(key)?.fences.death(name)
    }

    /// Declares a name dead in a running session: its monitors fire, and the peer is told at once (R8).
    pub(crate) fn fence(&mut self, key: Key, name: &PortName, reason: &Reason) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let (made, remembered) = (peer.made(self.now), peer.fences.len());
        // Before all: the name may be of another process than the one that is retired for it.
        peer.fences.make(name.clone(), reason, made, false);
        if !self.may_remember(key, remembered) {
            return self.retire(key, self.now);
        }
        let Some(peer) = self.peers.get_mut(key) else { return };
        if let Some(fence) = peer.fences.get(name).cloned()
            && !planted(Bug::CertificatesInTheNextSession)
        {
            peer.queue_certificate_aside(name, &fence);
        }
        self.mark_writable_of(key);
        self.fire(key, name, reason);
        let Some(peer) = self.peers.get(key) else { return };
        let port = PortId::new(peer.node.clone(), name.clone());
        self.event(Event::Fenced { port, reason: reason.clone() });
    }

    /// Kills a port that is dead for this node already: it may live on, so its certificate has to kill it.
    pub(crate) fn kill_fenced(&mut self, key: Key, name: &PortName, reason: &Reason, now: Time) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        // The dead need not be killed again; a port that was still to be spawned when it was killed may live by now.
        if peer.fences.get(name).is_none_or(|fence| fence.kills && !fence.settled) {
            return;
        }
        peer.owe_kill(name, reason, peer.made(now));
        if let Some(fence) = peer.fences.get(name).cloned() {
            peer.queue_certificate(name, &fence);
        }
        self.wish(key, now);
    }
}
