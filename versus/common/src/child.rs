//! The other process of a measurement: this program again, with one argument more.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    process::{self, Command, Stdio},
    thread,
};

use crate::Result;

/// The other process. It ends when this is dropped, or when this process ends in whatever way.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    /// What it said when it was ready.
    pub line: String,
}

impl Child {
    /// Starts it, and waits until it is ready.
    pub fn start() -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(env::args_os().skip(1)).arg("--serve");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        if line.is_empty() {
            return Err("the other process ended before it was ready".into());
        }
        Ok(Self { process, line: line.trim().to_owned() })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says, in the other process, where it can be reached.
pub fn ready(address: impl std::fmt::Display) {
    println!("{address}");
}

/// The pipe to the parent is closed however the parent ends.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        process::exit(0);
    });
}
