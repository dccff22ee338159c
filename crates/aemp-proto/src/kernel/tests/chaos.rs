//! Random programs over a network that delays, stalls and breaks, with processes that crash and restart.
//!
//! Every run follows from its seed. `CHAOS_SEEDS` asks for more of them, `CHAOS_FIRST` for the first one.

mod program;
mod verdict;

use std::{env, time::Duration};

use program::Program;

/// What may happen to the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// Connections break and stall, but not for long.
    Rough,
    /// Connections break, and processes are replaced at once by others.
    Restarts,
    /// Nodes also crash, restart, and are away for longer than a session lasts.
    Fatal,
}

/// The numbers that a run follows.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

fn run(seed: u64, weather: Weather) {
    let mut program = Program::new(Random(seed), weather);
    for _ in 0..120 {
        program.act();
        program.check();
    }
    program.heal();
    program.world.pass(Duration::from_secs(120));
    program.finish();
    program.check();
    program.check_rest();
}

#[expect(clippy::disallowed_methods, reason = "how many seeds is a wish of whoever runs the tests")]
fn run_all(weather: Weather) {
    let number = |name, default| env::var(name).map_or(default, |text| text.parse::<u64>().unwrap());
    let first = number("CHAOS_FIRST", 0);
    for seed in first..first + number("CHAOS_SEEDS", 60) {
        let failed = std::panic::catch_unwind(|| run(seed, weather)).is_err();
        assert!(!failed, "{weather:?}: seed {seed} failed: CHAOS_FIRST={seed} CHAOS_SEEDS=1 repeats it");
    }
}

#[test]
fn short_breaks_lose_repeat_reorder_and_alarm_nothing() {
    run_all(Weather::Rough);
}

#[test]
fn restarts_lose_nothing_that_was_sent_to_the_new_process() {
    run_all(Weather::Restarts);
}

#[test]
fn over_crashes_and_failures_order_holds_and_every_loss_and_death_is_told_once() {
    run_all(Weather::Fatal);
}
