//! The node: its ports, watches, requests between nodes, and peers.
//!
//! [`Kernel`] is told what happens and the time; [`Kernel::poll`], [`Kernel::next_writable`],
//! [`Kernel::transmit`] and [`Kernel::deadline`] say what is to be done, and when.

mod absence;
mod arena;
mod base;
mod census;
mod certificates;
mod connecting;
mod connection;
mod destinations;
mod dialling;
mod directory;
mod explain;
mod express;
mod failed_spawns;
mod failing;
mod fences;
mod few;
#[cfg(any(test, feature = "simulation"))]
pub(crate) mod fingerprint;
mod forgetting;
mod handshake;
mod local;
mod lossy;
mod node_port;
mod numbers;
mod output;
mod overload;
mod peer;
mod ports;
mod receiving;
mod refusing;
mod requests;
mod retiring;
mod sending;
mod settings;
mod spawners;
#[cfg(test)]
mod tests;
mod ticking;
mod timers;
mod transmitting;
mod watching;

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::{
    directory::Directory,
    id::{Address, Incarnation, NodeId, PortNumber},
    message::EncodeError,
    planted::{Bug, planted},
    time::Time,
};

use arena::Arena;
pub use arena::Key;
pub use base::Contract;
pub use census::Census;
use connection::Connection;
pub use explain::{
    Absence, Certificate, Explanation, Fenced, Happening, Link, Meeting, Moment, PortHere, PortThere, Subject, Verdict,
};
use explain::{Deaths, Forgotten};
use failed_spawns::FailedSpawns;
pub use numbers::{LocalPort, PortNumbers};
pub use output::{Body, Delivery, DialFailure, Event, Output, Received};
use peer::Peer;
use ports::Ports;
pub use refusing::Refused;
use requests::Pending;
pub use settings::{RefusedIsDeath, Settings, Timing};
use spawners::Spawners;
use timers::Timers;
use watching::Watch;

/// A watch on a port. No other watch has its slot until it was ended, or took its notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(Key);

impl WatchId {
    /// Its place in tables; used again after its end.
    pub const fn slot(self) -> u32 {
        self.0.slot
    }
}

/// A connection that was handed to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(Key);

/// An attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialId(Key);

/// Why a message was not sent. Nothing of it was, and the session goes on.
#[derive(Debug, Error)]
pub enum SendError<E> {
    /// It could not be encoded.
    #[error("the message cannot be encoded: {0}")]
    Encode(E),
    /// The peer is a base peer, and could not read it.
    #[error("the message cannot be encoded for a base peer: {0}")]
    Unreadable(EncodeError),
    /// It is larger than the limit.
    #[error("the message has {size} octets, the limit is {limit}")]
    TooLarge {
        /// Its size.
        size: usize,
        /// [`crate::limits::Limits::max_message`], of this node or of the peer.
        limit: usize,
    },
}

/// What is known of a peer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PeerInfo {
    /// Its node ID.
    pub node: NodeId,
    /// The incarnation that a session is held with.
    pub incarnation: Option<Incarnation>,
    /// What it holds to; `None` before it was met.
    pub contract: Option<Contract>,
    /// Whether a connection carries the session now.
    pub connected: bool,
    /// Connections that the session has had.
    pub connections: u64,
    /// Octets queued for and not acknowledged by it.
    pub unacknowledged: usize,
    /// Where it says that it listens.
    pub addresses: Vec<Address>,
}

/// Who is waiting for an attempt to connect.
#[derive(Clone, Debug)]
enum Dialler {
    Peer(Key),
    /// A look-up at an address whose node is not known: the address, the call, and the name that is sought.
    LookUp {
        address: Address,
        number: PortNumber,
        name: Box<str>,
    },
    /// The directory tries a seed.
    Seed(Address),
}

