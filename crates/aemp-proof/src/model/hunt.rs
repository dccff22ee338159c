//! Looks for the shortest way to a violation, breadth first.

use std::collections::VecDeque;

use super::{
    actions::Action,
    config::Config,
    explore::{Seen, explore},
    history::Violation,
    world::World,
};

/// So many states are looked at for a shorter way; beyond, the way that was found first has to do.
const MAX_REACHED: usize = 60_000;

/// A violation, and a way to it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) config: Config,
    pub(crate) violation: Violation,
    pub(crate) actions: Vec<Action>,
}

/// A violation in `config`, whose states are searched up to `limit`: with the shortest way to it, if that is not far.
pub(crate) fn find(config: &Config, limit: usize) -> Option<Finding> {
    let (violation, actions) = explore(config, limit).violation?;
    Some(shorten(Finding { config: *config, violation, actions }))
}

/// The shortest way to a violation like this, if it is not far.
pub(crate) fn shorten(found: Finding) -> Finding {
    let is_liveness = found.violation.of == "liveness";
    Hunt::new(&found.config, is_liveness).run().unwrap_or(found)
}

/// A state that was reached: from which other, and how.
type Reached = (usize, Option<Action>);

struct Hunt<'c> {
    config: &'c Config,
    /// Whether the network comes to rest is tried from every state.
    rests: bool,
    seen: Seen,
    reached: Vec<Reached>,
    waiting: VecDeque<(World, usize)>,
}

impl<'c> Hunt<'c> {
    fn new(config: &'c Config, rests: bool) -> Self {
        Self { config, rests, seen: Seen::default(), reached: Vec::new(), waiting: VecDeque::new() }
    }

    fn run(mut self) -> Option<Finding> {
        let mut first = World::new(self.config);
        self.seen.insert(first.fingerprint());
        self.reached.push((0, None));
        self.waiting.push_back((first, 0));
        while let Some((world, at)) = self.waiting.pop_front() {
            if self.reached.len() > MAX_REACHED {
                return None;
            }
            if let Err((violation, last)) = self.expand(&world, at) {
                let mut actions: Vec<_> = last.into_iter().collect();
                let mut place = at;
                while let (from, Some(action)) = self.reached[place] {
                    actions.push(action);
                    place = from;
                }
                actions.reverse();
                return Some(Finding { config: *self.config, violation, actions });
            }
        }
        None
    }

    /// Finds what follows a state, or what is wrong with it or after an action.
    fn expand(&mut self, world: &World, at: usize) -> Result<(), (Violation, Option<Action>)> {
        let mut actions = Vec::new();
        let calm = world.actions(self.config, &mut actions);
        let whole = |violation| (violation, None);
        if calm == 0 {
            world.check_rest(self.config).map_err(whole)?;
        } else if self.rests {
            world.clone().rest(self.config).map_err(whole)?;
        }
        for action in actions {
            let mut next = world.clone();
            next.apply(self.config, action).map_err(|violation| (violation, Some(action)))?;
            if self.seen.insert(next.fingerprint()) {
                self.waiting.push_back((next, self.reached.len()));
                self.reached.push((at, Some(action)));
            }
        }
        Ok(())
    }
}
