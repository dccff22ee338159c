//! What of a kernel can influence its later behaviour, fed into a hasher: for model checkers.
//!
//! Two kernels with the same fingerprint behave alike from now on. Every struct is taken apart without `..`, so that a
//! new field has to be thought of. What is left out is history: how often a place in a table was used, how frames
//! were grouped, and times, of which only the comparisons matter that are still to be made.

use std::hash::{Hash, Hasher};

use crate::{
    id::{Incarnation, NodeId},
    link::Role,
    reason::Reason,
    session::Rank,
    time::Time,
};

use super::{
    ConnectionId, Dialler, Kernel, Timing,
    arena::Key,
    connection::{Connection, Phase},
    peer::Peer,
    watching::Watch,
};

/// The hasher, and what keys and times are seen by.
pub(crate) struct View<'v, H> {
    hasher: &'v mut H,
    now: Time,
    timing: Timing,
    /// Connections, each with the label that the model gives it: the place of its nonce among all nonces.
    connections: Vec<(Key, u64)>,
    /// Peers in the order of their node IDs.
    peers: Vec<Key>,
}

/// Something that can influence later behaviour.
pub(crate) trait Feed {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>);
}

impl<H: Hasher> View<'_, H> {
    pub(crate) fn put(&mut self, value: &(impl Hash + ?Sized)) {
        value.hash(&mut self.hasher);
    }

    /// The pairs of a map, in the order of its keys.
    pub(crate) fn sorted<'m, K: Ord + Hash + 'm, V: 'm>(
        &mut self,
        map: impl IntoIterator<Item = (&'m K, &'m V)>,
        mut value: impl FnMut(&mut Self, &V),
    ) {
        let mut pairs: Vec<_> = map.into_iter().collect();
        pairs.sort_unstable_by(|one, other| one.0.cmp(other.0));
        self.put(&pairs.len());
        for (key, of_key) in pairs {
            self.put(key);
            value(self, of_key);
        }
    }

    pub(crate) fn connection(&mut self, key: Key) {
        let label = self.connections.iter().find(|(other, _)| *other == key).map(|(_, label)| *label);
        self.put(&label);
    }

    pub(crate) fn peer(&mut self, key: Key) {
        let place = self.peers.iter().position(|other| *other == key);
        self.put(&place);
    }

    /// Where the peer of a watch stands.
    fn place(&self, watch: &Watch) -> Option<usize> {
        match watch {
            Watch::Remote { peer, .. } => self.peers.iter().position(|other| other == peer),
            Watch::Local(_) | Watch::Own | Watch::Firing => None,
        }
    }

    pub(crate) fn reason(&mut self, reason: &Reason) {
        self.put(reason.code().as_str());
        self.put(reason.text());
        for detail in reason.details() {
            self.put(&format!("{detail:?}"));
        }
    }

    /// How far away a moment is. Within a class it does not matter: a model lets time pass in steps that are either far
    /// shorter than a class, or end it.
    pub(crate) fn due(&mut self, due: Option<Time>) {
        let within = |patience| due.is_some_and(|due| due <= self.now.after(patience));
        let class = [self.timing.session_timeout, self.timing.probe, std::time::Duration::ZERO].map(within);
        self.put(&(due.is_some(), class));
    }
}

impl Kernel {
    /// Feeds everything that can influence its later behaviour into `hasher`; nothing may wait to be polled or
    /// transmitted. `label` gives the nonces of connections labels in the same order.
    pub fn fingerprint<H: Hasher>(&self, now: Time, label: impl Fn(&[u8; 32]) -> u64, hasher: &mut H) {
        let mut peers: Vec<_> = self.peers.iter().map(|(key, peer)| (&peer.node, key)).collect();
        peers.sort_unstable();
        let mut view = View {
            hasher,
            now,
            timing: self.settings.timing,
            connections: self
                .connections
                .iter()
                .map(|(key, state)| (key, label(&state.native.as_ref().map_or([0; 32], |link| link.nonce))))
                .collect(),
            peers: peers.into_iter().map(|(_, key)| key).collect(),
        };
        view.connections.sort_unstable_by_key(|(_, label)| *label);
        self.feed(&mut view);
    }

    /// The session with a node as its two ends have to agree on it: its number, the incarnation at the other end,
    /// frames received and frames acknowledged.
    pub fn session(&self, node: &NodeId) -> Option<(u64, Option<Incarnation>, u64, u64)> {
        let session = &self.peers.get(*self.by_node.get(node)?)?.session;
        Some((session.epoch, session.peer, session.received, session.acknowledged()))
    }

    /// Whether a connection for which this side sent its greeting at `greeted_at` is fresh (R4).
    pub fn is_fresh(&self, node: &NodeId, greeted_at: Time) -> bool {
        let peer = self.by_node.get(node).and_then(|key| self.peers.get(*key));
        peer.is_none_or(|peer| greeted_at > peer.session.learned_at)
    }

    /// Whether this connection carries a session.
    pub fn carries(&self, connection: ConnectionId) -> bool {
        self.connections.get(connection.0).is_some_and(Connection::is_adopted)
    }

    /// Attempts to connect and calls that have not ended, and connections beside those that carry sessions.
    pub fn unfinished(&self) -> usize {
        let carriers = self.peers.iter().filter(|(_, peer)| peer.connection.is_some()).count();
        let others = self.connections.len().saturating_sub(carriers);
        self.dials.len().saturating_add(self.calls.len()).saturating_add(others)
    }
}

