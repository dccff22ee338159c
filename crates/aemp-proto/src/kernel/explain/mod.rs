//! Why a port is considered dead or alive: what this node knows, and how it came to know it.

mod deaths;
mod history;
mod show;

use std::time::Duration;

use crate::{
    id::{Incarnation, NodeId, Origin, PortId, PortKind, PortName},
    reason::Reason,
    time::Time,
};

use super::{Kernel, LocalPort, few::Few, peer::Peer};

pub(crate) use deaths::Deaths;
pub(crate) use history::{Forgotten, History};
pub use history::{Happening, Meeting};

/// Watching nodes that are named; there may be more.
const MAX_NAMED: usize = 64;

/// Why a port is considered dead or alive by a node. Its [`Display`](std::fmt::Display) form tells all of it to people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The port.
    pub port: PortId,
    /// What the node holds of it.
    pub verdict: Verdict,
    /// What the node knows at this moment.
    pub subject: Subject,
    /// What happened, the oldest first: to the port, and to the node that it is at.
    pub story: Vec<Moment>,
}

/// Whether a port is dead for a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is alive, or its death would have been told.
    Alive,
    /// It is dead for this node: a monitor fires at once, with this reason.
    Dead(Reason),
    /// Nothing was heard against it, and nobody would have told.
    Unknown,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// How long ago.
    pub ago: Duration,
    /// What.
    pub what: Happening,
}

/// What a node knows of a port at this moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Subject {
    /// The node itself was asked about.
    ThisNode,
    /// A living port of this node.
    Here(PortHere),
    /// A name of this node that no living port has.
    Nowhere(Absence),
    /// A port of a peer, or the peer itself.
    There(PortThere),
    /// A port of a node with which this one has nothing to do.
    Stranger,
}

/// A living port of the node that explains.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PortHere {
    /// All its names, its own last.
    pub names: Vec<PortName>,
    /// Under what it is published.
    pub published: Vec<Box<str>>,
    /// It dies with whoever declares it dead.
    pub private: bool,
    /// Watches of this node.
    pub watches: usize,
    /// Nodes that watch it: the first 64.
    pub watchers: Vec<NodeId>,
    /// Nodes from which it takes nothing more under its older names, because it has refused a message of theirs.
    pub closed_for: Vec<(NodeId, Reason)>,
}

/// Why this node has no port of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absence {
    /// The port is dead, and its death is remembered.
    Remembered,
    /// The port is dead; its death is longer ago than is remembered.
    Forgotten,
    /// This node has not made such a port.
    NeverMade,
    /// Nothing was started under this name, as far as is remembered.
    NotStarted,
    /// Another run of this node made the port.
    OtherRun,
}

/// A port of a peer, as the node that explains sees it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PortThere {
    /// The run of the peer that is known.
    pub incarnation: Option<Incarnation>,
    /// The number of the session.
    pub session: u64,
    /// The connection with the peer.
    pub link: Link,
    /// Its name was made by another run of its node than the one that is known.
    pub other_run: bool,
    /// This node has declared it dead.
    pub fence: Option<Fenced>,
    /// This node has declared the whole run of its node dead, of which too many ports were.
    pub retired: bool,
    /// Watches of this node on it.
    pub watches: usize,
    /// Octets queued for and not acknowledged by the peer, for all its ports.
    pub unacknowledged: usize,
}

/// The connection with a peer.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    /// It stands.
    Connected,
    /// It is missed.
    Missing {
        /// For how long.
        since: Duration,
        /// Why the last attempt to connect failed.
        error: Option<String>,
    },
    /// Nobody misses it.
    Absent,
}

/// That a node has declared a port of a peer dead.
#[derive(Clone, Debug, PartialEq)]
pub struct Fenced {
    /// How long ago.
    pub ago: Duration,
    /// Why.
    pub reason: Reason,
    /// The number of the session in which it was done.
    pub session: u64,
    /// What the peer knows of it.
    pub certificate: Certificate,
}

/// What became of the notice that a port was declared dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The peer has not answered it.
    Owed,
    /// The same, and it will kill the port.
    OwedKill,
    /// The peer knows: there, the port lives on under another name.
    LivesOn,
}

impl Kernel {
    /// Why this node considers a port dead or alive, with all it knows.
    pub fn explain(&self, port: &PortId, now: Time) -> Explanation {
        if port.node == self.settings.node {
            return self.explain_here(port, now);
        }
        match self.by_node.get(&port.node).and_then(|key| self.peers.get(*key)) {
            Some(peer) => explain_there(peer, port, now),
            None => {
                let story = self.forgotten.story(port, now);
                let dead = self.forgotten.death(port).map(Verdict::Dead);
                let verdict = dead.unwrap_or(Verdict::Unknown);
                Explanation { port: port.clone(), verdict, subject: Subject::Stranger, story }
            }
        }
    }

