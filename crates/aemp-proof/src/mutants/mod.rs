//! Bugs that are planted to be found.

mod hunt;
mod table;

use std::{process::ExitCode, time::Instant};

use aemp_proto::planted::{Bug, plant};

use hunt::{Found, Quarry};

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Plant only this bug: a name from the table, or a number.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Give a bug up after so many seeds.
    #[arg(long, value_name = "MAX", default_value_t = 10_000)]
    seeds: u64,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let bugs = chosen(options.only.as_deref());
    if bugs.is_empty() {
        eprintln!("no bug has this name or number; known are {}", names(&to_be_found()));
        return ExitCode::FAILURE;
    }
    if let Some(found) = clean(options.seeds) {
        eprintln!("Without any bug there is a violation already: {found}");
        return ExitCode::FAILURE;
    }
    println!("Without any bug: no violation in {} seeds.\n", options.seeds);
    table::head();
    let quarries: Vec<Quarry> = bugs.into_iter().map(|bug| look_for(bug, options.seeds)).collect();
    judge(&quarries)
}

/// All bugs and controls.
fn to_be_found() -> Vec<Bug> {
    Bug::ALL.iter().copied().filter(|bug| *bug != Bug::WithoutAcknowledgements).collect()
}

fn chosen(only: Option<&str>) -> Vec<Bug> {
    let is_meant = |bug: &Bug| only.is_none_or(|text| text == bug.name() || text == bug.number().to_string());
    to_be_found().into_iter().filter(is_meant).collect()
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

/// Whether enough was found.
fn judge(quarries: &[Quarry]) -> ExitCode {
    let missed: Vec<Bug> = quarries.iter().filter(|quarry| !quarry.is_found()).map(|quarry| quarry.bug).collect();
    println!("\n{} of {} found.", quarries.len() - missed.len(), quarries.len());
    if !missed.is_empty() {
        println!("Not found: {}.", names(&missed));
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bug_has_a_name_of_its_own_and_no_number_is_left_out() {
        let bugs = to_be_found();
        let names: BTreeSet<_> = bugs.iter().map(|bug| bug.name()).collect();
        assert_eq!(names.len(), bugs.len());
        let numbers: BTreeSet<_> = bugs.iter().map(|bug| bug.number()).collect();
        assert_eq!(numbers, (1..=28).chain(101..=112).collect());
    }

    #[test]
    fn a_bug_is_chosen_by_its_name_or_number() {
        assert_eq!(chosen(Some("kill-forgotten")), [Bug::KillForgotten]);
        assert_eq!(chosen(Some("2")), [Bug::ResumeRepeatsOne, Bug::ResumeSkipsOne]);
        assert_eq!(chosen(Some("no-such-bug")), []);
    }
}
