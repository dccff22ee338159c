//! The examples do what they say.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use tempfile::tempdir;

/// An example that was built with the tests (`cargo test` builds them; `cargo test --test examples` does not).
fn example(name: &str) -> PathBuf {
    let path = env::current_exe().unwrap().parent().unwrap().join("../examples").join(name);
    assert!(path.exists(), "build it first: cargo build -p aemp --examples");
    path
}

/// A running example, with a secret of its own kept in `folder`.
struct Running {
    process: Child,
    /// `None` once the input has ended.
    input: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(folder: &Path, name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(example(name));
        command.args(arguments).env("XDG_CONFIG_HOME", folder).env_remove("AEMP_CONFIG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take(), process.stdout.take().unwrap());
        Self { process, input, lines: BufReader::new(output) }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn ping_is_answered_by_pong() {
    let folder = tempdir().unwrap();
    let output = Command::new(example("ping")).env("XDG_CONFIG_HOME", folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.ends_with("5 rounds done\n"), "{text}");
}

#[test]
fn the_counter_adds_what_other_programs_send() {
    let folder = tempdir().unwrap();
    let mut counter = Running::start(folder.path(), "counter", &[]);
    let port = counter.line();
    for (number, total) in [("5", "5"), ("7", "12")] {
        assert_eq!(Running::start(folder.path(), "counter", &[&port, number]).line(), total);
    }
}

#[test]
fn chatters_hear_each_other_and_who_comes_and_goes() {
    let folder = tempdir().unwrap();
    let mut server = Running::start(folder.path(), "chat", &["server"]);
    let address = server.line();
    let mut ann = Running::start(folder.path(), "chat", &[&address, "ann"]);
    assert_eq!(ann.line(), "* ann joined");
    let mut bob = Running::start(folder.path(), "chat", &[&address, "bob"]);
    assert_eq!((ann.line(), bob.line()), ("* bob joined".into(), "* bob joined".into()));
    bob.type_line("hello");
    assert_eq!((ann.line(), bob.line()), ("bob: hello".into(), "bob: hello".into()));
    bob.input = None;
    assert_eq!(ann.line(), "* bob left");
}

#[test]
fn a_chat_ends_with_its_server() {
    let folder = tempdir().unwrap();
    let mut server = Running::start(folder.path(), "chat", &["server"]);
    let address = server.line();
    let mut ann = Running::start(folder.path(), "chat", &[&address, "ann"]);
    assert_eq!(ann.line(), "* ann joined");
    server.process.kill().unwrap();
    assert_eq!(ann.process.wait().unwrap().code(), Some(1));
}

#[test]
fn workers_are_found_by_a_seed_and_others_take_their_place() {
    let folder = tempdir().unwrap();
    let mut seed = Running::start(folder.path(), "workers", &["seed"]);
    let address = seed.line();
    let start = |name| Running::start(folder.path(), "workers", &["work", &address, name]);
    let ask = || Running::start(folder.path(), "workers", &["ask", &address, "one", "two", "three"]).line();
    let mut ann = start("ann");
    assert!(ask().starts_with("eno, says ann@"));
    assert_eq!(ann.line(), "one");
    ann.process.kill().unwrap();
    let _bob = start("bob");
    assert!(ask().starts_with("eno, says bob@"));
}
