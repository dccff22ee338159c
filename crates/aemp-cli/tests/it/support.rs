//! What the tests of the command share.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// The command, with the configuration in `folder` and none of the variables of whoever runs the tests.
pub(crate) fn aemp(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aemp"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AEMP_")) {
        command.env_remove(name);
    }
    // The settings in `aemp/config.toml`, the kept secret beside it.
    command.env("XDG_CONFIG_HOME", folder).args(arguments).stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    aemp(folder, arguments).output().expect("the command was built")
}

/// What a command printed as data.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is text")
}

/// What a command said beside it.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the output is text")
}

/// A command that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) process: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = aemp(folder, arguments).stdout(Stdio::piped()).spawn().expect("the command was built");
        let lines = BufReader::new(process.stdout.take().expect("it is a pipe"));
        Self { process, lines }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("the output is text");
        line.trim_end().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
