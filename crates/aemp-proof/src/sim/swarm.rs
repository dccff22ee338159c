//! What is drawn once for each run, so that every run is of its own kind.

use std::{fmt, time::Duration};

use aemp_proto::{kernel::Timing, limits::Limits};

use super::{actions::Action, faults::Fault};
use crate::random::Random;

pub(super) const MILLI: u64 = 1000;
pub(super) const SECOND: u64 = 1_000_000;
/// Dead names that a node remembers in some runs.
const FEW: usize = 32;

/// How bad a run may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Climate {
    /// Connections break, but never for long: no session may fail.
    Gentle,
    /// Processes are also replaced by others, at once.
    Restarts,
    /// Everything, also beyond the session time-out.
    Fatal,
}

/// The parameters of a run. All times are in microseconds.
#[derive(Clone, Debug)]
pub(super) struct Swarm {
    pub(super) climate: Climate,
    pub(super) nodes: usize,
    /// All nodes are on one host; otherwise each has its own.
    pub(super) one_host: bool,
    /// How long there are faults.
    pub(super) safety: u64,
    pub(super) timing: Timing,
    /// Of each node.
    pub(super) heartbeats: Vec<Duration>,
    pub(super) limits: Limits,
    /// The least and the greatest delay of a link.
    pub(super) delay: (u64, u64),
    pub(super) jitter: u64,
    /// Octets that wait in the sockets of a connection.
    pub(super) window: usize,
    /// Octets that arrive together at most.
    pub(super) slice: usize,
    /// The mean time between two actions of a node.
    pub(super) act_every: u64,
    pub(super) actions: Vec<u32>,
    /// The mean time between two faults.
    pub(super) fault_every: u64,
    pub(super) faults: Vec<u32>,
    /// The longest fault.
    pub(super) longest: u64,
    /// Thousandths of messages that are large, and their octets.
    pub(super) large: (u64, u64),
    pub(super) burst: u64,
    /// Thousandths of messages that are not taken.
    pub(super) refused: u64,
    /// Thousandths of messages that carry a port ID.
    pub(super) handed_on: u64,
    /// Drivers tell their kernels for how long they were away.
    pub(super) tells_absence: bool,
    /// Thousandths of ends that see their connection break as soon as it is made.
    pub(super) fickle: u64,
    /// Programs say something as soon as they are connected.
    pub(super) is_talkative: bool,
    /// How long nodes may take to find each other by seeds, and to forget who is lost.
    joining: u64,
    /// Thousandths of targets that are any port at all.
    pub(super) out_of_band: u64,
}

impl Swarm {
    pub(super) fn draw(random: &mut Random) -> Self {
        let climate =
            random.pick(&[Climate::Gentle, Climate::Restarts, Climate::Fatal, Climate::Fatal, Climate::Fatal]);
        let nodes = random.pick(&[2, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9]);
        let (timing, heartbeats) = timing(random, nodes);
        let least = random.spread(50, 20 * MILLI);
        let mut swarm = Self {
            climate,
            nodes,
            one_host: random.chance(400),
            safety: 0,
            limits: limits(random),
            delay: (least, random.spread(least, 100 * MILLI)),
            jitter: random.spread(1, 30 * MILLI),
            window: random.spread(4 << 10, 1 << 20) as usize,
            slice: random.spread(200, 64 << 10) as usize,
            act_every: random.spread(200 * MILLI, 2 * SECOND) * nodes as u64 / 3,
            actions: Action::ALL.iter().map(|(_, weight)| vary(random, *weight)).collect(),
            fault_every: random.spread(SECOND, 20 * SECOND),
            faults: Fault::ALL.iter().map(|(fault, weight)| fault.weight_in(climate) * vary(random, *weight)).collect(),
            longest: 0,
            large: (random.pick(&[0, 10, 50, 200]), random.spread(4 << 10, 200 << 10)),
            burst: random.spread(1, 30),
            refused: random.pick(&[0, 0, 2, 10, 30]),
            handed_on: random.pick(&[50, 200, 500]),
            out_of_band: random.pick(&[20, 100, 300, 500]),
            tells_absence: random.chance(500),
            fickle: random.pick(&[0, 0, 20, 100, 250]),
            is_talkative: random.chance(500),
            joining: 0,
            timing,
            heartbeats,
        };
        if swarm.limits.max_fences <= FEW {
            // Whoever can remember few dead names is to meet many.
            swarm.refused = random.pick(&[10, 50, 150]);
        }
        swarm.longest = swarm.longest_fault();
        swarm
    }

    /// Whether any node has seeds: then there is a while more for what follows from them.
    pub(super) fn joins(&mut self, has_seeds: bool) {
        if has_seeds {
            // Global nodes look for others in rounds with long pauses, and remember for a while what was claimed.
            self.joining = 16 * micros(self.timing.redial_max) + 2 * self.recovery() + 15 * SECOND;
        }
        self.safety = (600 * SECOND).saturating_sub(self.liveness()).max(150 * SECOND);
    }

