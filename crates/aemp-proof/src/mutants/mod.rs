//! Bugs that are planted to be found.

mod harmless;
mod hunt;
mod table;

use std::{process::ExitCode, time::Instant};

use aemp_proto::planted::{Bug, plant};

use harmless::{HARMLESS, is_harmful};
use hunt::{Found, Quarry};

/// The seeds of a quick run.
const QUICK: u64 = 500;
/// Bugs that may take more seeds than that.
const SLOW: &[Bug] = &[Bug::NoticeOvertakesLarge, Bug::NoticesOvertake, Bug::FormerMasterCounts];

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Plant only this bug: a name from the table, or a number.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Give a bug up after so many seeds.
    #[arg(long, value_name = "MAX", default_value_t = 10_000)]
    seeds: u64,
    /// Leave out what breaks no promise or is hard to find, and give the others up after a few seeds.
    #[arg(long, conflicts_with_all = ["only", "seeds"])]
    quick: bool,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let (bugs, seeds) = match options.quick {
        true => (easy(), QUICK),
        false => (chosen(options.only.as_deref()), options.seeds),
    };
    if bugs.is_empty() {
        eprintln!("no bug has this name or number; known are {}", names(&all()));
        return ExitCode::FAILURE;
    }
    if let Some(found) = clean(seeds) {
        eprintln!("Without any bug there is a violation already: {found}");
        return ExitCode::FAILURE;
    }
    println!("Without any bug: no violation in {seeds} seeds.\n");
    table::head();
    let quarries: Vec<Quarry> = bugs.into_iter().map(|bug| look_for(bug, seeds)).collect();
    if options.only.is_some() {
        quarries.iter().filter_map(|quarry| quarry.by_simulation.as_ref()).for_each(|found| println!("\n{found}"));
    }
    judge(&quarries)
}

/// All bugs and controls.
fn all() -> Vec<Bug> {
    Bug::ALL.iter().copied().filter(|bug| *bug != Bug::WithoutAcknowledgements).collect()
}

/// Those that are found soon.
fn easy() -> Vec<Bug> {
    all().into_iter().filter(|bug| is_harmful(*bug) && !SLOW.contains(bug)).collect()
}

fn chosen(only: Option<&str>) -> Vec<Bug> {
    let is_meant = |bug: &Bug| only.is_none_or(|text| text == bug.name() || text == bug.number().to_string());
    all().into_iter().filter(is_meant).collect()
}

fn names(bugs: &[Bug]) -> String {
    let names: Vec<_> = bugs.iter().map(|bug| bug.name()).collect();
    names.join(", ")
}

/// What is found in the production code, which should be nothing.
fn clean(seeds: u64) -> Option<Found> {
    plant(None);
    hunt::by_simulation(seeds)
}

fn look_for(bug: Bug, seeds: u64) -> Quarry {
    let start = Instant::now();
    plant(Some(bug));
    let quarry = Quarry { bug, by_simulation: hunt::by_simulation(seeds), took: start.elapsed() };
    plant(None);
    table::row(&quarry);
    quarry
}

/// Whether all was found that breaks a promise, and nothing else.
fn judge(quarries: &[Quarry]) -> ExitCode {
    let bugs = |is_meant: &dyn Fn(&Quarry) -> bool| -> Vec<Bug> {
        quarries.iter().filter(|quarry| is_meant(quarry)).map(|quarry| quarry.bug).collect()
    };
    let harmful = bugs(&|quarry| is_harmful(quarry.bug));
    let missed = bugs(&|quarry| is_harmful(quarry.bug) && !quarry.is_found());
    let misjudged = bugs(&|quarry| !is_harmful(quarry.bug) && quarry.is_found());
    println!("\n{} of {} found.", harmful.len() - missed.len(), harmful.len());
    for harmless in HARMLESS.iter().filter(|harmless| quarries.iter().any(|quarry| quarry.bug == harmless.bug)) {
        println!("{harmless}");
    }
    if !missed.is_empty() {
        println!("Not found: {}.", names(&missed));
    }
    if !misjudged.is_empty() {
        println!("Said to be harmless, and found: {}.", names(&misjudged));
    }
    if missed.is_empty() && misjudged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bug_has_a_name_of_its_own_and_no_number_is_left_out() {
        let bugs = all();
        let names: BTreeSet<_> = bugs.iter().map(|bug| bug.name()).collect();
        assert_eq!(names.len(), bugs.len());
        let numbers: BTreeSet<_> = bugs.iter().map(|bug| bug.number()).collect();
        assert_eq!(numbers, (1..=45).chain(101..=112).collect());
    }

    #[test]
    fn what_is_harmless_is_replaced_by_what_is_not() {
        assert!(HARMLESS.iter().all(|harmless| is_harmful(harmless.instead)));
        assert!(easy().iter().all(|bug| is_harmful(*bug)));
    }

    #[test]
    fn a_bug_is_chosen_by_its_name_or_number() {
        assert_eq!(chosen(Some("kill-forgotten")), [Bug::KillForgotten]);
        assert_eq!(chosen(Some("2")), [Bug::ResumeRepeatsOne, Bug::ResumeSkipsOne]);
        assert_eq!(chosen(Some("no-such-bug")), []);
    }
}
