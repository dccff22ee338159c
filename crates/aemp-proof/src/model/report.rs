//! What was explored and found, for people.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use aemp_proto::planted::plant;

use super::{
    MAX_HUNTED,
    bugs::{BUGS, CONTROLS, Quarry},
    config::Config,
    explore::{Outcome, explore},
    hunt::{Finding, shorten},
};

/// Explores configurations with the production code: whether all of them are complete and without a violation.
pub(super) fn production(configs: &[&'static Config]) -> bool {
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(configs.len());
    let results: Vec<(usize, usize)> = thread::scope(|scope| {
        let worker = || {
            let take = || configs.get(next.fetch_add(1, Ordering::Relaxed));
            std::iter::from_fn(take).map(|config| explore_one(config)).collect::<Vec<_>>()
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    let states: usize = results.iter().map(|(states, _)| states).sum();
    let violations: usize = results.iter().map(|(_, violations)| violations).sum();
    println!(
        "\n{} of {} configurations complete, {states} states, {violations} violations, {:.0} s.\n",
        results.len() - violations,
        configs.len(),
        start.elapsed().as_secs_f64()
    );
    violations == 0 && results.len() == configs.len()
}

/// The number of states and of violations.
fn explore_one(config: &'static Config) -> (usize, usize) {
    let outcome = explore(config, usize::MAX);
    let Outcome { states, transitions, at_rest, depth, took, violation } = outcome;
    let took = took.as_secs_f64();
    println!(
        "{}: {}\n    {states} states, {transitions} transitions, {at_rest} at rest, depth {depth}, {took:.1} s",
        config.name,
        config.bounds()
    );
    let Some((violation, actions)) = violation else { return (states, 0) };
    tell(&shorten(Finding { config: *config, violation, actions }));
    (states, 1)
}

/// Looks for every lesser protocol, and tells how each goes wrong: whether all of them were found.
pub(super) fn controls() -> bool {
    println!("Controls: lesser protocols, in each of which the same search has to find a violation.");
    let found = CONTROLS.iter().filter(|quarry| look_for(quarry, true)).count();
    println!("\n{found} of {} controls found.", CONTROLS.len());
    found == CONTROLS.len()
}

/// Looks for planted bugs: whether all were found.
pub(super) fn mutants(only: Option<&str>) -> bool {
    let is_meant = |quarry: &&Quarry| only.is_none_or(|name| quarry.bug.name() == name);
    let all: Vec<_> = BUGS.iter().chain(CONTROLS).filter(is_meant).collect();
    let found = all.iter().filter(|quarry| look_for(quarry, only.is_some())).count();
    println!("\n{found} of {} found.", all.len());
    found == all.len() && found > 0
}

/// Whether a bug was found.
fn look_for(quarry: &Quarry, with_story: bool) -> bool {
    plant(Some(quarry.bug));
    let start = Instant::now();
    let found = quarry.hunt(MAX_HUNTED);
    let (bug, took) = (quarry.bug, start.elapsed().as_secs_f64());
    match &found {
        Some(found) => println!(
            "{} {}: {} after {} actions in \"{}\", {took:.1} s",
            bug.number(),
            bug.name(),
            found.violation.of,
            found.actions.len(),
            found.config.name,
        ),
        None => println!("{} {}: NOT FOUND, {took:.1} s", bug.number(), bug.name()),
    }
    found.iter().filter(|_| with_story).for_each(tell);
    plant(None);
    found.is_some()
}

fn tell(found: &Finding) {
    found.story().iter().for_each(|line| println!("{line}"));
}
