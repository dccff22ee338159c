//! Instructions of each thread of a program, counted by callgrind.

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path as FilePath,
    process::{Command, Stdio},
};

use super::paths::{self, Path};

/// Instructions by the number of the thread, from 1 for the main thread.
pub(super) type Threads = BTreeMap<u32, u64>;

/// Whether the tool is installed.
pub(super) fn is_there() -> bool {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The instructions of one path with so many messages.
pub(super) fn instructions(path: Path, count: u64) -> Result<Threads, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--separate-threads=yes", "--fair-sched=yes"]);
    command.arg(format!("--callgrind-out-file={}", folder.path().join("out").display()));
    command.arg(program).arg(paths::COMMAND).arg(path.name()).arg(count.to_string());
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", path.name(), String::from_utf8_lossy(&output.stderr)));
    }
    let threads = read(folder.path())?;
    if threads.is_empty() { Err("callgrind has written nothing".to_owned()) } else { Ok(threads) }
}

/// Each thread has a file of its own, whose name ends with its number.
fn read(folder: &FilePath) -> Result<Threads, String> {
    let mut threads = Threads::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(number) = name.rsplit_once('-').and_then(|(_, number)| number.parse().ok()) else { continue };
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        threads.insert(number, total(&text).ok_or_else(|| format!("{name} has no total"))?);
    }
    Ok(threads)
}

fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("summary:").or_else(|| line.strip_prefix("totals:")))?;
    line.trim().parse().ok()
}