/// The state of a node.
#[derive(Debug)]
#[cfg_attr(feature = "simulation", derive(Clone))]
pub struct Kernel {
    settings: Settings,
    ports: Ports,
    watches: Arena<Watch>,
    peers: Arena<Peer>,
    by_node: FxHashMap<NodeId, Key>,
    connections: Arena<Connection>,
    dials: Arena<Dialler>,
    /// Calls of this node that another node is to answer.
    calls: FxHashMap<PortNumber, Pending>,
    failed_spawns: FailedSpawns,
    spawners: Spawners,
    /// The latest deaths of ports of this node, and what happened with peers that are not known any more.
    deaths: Deaths,
    forgotten: Forgotten,
    directory: Directory,
    directory_due: Option<Time>,
    timers: Timers,
    outputs: VecDeque<Output>,
    writable: VecDeque<Key>,
    /// The number of the first session with a peer that is not known (R1).
    first_epoch: u64,
    /// The latest time that was told.
    now: Time,
    /// It has said goodbye: whoever hangs up now does so on its word.
    leaving: bool,
    /// How many further names ports have been given.
    renamed: u64,
    random: u64,
}

impl Kernel {
    /// The state of a node that knows nobody.
    pub fn new(settings: Settings) -> Self {
        let directory = Directory::new(&settings);
        let mut kernel = Self {
            ports: Ports::new(settings.incarnation.into()),
            watches: Arena::default(),
            peers: Arena::default(),
            by_node: FxHashMap::default(),
            connections: Arena::default(),
            dials: Arena::default(),
            calls: FxHashMap::default(),
            failed_spawns: FailedSpawns::default(),
            spawners: Spawners::default(),
            deaths: Deaths::default(),
            forgotten: Forgotten::default(),
            directory,
            directory_due: None,
            timers: Timers::default(),
            outputs: VecDeque::new(),
            writable: VecDeque::new(),
            first_epoch: 1,
            now: Time::ZERO,
            leaving: false,
            renamed: 0,
            random: settings.seed,
            settings,
        };
        kernel.on_directory(Time::ZERO, |_| ());
        kernel
    }

    /// What it was made with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The next thing for the driver to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.carry_out();
        self.outputs.pop_front()
    }

    /// Peers that are known, in no particular order.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.peers.iter().map(|(_, peer)| info(peer)).collect()
    }

    /// What is known of one peer.
    pub fn peer(&self, node: &NodeId) -> Option<PeerInfo> {
        self.peers.get(*self.by_node.get(node)?).map(info)
    }

    /// Whether a node was a base peer when it was last met.
    pub fn is_base_peer(&self, node: &NodeId) -> bool {
        self.by_node.get(node).and_then(|key| self.peers.get(*key)).is_some_and(Peer::is_base)
    }

    /// Octets queued for and not acknowledged by peers, in all.
    pub fn unacknowledged(&self) -> usize {
        self.peers.iter().map(|(_, peer)| if peer.has_work() { peer.session.octets() } else { 0 }).sum()
    }

    fn event(&mut self, event: Event) {
        self.remember(&event);
        self.tell_directory(&event);
        self.outputs.push_back(Output::Event(event));
    }

    /// A number from 600 to 1200, for spreading pauses: the thousandths of a pause.
    fn jitter(&mut self) -> u32 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = self.random.wrapping_shr(33);
        u32::try_from(high % 601).unwrap_or(0).saturating_add(600)
    }

    /// The peer with this node ID, known or new.
    fn peer_key(&mut self, node: &NodeId) -> Key {
        if let Some(key) = self.by_node.get(node) {
            return *key;
        }
        let history = self.forgotten.take(node);
        let epoch = if planted(Bug::IdentityWithoutEpoch) { 1 } else { self.first_epoch };
        let key = self.peers.insert(Peer::new(node.clone(), epoch, history));
        self.by_node.insert(node.clone(), key);
        key
    }
}

fn info(peer: &Peer) -> PeerInfo {
    PeerInfo {
        node: peer.node.clone(),
        incarnation: peer.session.peer,
        contract: peer.contract,
        connected: peer.connection.is_some(),
        connections: peer.session.count,
        unacknowledged: if peer.has_work() { peer.session.octets() } else { 0 },
        addresses: peer.told.clone(),
    }
}