    fn explain_here(&self, port: &PortId, now: Time) -> Explanation {
        let explain = |verdict, subject, story| Explanation { port: port.clone(), verdict, subject, story };
        if port.name == PortName::Node {
            return explain(Verdict::Alive, Subject::ThisNode, Vec::new());
        }
        if let Some(living) = self.ports.resolve(&port.name) {
            let opened = self.ports.opened_at(living);
            let story = Vec::from_iter(opened.map(|at| Moment { ago: now.since(at), what: Happening::Opened }));
            return explain(Verdict::Alive, Subject::Here(self.port_here(living)), story);
        }
        let death = self.deaths.find(&port.name, self.ports.direct(&port.name));
        let story =
            death.map(|(at, reason)| Moment { ago: now.since(at), what: Happening::Died { reason: reason.clone() } });
        let reason = death.map_or_else(|| self.absence(&port.name), |(_, reason)| reason.clone());
        let absence = if death.is_some() { Absence::Remembered } else { self.why_absent(&port.name) };
        explain(Verdict::Dead(reason), Subject::Nowhere(absence), Vec::from_iter(story))
    }

    fn port_here(&self, port: LocalPort) -> PortHere {
        let names = self.ports.names(port);
        let node = |key| self.peers.get(key).map(|peer| peer.node.clone());
        let mut watchers: Vec<NodeId> = self.ports.watchers(port).filter_map(node).take(MAX_NAMED).collect();
        watchers.dedup();
        let closed = |peer: &Peer| {
            let reason = names.iter().find_map(|name| peer.closed_here.get(name))?;
            Some((peer.node.clone(), reason.clone()))
        };
        PortHere {
            published: self.ports.published_names(port),
            private: self.ports.is_private(port),
            watches: self.ports.watches(port),
            watchers,
            closed_for: self.peers.iter().filter_map(|(_, peer)| closed(peer)).collect(),
            names,
        }
    }

    fn why_absent(&self, name: &PortName) -> Absence {
        let PortName::Native { origin, number } = name else { return Absence::NeverMade };
        let own = *origin == Origin::from(self.settings.incarnation);
        match number.kind() {
            PortKind::Spawned => Absence::NotStarted,
            _ if !own => Absence::OtherRun,
            PortKind::Port if !self.ports.is_ahead(name) => Absence::Forgotten,
            PortKind::Renamed if number.to_bits() >> 2 < self.renamed => Absence::Forgotten,
            PortKind::Port | PortKind::Renamed | PortKind::Reply => Absence::NeverMade,
        }
    }
}

fn explain_there(peer: &Peer, port: &PortId, now: Time) -> Explanation {
    let fence = peer.fences.explain(&port.name, now);
    let watches = peer.monitors.get(&port.name).map_or(0, Few::len);
    let link = match (peer.connection, peer.missed_since) {
        (Some(_), _) => Link::Connected,
        (None, Some(since)) => {
            Link::Missing { since: now.since(since), error: peer.dialling.last_error().map(str::to_owned) }
        }
        (None, None) => Link::Absent,
    };
    let verdict = match (peer.fences.death(&port.name), peer.history.death(&port.name)) {
        (Some(reason), _) => Verdict::Dead(reason),
        (None, Some(reason)) => Verdict::Dead(reason.clone()),
        (None, None) if link == Link::Connected && (watches > 0 || port.name == PortName::Node) => Verdict::Alive,
        (None, None) => Verdict::Unknown,
    };
    let mut story = peer.history.story(&port.name, now);
    story.extend(fence.iter().map(|fence| Moment {
        ago: fence.ago,
        what: Happening::DeclaredDead { reason: fence.reason.clone(), session: fence.session },
    }));
    story.sort_by_key(|moment| std::cmp::Reverse(moment.ago));
    let subject = Subject::There(PortThere {
        incarnation: peer.session.peer,
        session: peer.session.epoch,
        link,
        other_run: is_of_other_run(&port.name, peer.session.peer),
        retired: fence.is_none() && peer.fences.death(&port.name).is_some(),
        fence,
        watches,
        unacknowledged: peer.session.octets(),
    });
    Explanation { port: port.clone(), verdict, subject, story }
}

/// Whether the name says that another run of its node made it.
fn is_of_other_run(name: &PortName, incarnation: Option<Incarnation>) -> bool {
    let PortName::Native { origin, number } = name else { return false };
    let known = incarnation.map(Origin::from);
    matches!(number.kind(), PortKind::Port | PortKind::Renamed) && known.is_some_and(|known| known != *origin)
}
