//! Visits every state, depth first.
//!
//! Only the path to the present state is kept as kernels; of all others the fingerprint. So memory does not bound the
//! search, and a cycle is seen as what it is: a state that is its own successor. Since faults and the steps of programs are
//! used up, a cycle has neither.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
    time::{Duration, Instant},
};

use super::{actions::Action, config::Config, history::Violation, world::World};

/// What is known when the search is over.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    pub(crate) at_rest: usize,
    pub(crate) depth: usize,
    pub(crate) took: Duration,
    pub(crate) violation: Option<(Violation, Vec<Action>)>,
}

/// No way without a cycle is so long.
const PATIENCE: usize = 1_000;

/// Fingerprints are mixed already.
#[derive(Default)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.0 = self.0 << 8 | u64::from(*octet));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(crate) type Seen = HashSet<u64, BuildHasherDefault<Mixed>>;

/// A state on the path.
struct Place {
    world: World,
    fingerprint: u64,
    actions: Vec<Action>,
    next: usize,
}

/// The search.
struct Search<'c> {
    config: &'c Config,
    seen: Seen,
    path: Vec<Place>,
    outcome: Outcome,
}

/// Visits every state, or as many as `limit` allows.
pub(crate) fn explore(config: &Config, limit: usize) -> Outcome {
    let start = Instant::now();
    let outcome = Outcome { states: 0, transitions: 0, at_rest: 0, depth: 0, took: Duration::ZERO, violation: None };
    let mut search = Search { config, seen: Seen::default(), path: Vec::new(), outcome };
    let found = search.run(limit);
    let Search { path, mut outcome, .. } = search;
    if let Err(violation) = found {
        let actions = path.iter().filter_map(|place| place.actions.get(place.next.wrapping_sub(1)).copied()).collect();
        outcome.violation = Some((violation, actions));
    }
    outcome.took = start.elapsed();
    outcome
}

impl Search<'_> {
    fn run(&mut self, limit: usize) -> Result<(), Violation> {
        let mut first = World::new(self.config);
        let fingerprint = first.fingerprint();
        self.seen.insert(fingerprint);
        self.enter(first, fingerprint)?;
        while let Some(place) = self.path.last_mut() {
            let Some(action) = place.actions.get(place.next).copied() else {
                self.path.pop();
                continue;
            };
            place.next += 1;
            let before = place.fingerprint;
            let mut world = place.world.clone();
            self.outcome.transitions += 1;
            world.apply(self.config, action)?;
            let fingerprint = world.fingerprint();
            if self.seen.insert(fingerprint) {
                if self.seen.len() > limit {
                    return Ok(());
                }
                self.enter(world, fingerprint)?;
            } else if fingerprint == before && matches!(action, Action::Refuse { .. }) {
                // While nobody listens, a node dials again and again, after pauses that have no length here.
            } else if self.path.iter().any(|place| place.fingerprint == fingerprint) {
                return Violation::new("liveness", "the network goes round in a circle without any fault");
            }
        }
        Ok(())
    }

    fn enter(&mut self, world: World, fingerprint: u64) -> Result<(), Violation> {
        let mut actions = Vec::new();
        let calm = world.actions(self.config, &mut actions);
        if self.config.eager {
            actions[..calm].reverse();
        }
        self.outcome.states += 1;
        if calm == 0 {
            self.outcome.at_rest += 1;
            world.check_rest(self.config)?;
        }
        if self.path.len() > PATIENCE {
            return Violation::new("liveness", "the network goes on without end, and without any fault");
        }
        self.path.push(Place { world, fingerprint, actions, next: 0 });
        self.outcome.depth = self.outcome.depth.max(self.path.len());
        Ok(())
    }
}
