//! What fails when.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use super::{
    cluster::Cluster,
    journal::Journal,
    kind::{Deck, Kind, Victim},
    proxy::{Condition, Damage, Direction},
    record::Record,
};
use crate::random::Random;

/// Storms and calms take turns.
const STORM: Duration = Duration::from_secs(12);
const CALM: Duration = Duration::from_secs(5);
/// A new run that is not ready by then has failed.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Lets things fail, and heals them.
#[derive(Debug)]
pub(super) struct Director {
    random: Random,
    deck: Deck,
    active: Vec<Active>,
    next_fault: u64,
    next_at: Instant,
    began: Instant,
    pub(super) counts: BTreeMap<Kind, u64>,
}

/// A fault that lasts.
#[derive(Debug)]
struct Active {
    fault: u64,
    kind: Kind,
    until: Instant,
    target: Target,
    stage: Stage,
}

/// What it happened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Link(usize, usize),
    Node(usize),
}

/// How far a fault of a node is healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It was asked to end in order.
    Ending,
    Lasting,
    /// Its next run was started.
    Starting,
}

impl Director {
    pub(super) fn new(seed: u64) -> Self {
        let now = Instant::now();
        Self {
            random: Random::new(seed),
            deck: Deck::default(),
            active: Vec::new(),
            next_fault: 0,
            next_at: now,
            began: now,
            counts: BTreeMap::new(),
        }
    }

    /// Does what is due.
    pub(super) fn step(&mut self, cluster: &mut Cluster, journal: &Journal) -> io::Result<()> {
        self.heal_due(cluster, journal)?;
        self.look_for_crashes(cluster, journal)?;
        let now = Instant::now();
        if now >= self.next_at {
            if is_storm(now - self.began) {
                self.strike(cluster, journal);
            }
            self.next_at = now + Duration::from_millis(self.random.between(50, 750));
        }
        Ok(())
    }

