//! Every limit, in one struct, with the reason for its default.

/// What a node grants others and itself. All sizes are in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Buffered for one connection before it is authenticated: a greeting and a proof fit many times.
    pub handshake_bytes: usize,
    /// Connections that are not yet authenticated, in all.
    pub handshakes: usize,
    /// The same from one address, so that one host cannot take all places. All addresses of an IPv6 network, which is what one host
    /// may have, have the fourfold.
    pub handshakes_per_address: usize,
    /// The largest encoded message: larger things are better sent in parts.
    pub max_message: usize,
    /// The largest frame; a larger message is sent in pieces, so that others can pass it. Part of the protocol: the
    /// same at all nodes.
    pub max_piece: usize,
    /// Levels of a decoded message: decoding recurses, so this bounds the stack.
    pub max_depth: usize,
    /// Elements of a decoded message, all levels together: a list of units takes an octet each on the
    /// wire and far more in memory.
    pub max_elements: usize,
    /// Octets queued for and not acknowledged by one peer.
    pub max_unacknowledged: usize,
    /// Control frames (monitors, kills, notices) have this much room of their own beyond it.
    pub control_room: usize,
    /// Octets handed to a connection that the network has not taken.
    pub max_unsent: usize,
    /// The same while small messages wait behind large ones, counted until acknowledged.
    pub max_in_flight_of_large: usize,
    /// Messages waiting inside the node.
    pub max_local: usize,
    /// Watches that one peer may hold here.
    pub max_watches: usize,
    /// Names of one incarnation's ports that are dead for this node while they may live there; beyond it the whole incarnation
    /// is dead for this node, and told so. The same holds for names of this node that take nothing more from one incarnation.
    pub max_fences: usize,
    /// Names interned in one direction of a session. Part of the protocol: the same at all nodes.
    pub max_interned: usize,
    /// Octets after which an acknowledgement is sent without waiting.
    pub ack_bytes: usize,
    /// Peers that are remembered without a session or a wish of ours.
    pub max_idle_peers: usize,
    /// Entries of the database that one node may own: every global node keeps them all.
    pub max_entries: usize,
    /// Octets of these entries.
    pub max_owned: usize,
    /// Octets of the entries that one global node speaks for, its own and those of its slaves; and of a family that is watched
    /// at another node.
    pub max_claimed: usize,
    /// Nodes for whose entries one global node may speak.
    pub max_owners: usize,
    /// Families of the database that one peer may watch here.
    pub max_database_watches: usize,
    /// Queries of the database and look-ups of nodes that one node may have under way here.
    pub max_queries: usize,
    /// Seeds of one node; those of all its slaves, and addresses of other global nodes, that a global node tries in a round.
    pub max_seeds: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_bytes: 16 << 10,
            handshakes: 256,
            handshakes_per_address: 16,
            max_message: 64 << 20,
            max_piece: 64 << 10,
            max_depth: 128,
            max_elements: 8 << 20,
            max_unacknowledged: 256 << 20,
            control_room: 64 << 20,
            max_unsent: 128 << 10,
            max_in_flight_of_large: 512 << 10,
            max_local: 1_000_000,
            max_watches: 1_000_000,
            max_fences: 1_000_000,
            max_interned: 65_536,
            ack_bytes: 256 << 10,
            max_idle_peers: 1_024,
            max_entries: 100_000,
            max_owned: 64 << 20,
            max_claimed: 1 << 30,
            max_owners: 100_000,
            max_database_watches: 10_000,
            max_queries: 1_000,
            max_seeds: 1_000,
        }
    }
}
