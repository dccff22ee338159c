//! Reads the logs of a torture, and judges whether the guarantees held. It shares nothing with the nodes but the format of the
//! logs, `docs/torture-log.md`.

mod alarms;
mod calls;
mod counts;
mod due;
mod ends;
mod history;
mod last_words;
mod log;
mod lost_calls;
mod names;
mod streams;
mod tallies;
#[cfg(test)]
mod tests;
mod timeline;

use std::{fmt, path::PathBuf, process::ExitCode};

use self::{counts::Counts, history::History, log::Logs, timeline::Patience};

/// Findings that are printed; the others are counted.
const PRINTED: usize = 30;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder with the logs.
    folder: PathBuf,
    /// What a loaded machine may add to every bound, in seconds.
    #[arg(long, default_value_t = 3.0)]
    margin: f64,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// Which guarantee it violates.
    rule: &'static str,
    /// Who did what, and where it stands.
    text: String,
}

impl Finding {
    fn new(rule: &'static str, text: String) -> Self {
        Self { rule, text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.text)
    }
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let logs = match Logs::read(&options.folder) {
        Ok(logs) => logs,
        Err(error) => {
            eprintln!("the logs in {} cannot be read: {error}", options.folder.display());
            return ExitCode::FAILURE;
        }
    };
    let margin = (options.margin.clamp(0.0, 3_600.0) * 1_000.0) as u64;
    let (counts, mut findings) = judge(&logs, margin);
    findings.extend(counts.too_few());
    println!("{counts}");
    for finding in findings.iter().take(PRINTED) {
        println!("VIOLATION {finding}");
    }
    println!("{} violations", findings.len());
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the logs show, and everything in them that must not be.
fn judge(logs: &Logs, margin: u64) -> (Counts, Vec<Finding>) {
    let mut findings = logs.findings.clone();
    let history = History::of(logs, &mut findings);
    let patience = Patience::of(&history.timeline, margin);
    let mut counts = Counts::of(logs, &history);
    findings.extend(streams::check(&history));
    findings.extend(due::check(&history, &patience, &mut counts));
    findings.extend(alarms::check(&history, &patience, &mut counts));
    findings.extend(last_words::check(&history));
    findings.extend(names::check(&history, &patience, &mut counts));
    findings.extend(tallies::check(&history, &mut counts));
    findings.extend(calls::check(&history));
    findings.extend(ends::check(&history));
    (counts, findings)
}
