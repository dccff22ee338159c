//! Many seeds on all cores, and what came of them.

use std::{
    cell::Cell,
    collections::BTreeMap,
    num::NonZero,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use super::{Census, Counted, Guarantee, Report, Violation, run_seed, world::World};

/// Runs of at least so many seeds have to have met everything often enough.
const MANY: u64 = 500;
/// How often that is.
const ENOUGH: u64 = 100;
/// One in so many seeds runs twice.
const REPEATED: u64 = 25;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many seeds to run.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many run at a time; by default one for each core.
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Runs this seed alone, and prints its story.
    #[arg(long, conflicts_with_all = ["seeds", "first", "threads"])]
    seed: Option<u64>,
}

thread_local! {
    /// Panics of this thread are caught, and told as violations.
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a simulation; a panic in it is a violation.
pub(super) fn contained(run: impl FnOnce() -> Result<Report, Violation>) -> Result<Report, Violation> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_CONTAINED.get() {
                usual(info);
            }
        }));
    });
    let before = IS_CONTAINED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    IS_CONTAINED.set(before);
    result.unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
        Err(Violation { guarantee: Guarantee::Panic, text: text.unwrap_or("of another kind").to_owned() })
    })
}

/// Runs the command.
pub(super) fn run(options: &Options) -> ExitCode {
    match options.seed {
        Some(seed) => tell(seed),
        None => run_many(options),
    }
}

/// Runs one seed and prints its story.
fn tell(seed: u64) -> ExitCode {
    let mut world = World::new(seed, true);
    let result = contained(|| world.run());
    for line in world.into_story() {
        println!("{line}");
    }
    match result {
        Ok(report) => {
            println!("seed {seed}: no violation, trace {:016x}", report.trace_hash);
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("seed {seed}: {violation}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a seed, and now and then again: the same seed gives the same trace.
fn run_checked(seed: u64) -> Result<Report, Violation> {
    let report = run_seed(seed)?;
    if seed.is_multiple_of(REPEATED) && run_seed(seed)? != report {
        let text = "a second run took another course".to_owned();
        return Err(Violation { guarantee: Guarantee::Determinism, text });
    }
    Ok(report)
}

/// Results that wait until those of earlier seeds are told.
#[derive(Default)]
struct Results {
    waiting: BTreeMap<u64, Result<Report, Violation>>,
    next: u64,
    census: Census,
    failed: u64,
}

impl Results {
    /// Tells what has come, in the order of the seeds.
    fn take(&mut self, seed: u64, result: Result<Report, Violation>) {
        self.waiting.insert(seed, result);
        while let Some(result) = self.waiting.remove(&self.next) {
            match result {
                Ok(report) => self.census += &report.census,
                Err(violation) => {
                    self.failed += 1;
                    println!("seed {}: {violation}", self.next);
                    println!("  replay: aemp-proof sim --seed {}", self.next);
                }
            }
            self.next += 1;
        }
    }
}

fn run_many(options: &Options) -> ExitCode {
    let (begun, next, last) = (Instant::now(), AtomicU64::new(options.first), options.first + options.seeds);
    let results = Mutex::new(Results { next: options.first, ..Results::default() });
    let threads = options.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let seed @ 0.. = next.fetch_add(1, Ordering::Relaxed)
                    && seed < last
                {
                    let result = run_checked(seed);
                    results.lock().unwrap_or_else(PoisonError::into_inner).take(seed, result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let rare = print_census(&results.census, options.seeds);
    let (seeds, failed, seconds) = (options.seeds, results.failed, begun.elapsed().as_secs_f64());
    println!("{seeds} seeds in {seconds:.1} s: {failed} with a violation");
    if failed > 0 || rare > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints how often what happened. How much of it happened too rarely.
fn print_census(census: &Census, seeds: u64) -> usize {
    let mut rare = 0;
    for (counted, text) in Counted::ALL {
        let count = census.of(*counted);
        let is_rare = seeds >= MANY && count < ENOUGH;
        rare += usize::from(is_rare);
        println!("{count:>12} {text}{}", if is_rare { "  <- too rarely" } else { "" });
    }
    rare
}
