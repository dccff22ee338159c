//! What a configuration bounds: the ports, what programs do, and how often which fault may happen.

/// A port that exists in a configuration, by its place in [`Config::ports`].
pub(crate) type PortAt = usize;

/// A port and the incarnation that opens it at its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port {
    pub(crate) name: &'static str,
    pub(crate) node: usize,
    pub(crate) run: u8,
    /// It dies with whoever declares it dead (bound to everybody's side).
    pub(crate) private: bool,
}

/// What a program does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A message to a port.
    Send(PortAt),
    /// One that goes in pieces.
    SendLarge(PortAt),
    /// A message from one port to another.
    SendFrom(PortAt, PortAt),
    /// The same, in pieces.
    SendLargeFrom(PortAt, PortAt),
    /// A message to the newest name of a port, which was looked up; waits until there is one.
    SendNew(PortAt),
    /// A message that its port refuses.
    SendRefused(PortAt),
    /// A message with the ID of a port (the second) in it: the port may be used there from then on.
    Hand(PortAt, PortAt),
    Monitor(PortAt),
    /// The oldest monitor on a port ends, if one is held.
    Demonitor(PortAt),
    Kill(PortAt),
    /// A port of this node ends.
    Close(PortAt),
}

impl Step {
    /// The port of another node that has to be known.
    pub(crate) const fn needs(self) -> PortAt {
        match self {
            Self::Send(to) | Self::SendLarge(to) | Self::SendNew(to) | Self::SendRefused(to) => to,
            Self::SendFrom(_, to) | Self::SendLargeFrom(_, to) => to,
            Self::Monitor(port) | Self::Demonitor(port) | Self::Kill(port) | Self::Close(port) => port,
            Self::Hand(to, _) => to,
        }
    }
}

/// What one incarnation does: turn after turn, each at any time. A turn is never interrupted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    pub(crate) node: usize,
    pub(crate) run: u8,
    pub(crate) turns: &'static [&'static [Step]],
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    /// An end of a connection sees it break; what is under way to it is lost.
    pub(crate) breaks: u8,
    /// Somebody connects though nothing asks for it: crossing, duplicate and stale connections.
    pub(crate) unasked: u8,
    /// A node has waited for a connection for the whole session time-out.
    pub(crate) time_outs: u8,
    /// A process ends, and another one begins under its node ID: for each node.
    pub(crate) restarts: [u8; 3],
}

/// A bounded world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) name: &'static str,
    pub(crate) nodes: usize,
    pub(crate) ports: &'static [Port],
    pub(crate) scripts: &'static [Script],
    pub(crate) faults: Faults,
    /// Connections at once between two nodes.
    pub(crate) wires: usize,
    /// Acknowledgements wait and are an action of their own; otherwise each frame is acknowledged at once.
    pub(crate) late_acknowledgements: bool,
    /// Authentication takes time: both greet, then the acceptor has the dialler's proof, then the dialler the acceptor's.
    /// Otherwise a connection is authenticated at once.
    pub(crate) slow: bool,
    /// The other end of a broken connection is told nothing: only missed heartbeats show it.
    pub(crate) silent: bool,
    /// A read takes everything that has arrived, or, right before the end of a connection, any part of it. Otherwise frames
    /// arrive one by one.
    pub(crate) batches: bool,
    /// Of a batch that is cut short, nothing is read, or all but the last frame.
    pub(crate) coarse: bool,
    /// Where one end closes, the other reads what is left and closes before anything else happens. Otherwise it may take
    /// any time, and lose any of what is left.
    pub(crate) prompt: bool,
    /// A frame is handed in by halves first.
    pub(crate) halves: bool,
    /// Nodes that do not know a port before they are handed it.
    pub(crate) secret: &'static [(usize, PortAt)],
    /// Less than usual may wait for a peer: two large messages are too many.
    pub(crate) narrow: bool,
    /// Names that are remembered as dead for one incarnation, at most.
    pub(crate) max_fences: Option<usize>,
    /// The search lets nodes connect before it lets anything arrive: the same states, but ways without end come first.
    pub(crate) eager: bool,
    /// Only violations of this are looked for: to see all that a lesser protocol breaks.
    pub(crate) only: Option<&'static str>,
}

impl Config {
    /// Nodes 0 and 1, no faults.
    pub(crate) const fn new(name: &'static str, ports: &'static [Port], scripts: &'static [Script]) -> Self {
        Self {
            name,
            nodes: 2,
            ports,
            scripts,
            faults: Faults { breaks: 0, unasked: 0, time_outs: 0, restarts: [0; 3] },
            wires: 2,
            late_acknowledgements: false,
            slow: false,
            silent: false,
            batches: false,
            coarse: false,
            prompt: false,
            halves: false,
            secret: &[],
            narrow: false,
            max_fences: None,
            eager: false,
            only: None,
        }
    }
}

/// How nodes are called in stories.
pub(crate) const NODES: [&str; 3] = ["A", "B", "C"];