    /// Heals everything, and waits until all nodes run.
    pub(super) fn heal_all(&mut self, cluster: &mut Cluster, journal: &Journal) -> io::Result<()> {
        let now = Instant::now();
        self.active.iter_mut().for_each(|active| active.until = active.until.min(now));
        while !self.active.is_empty() {
            self.heal_due(cluster, journal)?;
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn heal_due(&mut self, cluster: &mut Cluster, journal: &Journal) -> io::Result<()> {
        let now = Instant::now();
        let mut lasting = Vec::new();
        for mut active in std::mem::take(&mut self.active) {
            if active.until > now || !active.heal(cluster, journal)? {
                lasting.push(active);
            }
        }
        self.active.append(&mut lasting);
        Ok(())
    }

    /// A node that has ended though nobody made it ends the torture; the checker hears of it all the same.
    fn look_for_crashes(&mut self, cluster: &mut Cluster, journal: &Journal) -> io::Result<()> {
        for node in 0..cluster.members.len() {
            let is_ending = |active: &Active| active.target == Target::Node(node) && active.stage == Stage::Ending;
            if !self.active.iter().any(is_ending) && cluster.has_ended(node, false, journal) {
                return Err(io::Error::other(format!("{} ended by itself", cluster.run_of(node))));
            }
        }
        Ok(())
    }

    fn strike(&mut self, cluster: &mut Cluster, journal: &Journal) {
        let kind = self.deck.draw(&mut self.random);
        let Some(target) = self.choose(kind, cluster) else { return };
        let fault = self.next_fault;
        self.next_fault += 1;
        *self.counts.entry(kind).or_insert(0) += 1;
        let names: Vec<&str> = target.nodes().map(|node| cluster.names[node].as_str()).collect();
        journal.note(&Record::Fault { fault, kind, nodes: &names });
        let until = Instant::now() + kind.duration(&mut self.random);
        match target {
            Target::Link(low, high) => self.strike_link(kind, cluster, (low, high)),
            Target::Node(node) => strike_node(kind, cluster, node, journal),
        }
        let stage = if kind == Kind::Restart { Stage::Ending } else { Stage::Lasting };
        self.active.push(Active { fault, kind, until, target, stage });
    }

    /// Something that is not affected by another fault of its own.
    fn choose(&mut self, kind: Kind, cluster: &Cluster) -> Option<Target> {
        let mut targets: Vec<_> = match kind.victim() {
            Victim::Link => cluster.links.keys().map(|(low, high)| Target::Link(*low, *high)).collect(),
            Victim::Node => (0..cluster.members.len()).map(Target::Node).collect(),
        };
        targets.retain(|target| self.active.iter().all(|active| active.target != *target));
        if targets.is_empty() { None } else { Some(targets[self.random.index(targets.len())]) }
    }

    fn strike_link(&mut self, kind: Kind, cluster: &Cluster, ends: (usize, usize)) {
        let Some(link) = cluster.links.get(&ends) else { return };
        let direction = if self.random.chance(500) { Direction::Up } else { Direction::Down };
        match kind {
            Kind::Cut => link.cut(),
            Kind::Reset => link.reset(),
            Kind::HalfClose => link.half_close(direction),
            Kind::Duplicate => link.duplicate(true),
            Kind::Replay => link.duplicate(false),
            kind => link.set(self.condition(kind, direction)),
        }
    }

    fn condition(&mut self, kind: Kind, direction: Direction) -> Condition {
        let random = &mut self.random;
        match kind {
            Kind::BlackHole => Condition::BlackHole,
            Kind::Corrupt => {
                let damages = [Damage::Flip, Damage::Zero, Damage::Shuffle];
                Condition::Corrupting(direction, damages[random.index(3)])
            }
            Kind::Delay => {
                let jitter = Duration::from_millis(random.between(0, 50));
                Condition::Delayed { base: Duration::from_millis(random.between(5, 100)), jitter }
            }
            Kind::DropAfter => Condition::Dropping { left: random.index(20_000) },
            Kind::Freeze => Condition::Frozen,
            Kind::RateLimit => Condition::Slow { rate: random.between(40_000, 400_000) },
            Kind::Slice => Condition::Sliced,
            Kind::Stall => Condition::Stalled(direction),
            _ => Condition::Clear,
        }
    }
}

fn is_storm(elapsed: Duration) -> bool {
    elapsed.as_millis() % (STORM + CALM).as_millis() < STORM.as_millis()
}

fn strike_node(kind: Kind, cluster: &mut Cluster, node: usize, journal: &Journal) {
    match kind {
        Kind::Kill => cluster.kill(node, journal),
        Kind::Refuse => cluster.members[node].proxy.refuse(),
        Kind::Restart => cluster.ask_to_end(node, journal),
        _ => {
            if let Some(process) = &cluster.members[node].process {
                process.freeze();
            }
        }
    }
}

impl Active {
    /// Goes on with healing; whether it is done.
    fn heal(&mut self, cluster: &mut Cluster, journal: &Journal) -> io::Result<bool> {
        let is_healed = match self.target {
            Target::Link(low, high) => {
                if let Some(link) = cluster.links.get(&(low, high)) {
                    link.set(Condition::Clear);
                }
                true
            }
            Target::Node(node) => self.heal_node(node, cluster, journal)?,
        };
        if is_healed {
            journal.note(&Record::Healed { fault: self.fault });
        }
        Ok(is_healed)
    }

    fn heal_node(&mut self, node: usize, cluster: &mut Cluster, journal: &Journal) -> io::Result<bool> {
        match (self.kind, self.stage) {
            (Kind::Refuse, _) => cluster.members[node].proxy.listen(),
            (Kind::Kill, Stage::Lasting) => return self.start_again(node, cluster, journal),
            (Kind::Restart, Stage::Ending) => {
                return if cluster.has_ended(node, true, journal) {
                    self.start_again(node, cluster, journal)
                } else {
                    Ok(false)
                };
            }
            (_, Stage::Starting) => {
                let is_ready = cluster.is_ready(node, journal);
                if !is_ready && self.until.elapsed() > START_PATIENCE {
                    return Err(io::Error::other(format!("{} does not start", cluster.run_of(node))));
                }
                return Ok(is_ready);
            }
            _ => {
                if let Some(process) = &cluster.members[node].process {
                    process.thaw();
                }
            }
        }
        Ok(true)
    }

    fn start_again(&mut self, node: usize, cluster: &mut Cluster, journal: &Journal) -> io::Result<bool> {
        self.stage = Stage::Starting;
        cluster.start(node, journal)?;
        Ok(false)
    }
}

impl Target {
    fn nodes(self) -> impl Iterator<Item = usize> {
        let (first, second) = match self {
            Self::Link(low, high) => (low, Some(high)),
            Self::Node(node) => (node, None),
        };
        std::iter::once(first).chain(second)
    }
}
