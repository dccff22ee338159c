//! One side does one work.

use std::{
    io::Read,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{record::Record, side::Side, work::Work};

/// A work that takes longer has got stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a program, and reads what it measured. It says itself if a message was lost, changed or out of order.
pub(super) fn run(program: &Path, side: Side, work: &Work, count: u64) -> Result<Record, String> {
    let mut command = Command::new(program);
    if side.program() == super::side::Program::Aemp {
        command.arg("bench");
    }
    command.arg(work.command).args(["--count", &count.to_string(), "--size", &work.size.to_string()]);
    if !side.is_encrypted() {
        command.arg("--plain");
    }
    if let Some(cores) = work.cores {
        command.args(["--cores", cores]);
    }
    command.args(side.arguments()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    let status = wait(&mut process);
    let (out, err) = (text(process.stdout.take()), text(process.stderr.take()));
    match status {
        Some(status) if status.success() => Record::parse(&out, count),
        Some(status) => Err(format!("{status}: {}", err.trim())),
        None => Err(format!("it did not end in {} s: {}", PATIENCE.as_secs(), err.trim())),
    }
}

/// Waits until it has ended, but not for ever. What it says fits into the pipes.
fn wait(process: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = process.try_wait() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
    // It fails only for a process that has ended.
    let _ = process.kill();
    let _ = process.wait();
    None
}

/// What was said; nothing more is when the process has ended.
fn text(pipe: Option<impl Read>) -> String {
    let mut octets = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = pipe.read_to_end(&mut octets);
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_of(program: &str) -> Result<Record, String> {
        run(Path::new(program), Side::Raw, Work::parse("stream-32").unwrap(), 1_000)
    }

    #[test]
    fn a_program_that_fails_measures_nothing() {
        assert!(run_of("false").unwrap_err().contains("exit status: 1"));
        assert!(run_of("/no/such/program").unwrap_err().contains("cannot be run"));
    }

    #[test]
    fn a_program_gets_its_work_and_what_it_prints_is_no_record_without_json() {
        let printed = run_of("echo").unwrap_err();
        assert!(printed.contains("stream --count 1000 --size 32 --plain --cores 0,1"), "{printed}");
    }
}
