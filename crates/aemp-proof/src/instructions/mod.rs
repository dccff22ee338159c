//! Instructions per message on the paths that every message takes, compared with committed values.
//!
//! Times depend on the machine and on what else it does; instructions hardly do.

mod callgrind;
pub(crate) mod paths;

use std::{collections::BTreeMap, fs, path::PathBuf, process::ExitCode};

use callgrind::Threads;
use paths::Path;

/// More than this part above a committed value is a regression, more below it is worth committing.
const TOLERANCE: f64 = 0.07;
/// Messages of the two runs of each path; what starts and ends a program cancels out.
const COUNTS: [u64; 2] = [20_000, 100_000];

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Commit what is measured now: writes the file.
    #[arg(long)]
    accept: bool,
    /// The file with the committed values.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json"))]
    file: PathBuf,
}

/// Instructions per message, by the path's name.
type Counts = BTreeMap<String, f64>;

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    if !callgrind::is_there() {
        println!("NOT MEASURED: valgrind is not installed, which counts the instructions.");
        return ExitCode::SUCCESS;
    }
    let result = measure().and_then(|measured| {
        if options.accept {
            return write(&options.file, &measured).map(|()| true);
        }
        read(&options.file).map(|committed| compare(&measured, &committed))
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Instructions per message of all paths.
fn measure() -> Result<Counts, String> {
    let mut counts = Counts::new();
    for path in Path::ALL {
        let [few, many] = COUNTS.map(|count| callgrind::instructions(path, count));
        let (few, many) = (few?, many?);
        for (name, thread) in path.threads() {
            counts.insert((*name).to_owned(), per_message(&few, &many, *thread)?);
        }
    }
    Ok(counts)
}

/// What one more message costs a thread.
fn per_message(few: &Threads, many: &Threads, thread: u32) -> Result<f64, String> {
    let of = |threads: &Threads| threads.get(&thread).copied().ok_or_else(|| format!("there was no thread {thread}"));
    let (few, many) = (of(few)?, of(many)?);
    match many.checked_sub(few) {
        Some(more @ 1..) => Ok(more as f64 / (COUNTS[1] - COUNTS[0]) as f64),
        _ => Err(format!("thread {thread} had nothing to do with the messages")),
    }
}

/// Prints both; whether nothing takes more than it did.
fn compare(measured: &Counts, committed: &Counts) -> bool {
    println!("instructions per message, tolerance {:.0} %:", TOLERANCE * 100.0);
    let mut is_fine = measured.len() == committed.len();
    for (name, now) in measured {
        let before = committed.get(name).copied().unwrap_or_default();
        let ratio = now / before;
        let verdict = match ratio {
            _ if ratio > 1.0 + TOLERANCE => "a regression; if it is worth it, commit it with --accept",
            _ if ratio < 1.0 - TOLERANCE => "better: commit it with --accept",
            _ => "as before",
        };
        is_fine &= ratio <= 1.0 + TOLERANCE;
        println!("  {name:<10} {now:>8.0}, committed {before:>8.0}: {verdict}");
    }
    is_fine
}

fn read(file: &PathBuf) -> Result<Counts, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is malformed: {error}", file.display()))
}

fn write(file: &PathBuf, measured: &Counts) -> Result<(), String> {
    let rounded: BTreeMap<_, _> = measured.iter().map(|(name, count)| (name, count.round() as u64)).collect();
    let text = serde_json::to_string_pretty(&rounded).map_err(|error| error.to_string())? + "\n";
    print!("{text}");
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(local: f64) -> Counts {
        Counts::from([("local".to_owned(), local)])
    }

    #[test]
    fn what_takes_more_than_the_tolerance_is_a_regression() {
        assert!(compare(&counts(100.0), &counts(100.0)));
        assert!(compare(&counts(106.0), &counts(100.0)));
        assert!(compare(&counts(50.0), &counts(100.0)));
        assert!(!compare(&counts(108.0), &counts(100.0)));
    }

    #[test]
    fn a_thread_that_is_absent_or_idle_is_an_error() {
        let (few, many) = (Threads::from([(2, 100), (3, 100)]), Threads::from([(2, 80_100), (3, 100)]));
        assert_eq!(per_message(&few, &many, 2), Ok(1.0));
        assert!(per_message(&few, &many, 3).is_err());
        assert!(per_message(&few, &many, 4).is_err());
    }

    #[test]
    fn a_path_without_a_committed_value_is_not_fine() {
        assert!(!compare(&counts(1.0), &Counts::new()));
    }

    #[test]
    fn every_measured_thread_has_a_committed_value() {
        let committed = read(&concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json").into()).unwrap();
        let names: Vec<&str> = Path::ALL.iter().flat_map(|path| path.threads()).map(|(name, _)| *name).collect();
        assert_eq!(committed.len(), names.len());
        assert!(names.iter().all(|name| committed.contains_key(*name)));
    }
}
