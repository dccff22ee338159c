//! All connections between two nodes, and what is wrong with them at the moment.

use std::{
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub(in crate::torture) use super::pair::Direction;
use super::{
    intrude,
    pair::{Pair, Recording},
    pump,
};
use crate::random::Random;

/// Intruders stay this long.
const STAY: Duration = Duration::from_secs(2);

/// What is wrong with a link.
#[derive(Clone, Debug, Default)]
pub(in crate::torture) enum Condition {
    #[default]
    Clear,
    /// Nothing is read in this direction.
    Stalled(Direction),
    /// Nothing is read at all.
    Frozen,
    /// Everything is read and thrown away.
    BlackHole,
    /// Every batch of octets waits this long, and a random part of the second more.
    Delayed { base: Duration, jitter: Duration },
    /// So many octets in a second.
    Slow { rate: u64 },
    /// Every octet is written on its own.
    Sliced,
    /// The next octets in this direction are damaged.
    Corrupting(Direction, Damage),
    /// After so many octets more the connection is cut.
    Dropping { left: usize },
}

/// What becomes of a few octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::torture) enum Damage {
    /// One bit of one octet.
    Flip,
    Zero,
    Shuffle,
}

/// All connections between two nodes.
#[derive(Debug, Default)]
pub(in crate::torture) struct Link {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    condition: Condition,
    pairs: Vec<Arc<Pair>>,
    random: Random,
    /// Where the last connection led, and how it began.
    last: Option<(SocketAddr, Recording)>,
}

impl Default for State {
    fn default() -> Self {
        Self { condition: Condition::Clear, pairs: Vec::new(), random: Random::new(0), last: None }
    }
}

/// What a pump does with octets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Write,
    WriteAfter(Duration),
    WriteSliced,
    Lose,
    Cut,
}

impl Link {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on octets are treated so.
    pub(in crate::torture) fn set(&self, condition: Condition) {
        let old = std::mem::replace(&mut self.state().condition, condition);
        self.changed.notify_all();
        // What was lost in between is missing for ever: no such stream can go on.
        if matches!(old, Condition::BlackHole) {
            self.cut();
        }
    }

    pub(in crate::torture) fn cut(&self) {
        self.state().pairs.drain(..).for_each(|pair| pair.cut());
        self.changed.notify_all();
    }

    pub(in crate::torture) fn reset(&self) {
        self.state().pairs.drain(..).for_each(|pair| pair.reset());
        self.changed.notify_all();
    }

    pub(in crate::torture) fn half_close(&self, direction: Direction) {
        self.state().pairs.iter().for_each(|pair| pair.half_close(direction));
    }

    /// Somebody else connects too, and replays what the last one said or says nothing.
    pub(in crate::torture) fn duplicate(&self, is_silent: bool) {
        if let Some((target, recording)) = self.state().last.clone() {
            intrude(target, if is_silent { Vec::new() } else { recording.octets() }, STAY);
        }
    }

    /// Carries a new connection, of which these octets have been read already.
    pub(super) fn carry(self: &Arc<Self>, pair: Arc<Pair>, first: Vec<u8>) {
        {
            let mut state = self.state();
            state.pairs.push(Arc::clone(&pair));
            state.last = Some((pair.target, pair.recording.clone()));
        }
        pump::start(self, &pair, first);
    }

    pub(super) fn forget(&self, pair: &Arc<Pair>) {
        self.state().pairs.retain(|other| !Arc::ptr_eq(other, pair));
    }

    /// Decides what becomes of octets, and may change them. Waits as long as they must not be read.
    pub(super) fn treat(&self, pair: &Pair, direction: Direction, octets: &mut [u8]) -> Fate {
        let is_held = |state: &mut State| match state.condition {
            _ if pair.is_cut() => false,
            Condition::Frozen => true,
            Condition::Stalled(stalled) => stalled == direction,
            _ => false,
        };
        let mut state = self.changed.wait_while(self.state(), is_held).unwrap_or_else(PoisonError::into_inner);
        let State { condition, random, .. } = &mut *state;
        match condition {
            Condition::BlackHole => Fate::Lose,
            Condition::Delayed { base, jitter } => Fate::WriteAfter(*base + jitter.mul_f64(fraction(random))),
            Condition::Slow { rate } => {
                Fate::WriteAfter(Duration::from_secs(octets.len() as u64) / u32::try_from(*rate).unwrap_or(1))
            }
            Condition::Sliced => Fate::WriteSliced,
            Condition::Corrupting(to, damage) if *to == direction => {
                damage.apply(octets, random);
                *condition = Condition::Clear;
                Fate::Write
            }
            Condition::Dropping { left } if *left < octets.len() => {
                *condition = Condition::Clear;
                Fate::Cut
            }
            Condition::Dropping { left } => {
                *left -= octets.len();
                Fate::Write
            }
            Condition::Clear | Condition::Corrupting(..) | Condition::Frozen | Condition::Stalled(_) => Fate::Write,
        }
    }
}

fn fraction(random: &mut Random) -> f64 {
    f64::from(u32::try_from(random.next() % 1_000).unwrap_or(0)) / 1_000.0
}

impl Damage {
    /// Damages some octets of a batch, if it has any.
    fn apply(self, octets: &mut [u8], random: &mut Random) {
        let start = random.index(octets.len());
        let end = (start + 16).min(octets.len());
        let part = &mut octets[start..end];
        match self {
            Self::Flip => part[0] ^= 1 << random.index(8),
            // Some were zero already, but hardly all.
            Self::Zero => part.fill(0),
            Self::Shuffle => random.shuffle(part),
        }
    }
}
