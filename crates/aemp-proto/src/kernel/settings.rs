//! What a kernel is made with.

use std::time::Duration;

use crate::{
    id::{Address, Incarnation, NodeId},
    limits::Limits,
};

/// When a refused connection proves that a node is dead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusedIsDeath {
    /// On loopback and Unix addresses, where nothing stands between the nodes.
    #[default]
    SameHost,
    /// Everywhere: only where no proxy or firewall answers for a host.
    Always,
    /// Nowhere.
    Never,
}

/// How long a node waits, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// An idle connection is written to this often; three missed make it broken.
    pub heartbeat: Duration,
    /// A session without a connection is given up after this.
    pub session_timeout: Duration,
    /// A connection has this long from its start to its first frame.
    pub handshake: Duration,
    /// An acknowledgement waits at most this long for something to ride on.
    pub ack_delay: Duration,
    /// A living session answers a probe within this.
    pub probe: Duration,
    /// Between two refused connections that prove a death.
    pub refused_pause: Duration,
    /// The first pause between rounds of dialling.
    pub redial_min: Duration,
    /// The longest pause between rounds of dialling.
    pub redial_max: Duration,
    /// The next address of a node is tried after this, while the one before is still silent.
    pub dial_stagger: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(5),
            session_timeout: Duration::from_secs(30),
            handshake: Duration::from_secs(5),
            ack_delay: Duration::from_millis(20),
            probe: Duration::from_secs(2),
            refused_pause: Duration::from_millis(250),
            redial_min: Duration::from_millis(100),
            redial_max: Duration::from_secs(5),
            dial_stagger: Duration::from_millis(300),
        }
    }
}

/// What a kernel is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The ID of the node.
    pub node: NodeId,
    /// This run of it.
    pub incarnation: Incarnation,
    /// Where it listens now, told to peers.
    pub addresses: Vec<Address>,
    /// Its limits.
    pub limits: Limits,
    /// Its patience.
    pub timing: Timing,
    /// What it takes for a proof of death.
    pub refused_is_death: RefusedIsDeath,
    /// Random; jitter is derived from it, nothing that has to be secret.
    pub seed: u64,
    /// The wall clock when the node's own clock is at zero, as the time since 1970: writes to the database are ordered by it,
    /// and base peers may ask for the time.
    pub wall_clock: Duration,
    /// Where it looks for global nodes.
    pub seeds: Vec<Address>,
    /// Whether it is a global node from its start.
    pub global: bool,
    /// Whether base peers may send messages to others through this node, in its name.
    pub relay: bool,
}
