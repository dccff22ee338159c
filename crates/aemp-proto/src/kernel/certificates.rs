//! Certificates: each side tells the other which names are dead for it (R6 to R8 of `docs/protocol.md`).

use crate::{
    id::{PortKind, PortName, PortNumber},
    planted::{Bug, planted},
    reason::Reason,
    session::{Envelope, Naming, Sender},
    wire::{frame::kind, write},
};

use super::{Delivery, Kernel, LocalPort, Output, arena::Key, fences::Fence, peer::Peer};

impl Peer {
    /// Queues the certificates that are owed, as the first frames of a session.
    pub(crate) fn queue_certificates(&mut self) {
        let owed: Vec<_> = self.fences.owed().map(|(name, fence)| (name.clone(), fence.clone())).collect();
        for (name, fence) in owed {
            self.queue_certificate(&name, &fence);
            if planted(Bug::CertificateNotRepeated) {
                self.fences.settle(&name);
            }
        }
        if !planted(Bug::DataBeforeCertificates) {
            self.session.only_certificates_so_far();
        }
    }

    /// Queues a certificate, which alone is no reason to dial.
    pub(super) fn queue_certificate_aside(&mut self, name: &PortName, fence: &Fence) {
        let is_aside = self.connection.is_none() && self.missed_since.is_none() && self.session.has_only_certificates();
        self.queue_certificate(name, fence);
        if is_aside {
            self.session.only_certificates_so_far();
        }
    }

    pub(super) fn queue_certificate(&mut self, name: &PortName, fence: &Fence) {
        let fields = |out: &mut Vec<u8>| {
            write::name(out, name);
            out.push(u8::from(fence.kills));
            write::reason(out, &fence.reason);
        };
        let (naming, from) = (Naming::Absent, Sender::Nobody);
        self.session.control(&Envelope { kind: kind::CERTIFICATE, to: name, naming, from, fields });
    }
}

impl Kernel {
    /// A peer has declared a name of this node dead.
    pub(crate) fn handle_certificate<'b>(
        &mut self,
        key: Key,
        name: &PortName,
        kills: bool,
        reason: Reason,
    ) -> Option<Delivery<'b>> {
        self.remove_watcher(key, name);
        let Some(port) = self.ports.resolve(name) else {
            // A port that is given the name later must not take what the peer sends then: the fence has to stay.
            let kind = if self.may_yet_live(key, name) { kind::RENAMED } else { kind::GONE };
            self.answer_certificate(key, kind, name);
            return None;
        };
        let origin = self.peers.get(key).and_then(|peer| peer.session.peer).map(Into::into);
        if kills || self.ports.is_bound_to(port, key, origin) {
            self.answer_certificate(key, kind::GONE, name);
            return Some(Delivery::Kill { to: port, reason });
        }
        if self.ports.name(port) == *name || planted(Bug::RenamedTwice) {
            self.rename(port);
        }
        self.answer_certificate(key, kind::RENAMED, name);
        None
    }

    /// Gives a port a further name, its own from now on.
    pub(super) fn rename(&mut self, port: LocalPort) {
        // 2^62 names are not used up in the life of a process.
        let Some(number) = PortNumber::counted(self.renamed, PortKind::Renamed) else { return };
        self.renamed = self.renamed.saturating_add(1);
        let old = self.ports.name(port);
        let name = PortName::Native { origin: self.settings.incarnation.into(), number };
        let (dropped, mourners) = self.ports.rename(port, name);
        for (peer, name) in mourners {
            let reason = Reason::new("limit", "the port has more names than it may keep");
            self.tell_death(peer, Some(port), &name, &reason);
        }
        let id = self.port_id(port);
        self.outputs.push_back(Output::Renamed { port, old, id, dropped });
    }

    fn answer_certificate(&mut self, key: Key, kind: u8, name: &PortName) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let fields = |out: &mut Vec<u8>| write::name(out, name);
        peer.session.control(&Envelope { kind, to: name, naming: Naming::Absent, from: Sender::Nobody, fields });
        self.mark_writable_of(key);
        self.check_control_room(key);
    }

    /// The port behind a fence is dead: nobody can take it for alive any more.
    pub(crate) fn handle_gone(&mut self, key: Key, name: &PortName) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.fences.remove(name);
        }
    }

    /// The port behind a fence lives on under another name; the fence stays for ever.
    pub(crate) fn handle_renamed(&mut self, key: Key, name: &PortName) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.fences.settle(name);
        }
    }
}
