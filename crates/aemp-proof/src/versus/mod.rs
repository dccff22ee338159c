//! The same work on other systems: `versus/` has their programs, `aemp bench` is ours.
//!
//! In each round every side does each work once, in turns; ratios are of pairs of the same round.

mod machine;
mod program;
mod record;
mod run;
mod side;
mod table;
mod work;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::json;

use self::{
    machine::Machine,
    side::{Program, Side},
    table::Measured,
    work::Work,
};

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each side does each work.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// This work alone; can be given several times.
    #[arg(long, value_name = "WORK", value_parser = Work::parse)]
    only: Vec<&'static Work>,
    /// This program alone, beside the limit; can be given several times.
    #[arg(long, value_name = "NAME")]
    peer: Vec<Program>,
    /// So many times the usual number of messages; no fewer than a thousand. Ports are always 100,000.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
    /// Write what was measured to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Options {
    fn works(&self) -> Vec<&'static Work> {
        if self.only.is_empty() { work::ALL.iter().collect() } else { self.only.clone() }
    }

    /// How many of a work are done.
    fn scaled(&self, work: &Work, count: u64) -> u64 {
        if work.has_fixed_number() { count } else { ((count as f64 * self.scale) as u64).max(1_000) }
    }

    fn wants(&self, work: &Work, side: Side) -> bool {
        self.peer.is_empty() || self.peer.contains(&side.program()) || side.program() == work.baseline().program()
    }
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let machine = Machine::look();
    let mut comparison = Comparison::default();
    comparison.prepare(options);
    for round in 0..options.rounds as usize {
        comparison.round(options, round);
        eprintln!("round {} of {} is done, load {:.1}", round + 1, options.rounds, machine::load());
    }
    machine.print();
    comparison.print(options);
    if let Some(file) = &options.json
        && let Err(error) = comparison.write(options, &machine, file)
    {
        eprintln!("cannot write {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    if comparison.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What has been found out.
#[derive(Debug, Default)]
struct Comparison {
    programs: Vec<(Program, PathBuf)>,
    /// Programs that cannot be run here, and why.
    skipped: Vec<String>,
    measured: Vec<Measured>,
    /// Works that went wrong: what a program said then.
    failures: Vec<String>,
}

impl Comparison {
    /// Builds every program that is wanted.
    fn prepare(&mut self, options: &Options) {
        for program in <Program as clap::ValueEnum>::value_variants() {
            let does = |work: &&Work| {
                work.sides.iter().any(|(side, _)| side.program() == *program && options.wants(work, *side))
            };
            if !options.works().iter().any(does) {
                continue;
            }
            match program.prepare() {
                Ok(path) => self.programs.push((*program, path)),
                Err(reason) => self.missing(*program, &reason),
            }
        }
        self.print_skipped();
    }

    /// A comparison without this node, or without what it is compared with, is none.
    fn missing(&mut self, program: Program, reason: &str) {
        let places = if program.may_be_absent() { &mut self.skipped } else { &mut self.failures };
        places.push(format!("{program:?}: {reason}"));
    }

    /// Lets all sides do each work once. Each round begins with another side.
    fn round(&mut self, options: &Options, round: usize) {
        for work in options.works() {
            let mut sides: Vec<_> = work.sides.iter().filter(|(side, _)| options.wants(work, *side)).collect();
            let first = round % sides.len();
            sides.rotate_left(first);
            for (side, count) in sides {
                let program = self.programs.iter().find(|(program, _)| *program == side.program());
                if let Some(path) = program.map(|(_, path)| path.clone()) {
                    self.measure(&path, *side, work, options.scaled(work, *count), round);
                }
            }
        }
    }

    fn measure(&mut self, path: &Path, side: Side, work: &'static Work, count: u64, round: usize) {
        let result = run::run(path, side, work, count);
        match result.and_then(|record| Ok((record.value(work.quantity)?, record))) {
            Ok((value, record)) => self.measured.push(Measured { work: work.name, side, round, value, record }),
            Err(error) => {
                let failure = format!("{} in {}, round {round}: {error}", side.name(), work.name);
                eprintln!("FAILED: {failure}");
                self.failures.push(failure);
            }
        }
    }

    fn print(&self, options: &Options) {
        for work in options.works() {
            println!("{}", table::markdown(work, &table::rows(work, &self.measured)));
        }
        self.print_skipped();
        self.failures.iter().for_each(|failure| println!("FAILED: {failure}"));
    }

    fn print_skipped(&self) {
        self.skipped.iter().for_each(|reason| println!("NOT COMPARED: {reason}"));
    }

    fn write(&self, options: &Options, machine: &Machine, file: &Path) -> Result<(), std::io::Error> {
        let table: Vec<_> = options.works().into_iter().flat_map(|work| table::rows(work, &self.measured)).collect();
        let all = json!({
            "machine": machine,
            "rounds": options.rounds,
            "skipped": self.skipped,
            "failures": self.failures,
            "table": table,
            "measured": self.measured,
        });
        fs::write(file, serde_json::to_string_pretty(&all)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_this_node_or_the_limit_the_comparison_fails() {
        for (program, fails) in [(Program::Aemp, true), (Program::Raw, true), (Program::Erlang, false)] {
            let mut comparison = Comparison::default();
            comparison.missing(program, "cannot be built");
            assert_eq!((comparison.failures.len(), comparison.skipped.len()), (fails.into(), (!fails).into()));
        }
    }
}
