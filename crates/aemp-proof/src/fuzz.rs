//! Octets that mean something, changed at random, for everything that reads octets from the network.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use aemp_fuzz::{TARGETS, Target};
use clap::Args;

use crate::random::Random;

/// Longer octets are cut.
const MAX_LENGTH: usize = 4096;

/// What is read, and for how long.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// How long each target reads, in seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Only this target
    #[arg(long)]
    target: Option<String>,
    /// The seed of all changes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Read this file, or all files of this folder, once, as they are; needs a target
    #[arg(long, value_name = "PATH", requires = "target")]
    replay: Option<PathBuf>,
    /// Write what the changes begin with into a folder of this one for each target, and read nothing
    #[arg(long, value_name = "FOLDER", conflicts_with = "replay")]
    write_seeds: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> ExitCode {
    let targets: Vec<Target> = match &options.target {
        Some(name) => aemp_fuzz::target(name).into_iter().collect(),
        None => TARGETS.to_vec(),
    };
    if targets.is_empty() {
        let names = TARGETS.map(|target| target.name).join(", ");
        eprintln!("there is no such target; the targets are {names}");
        return ExitCode::from(2);
    }
    let done = match (&options.replay, &options.write_seeds) {
        (Some(path), _) => targets.iter().try_for_each(|target| replay(*target, path)),
        (None, Some(folder)) => targets.iter().try_for_each(|target| write_seeds(*target, folder)),
        (None, None) => {
            targets.iter().for_each(|target| change(*target, options));
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A broken promise is a panic, and ends the program: behind the octets, so that they can be read again.
fn read(target: Target, octets: &[u8]) {
    let outcome = std::panic::catch_unwind(|| (target.read)(octets));
    if outcome.is_err() {
        let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        eprintln!("{} breaks with {digits}", target.name);
        std::process::exit(1);
    }
}

fn change(target: Target, options: &Options) {
    let mut random = Random::new(options.seed);
    let (start, seeds) = (Instant::now(), (target.seeds)());
    let mut count = 0_u64;
    while start.elapsed() < Duration::from_secs(options.seconds) {
        for _ in 0..100 {
            read(target, &changed(&seeds, &mut random));
        }
        count += 100;
    }
    println!("{:>12}: {count} changed readings, no promise broken", target.name);
}

/// One of the seeds, with a few changes.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut octets = seeds[random.index(seeds.len())].clone();
    for _ in 0..random.between(1, 6) {
        let at = random.index(octets.len() + 1);
        let length = random.spread(1, 64) as usize;
        let end = (at + length).min(octets.len());
        match random.below(6) {
            0 if at < octets.len() => octets[at] ^= 1 << random.below(8),
            1 if at < octets.len() => {
                octets[at] = random.pick(&[0, 1, 0x1f, 0x7f, 0x80, 0x9f, 0xbf, 0xff, b'"', b'[', b'{', b'\n'])
            }
            2 => drop(octets.drain(at..end)),
            3 => {
                let again = octets[at..end].to_vec();
                octets.splice(at..at, again);
            }
            4 => {
                let other = &seeds[random.index(seeds.len())];
                let from = random.index(other.len());
                octets.splice(at..end, other[from..(from + length).min(other.len())].iter().copied());
            }
            _ => octets.truncate(at),
        }
    }
    octets.truncate(MAX_LENGTH);
    octets
}

fn replay(target: Target, path: &std::path::Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let files: Vec<PathBuf> = if path.is_dir() {
        let entries = path.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
        entries.into_iter().map(|entry| entry.path()).collect()
    } else {
        vec![path.to_owned()]
    };
    for file in &files {
        read(target, &std::fs::read(file).map_err(failed)?);
    }
    println!("{:>12}: {} files read, no promise broken", target.name, files.len());
    Ok(())
}

fn write_seeds(target: Target, folder: &std::path::Path) -> Result<(), String> {
    let folder = folder.join(target.name);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for (number, octets) in (target.seeds)().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), octets).map_err(failed)?;
    }
    Ok(())
}
