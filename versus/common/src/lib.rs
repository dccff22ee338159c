//! What the compared programs share: arguments, clocks, checksums, and the other process of a measurement.

mod child;
mod meter;
mod options;
mod record;
mod tally;

use std::{error::Error, process::ExitCode};

use tokio::runtime::{Builder, Runtime};

pub use self::{
    child::{Child, ready},
    meter::{Meter, resident},
    options::{Options, Work},
    record::{Record, percentile},
    tally::{OCTET, SMALL, Tally, payload},
};

/// What can fail in these programs ends them.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Messages that one task sends before it lets others work.
pub const BATCH: u64 = 100;
/// Round trips under way at a time, where there are many.
pub const WINDOW: u64 = 100;
/// Round trips before those that count.
pub const WARM_UP: u64 = 1_000;

/// Runs a program: measures, and prints a line, or serves the process that measures. Each has its core.
pub fn main(measure: impl FnOnce(&Options) -> Result<Record>, serve: impl FnOnce(&Options) -> Result<()>) -> ExitCode {
    let options = <Options as clap::Parser>::parse();
    let result = options.bind().and_then(|()| {
        if options.serve {
            child::end_with_parent();
            return serve(&options);
        }
        let record = measure(&options)?;
        println!("{}", serde_json::to_string(&record)?);
        Ok(())
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The runtime that suits the cores: one thread on one core, tokio's usual one otherwise.
pub fn runtime(options: &Options) -> Result<Runtime> {
    let mut builder = if options.cores.is_some() { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    Ok(builder.enable_all().build()?)
}

/// The error of a program that cannot do a work.
pub fn unable<T>(work: Work) -> Result<T> {
    Err(format!("this program cannot do {work:?}").into())
}