impl Feed for Kernel {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        let Self {
            settings: _, // The same in every state.
            ports,
            watches,
            peers,
            by_node: _, // Follows from the peers.
            connections,
            dials,
            calls,
            failed_spawns,
            spawners,
            deaths: _, // For people, as the histories of peers are.
            forgotten: _,
            directory: _, // Nodes of a model have no seeds, so theirs stays as it is.
            directory_due: _,
            timers: _, // Follows from what each owner waits for.
            outputs,
            writable,
            first_epoch,
            now: _, // Told anew with everything that happens.
            leaving,
            renamed,
            random: _, // Spreads pauses, and nothing else.
        } = self;
        debug_assert!(outputs.is_empty() && writable.is_empty(), "something waits to be polled or transmitted");
        view.put(&(first_epoch, leaving, renamed));
        ports.feed(view);
        let mut known: Vec<_> = watches.iter().map(|(_, watch)| (view.place(watch), watch)).collect();
        known.sort_unstable();
        view.put(&known.len());
        known.iter().for_each(|(_, watch)| watch.feed(view));
        for key in view.peers.clone() {
            if let Some(peer) = peers.get(key) {
                peer.feed(view);
            }
        }
        for (key, label) in view.connections.clone() {
            if let Some(connection) = connections.get(key) {
                let learned_at = peers.get(connection.peer).map(|peer| peer.session.learned_at);
                // Freshness is looked at when the first frame of the other side is read, and never again.
                let fresh = !connection.is_adopted() && Some(connection.greeted_at) > learned_at;
                let latest = peers.get(connection.peer).and_then(|peer| peer.session.rank.as_ref());
                view.put(&(label, fresh, latest.is_some_and(|latest| connection.may_lose(latest))));
                connection.feed(view);
            }
        }
        view.put(&dials.len());
        dials.iter().for_each(|(_, dialler)| dialler.feed(view));
        view.sorted(calls, |view, pending| pending.feed(view));
        spawners.feed(view);
        failed_spawns.feed(view);
    }
}

impl Feed for Dialler {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        match self {
            Self::Peer(peer) => view.peer(*peer),
            Self::Seed(address) => view.put(address),
            Self::LookUp { address, number, name } => view.put(&(address, number, name)),
        }
    }
}

impl Feed for Watch {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        match self {
            Self::Local(port) => view.put(&(0, port)),
            Self::Own => view.put(&1),
            Self::Remote { peer, name, linked } => {
                view.put(&(2, name, linked));
                view.peer(*peer);
            }
            Self::Firing => view.put(&3),
        }
    }
}

impl Feed for Peer {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        let Self {
            node,
            session,
            connection,
            contract,
            handshakes,
            dialling,
            missed_since,
            hung_up,
            monitors,
            watched,
            fences,
            earlier,
            closed_here,
            prune_closed_at,
            told,
            due,
            congested,
            history: _,
        } = self;
        view.put(node);
        session.feed(view);
        connection.iter().chain(handshakes).for_each(|key| view.connection(*key));
        dialling.feed(view);
        view.put(&(connection.is_some(), self.is_base(), contract.is_some()));
        view.put(&(missed_since.is_some(), hung_up, prune_closed_at, told, congested));
        // Watches of one name differ by their keys only.
        view.sorted(monitors, |view, watches| view.put(&watches.len()));
        view.put(watched);
        fences.feed(view);
        view.sorted(earlier, |view, taken| view.put(taken));
        view.sorted(closed_here, View::reason);
        view.due(*due);
    }
}

impl Feed for Connection {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        let Self {
            peer,
            native,
            phase,
            greeted_at: _, // Only whether it is fresh, below.
            attached_at: _,
            urgent,
            heard_at: _,
            written_at: _,
            peer_heartbeat,
            owed_since,
            owed_octets: _, // Acknowledged at once from a limit on that a model must not come near.
            acknowledge_now,
            probe_until,
            queued,
            due,
        } = self;
        view.peer(*peer);
        // The label stands for its nonce.
        let link = native.as_ref().map(|link| (link.incarnation, link.role == Role::Dialler, link.same_host));
        view.put(&(link, urgent, peer_heartbeat));
        view.put(&(owed_since.is_some(), acknowledge_now, probe_until.is_some(), queued));
        phase.feed(view);
        view.due(*due);
    }
}

impl Connection {
    /// Whether it loses by its nonce against the latest connection of the session, which may be gone. First frames that
    /// are sent after that one was adopted count higher, so only those that were sent before can.
    fn may_lose(&self, latest: &Rank) -> bool {
        matches!(&self.phase, Phase::Handshake { mine: Some(mine) } if mine.count <= latest.count)
            && self.native.as_ref().is_some_and(|link| link.nonce < latest.nonce)
    }
}

impl Feed for Phase {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        match self {
            Self::Handshake { mine } => view.put(&(0, mine)),
            Self::Challenger { its } => view.put(&(1, its)),
            Self::Adopted { expected, proved_useful } => view.put(&(2, expected, proved_useful)),
            Self::Closing => view.put(&3),
            Self::Base(channel) => channel.feed(view),
            Self::BaseChallenger(channel) => {
                view.put(&4);
                channel.feed(view);
            }
        }
    }
}