    fn longest_fault(&self) -> u64 {
        let session = micros(self.timing.session_timeout);
        match self.climate {
            Climate::Gentle | Climate::Restarts => session.saturating_sub(self.recovery()) / 3,
            Climate::Fatal => session * 2 + 10 * SECOND,
        }
    }

    /// How long two nodes may take to find each other when nothing is in their way any more.
    pub(super) fn recovery(&self) -> u64 {
        let Timing { handshake, redial_max, probe, .. } = self.timing;
        2 * micros(handshake) + micros(redial_max) * 6 / 5 + micros(probe) + 20 * self.slowest() + SECOND
    }

    /// The longest that a segment takes on a link without faults.
    pub(super) const fn slowest(&self) -> u64 {
        self.delay.1 + self.jitter + MILLI
    }

    /// How long a handshake may take.
    pub(super) const fn handshake(&self) -> u64 {
        micros(self.timing.handshake)
    }

    pub(super) fn session_timeout(&self) -> u64 {
        micros(self.timing.session_timeout)
    }

    /// When silence is found out: three heartbeats of the slowest node.
    pub(super) fn patience(&self) -> u64 {
        3 * self.heartbeats.iter().copied().map(micros).max().unwrap_or(0)
    }

    /// How long everything may take to come to rest after the last fault.
    pub(super) fn settling(&self) -> u64 {
        2 * self.patience() + self.session_timeout() + 3 * self.recovery() + 10 * SECOND + self.joining
    }

    /// The time after the faults.
    pub(super) fn liveness(&self) -> u64 {
        super::phases::length(self)
    }
}

pub(super) const fn micros(duration: Duration) -> u64 {
    duration.as_micros() as u64
}

/// A weight that is left out in some runs and prevails in others.
fn vary(random: &mut Random, weight: u32) -> u32 {
    weight * random.pick(&[0, 1, 1, 1, 2, 5])
}

fn timing(random: &mut Random, nodes: usize) -> (Timing, Vec<Duration>) {
    let mut timing = Timing::default();
    if !random.chance(200) {
        timing.handshake = Duration::from_millis(random.between(1500, 3000));
        timing.redial_max = Duration::from_millis(random.between(300, 2000));
        timing.session_timeout = Duration::from_millis(random.between(14_000, 40_000));
        timing.ack_delay = Duration::from_millis(random.spread(1, 100));
    }
    let slowest = random.spread(500, 5000);
    let heartbeats = (0..nodes).map(|_| Duration::from_millis(random.between(slowest.min(500), slowest))).collect();
    (timing, heartbeats)
}

fn limits(random: &mut Random) -> Limits {
    let mut limits = Limits::default();
    limits.max_message = 1 << 20;
    if random.chance(500) {
        limits.max_piece = random.spread(256, 8 << 10) as usize;
        limits.max_unsent = random.spread(1 << 10, 64 << 10) as usize;
        limits.max_in_flight_of_large = random.spread(2 << 10, 64 << 10) as usize;
        limits.max_interned = random.spread(2, 64) as usize;
        limits.ack_bytes = random.spread(256, 16 << 10) as usize;
    }
    if random.chance(300) {
        limits.max_unacknowledged = random.spread(8 << 10, 512 << 10) as usize;
    }
    if random.chance(120) {
        limits.max_fences = random.spread(2, FEW as u64) as usize;
    }
    limits
}

impl fmt::Display for Swarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { climate, nodes, one_host, timing, delay, jitter, window, slice, limits, .. } = self;
        let place = if *one_host { "on one host" } else { "on a host each" };
        writeln!(f, "{climate:?} climate, {nodes} nodes {place}, faults for {} s", self.safety / SECOND)?;
        writeln!(f, "{timing:?}")?;
        writeln!(f, "heartbeats {:?}", self.heartbeats)?;
        writeln!(f, "{limits:?}")?;
        writeln!(f, "delay {delay:?} us, jitter {jitter} us, window {window}, slices of {slice} octets")?;
        let (act, fault, longest) = (self.act_every / MILLI, self.fault_every / MILLI, self.longest / MILLI);
        writeln!(f, "an action every {act} ms, a fault every {fault} ms, none longer than {longest} ms")?;
        let actions: Vec<_> = Action::ALL.iter().zip(&self.actions).map(|((action, _), w)| (action, w)).collect();
        writeln!(f, "actions {actions:?}")?;
        let faults: Vec<_> = Fault::ALL.iter().zip(&self.faults).map(|((fault, _), w)| (fault, w)).collect();
        writeln!(f, "faults {faults:?}")?;
        writeln!(f, "absence is told: {}", self.tells_absence)?;
        writeln!(f, "young connections broken {}, talkative programs: {}", self.fickle, self.is_talkative)?;
        let Self { large, burst, refused, handed_on, out_of_band, .. } = self;
        write!(f, "large {large:?}, burst {burst}, refused {refused}, handed on {handed_on}, out of band {out_of_band}")
    }
}
