//! The command with nodes that talk.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{Running, aemp, run, stderr, stdout};
use tempfile::tempdir;

/// A running `aemp run` and the port IDs that it printed.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) echo: String,
    time: String,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut running = Running::start(folder, &["--name", "server", "--bind", "127.0.0.1:0", "run"]);
        let mut port = |name: &str| {
            let line = running.line();
            line.strip_prefix(&format!("{name}\t")).unwrap_or_else(|| panic!("{line} is not {name}")).to_owned()
        };
        let (echo, time) = (port("echo"), port("time"));
        port("sink");
        port("peers");
        port("explain");
        Self { running, echo, time }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        let (node, _) = self.echo.split_once('#').unwrap();
        node.split_once('@').unwrap().1
    }
}

fn signal(server: &Server, signal: &str) {
    let status = Command::new("kill").args([signal, &server.running.process.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_call_by_port_id_alone_is_answered() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["call", &server.echo, "hello", "5", "{\"a\":[1]}"]);
    assert_eq!(stdout(&output), "hello 5 {\"a\":[1]}\n", "{}", stderr(&output));
    assert!(output.status.success());
}

#[test]
fn a_call_by_address_and_published_name_is_answered() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["--json", "call", &format!("@{}/echo", server.address()), "hello"]);
    assert_eq!(stdout(&output), "[\"hello\"]\n", "{}", stderr(&output));
}

#[test]
fn the_time_is_told() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let told: u64 = stdout(&run(folder.path(), &["call", &server.time])).trim().parse().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(now.abs_diff(told) < 60);
}

#[test]
fn a_wrong_secret_is_refused_within_two_seconds_and_the_server_goes_on() {
    let (folder, stranger) = (tempdir().unwrap(), tempdir().unwrap());
    let server = Server::start(folder.path());
    let start = Instant::now();
    let output = run(stranger.path(), &["call", &server.echo, "hello"]);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("secret"), "{}", stderr(&output));
    assert_eq!(stdout(&run(folder.path(), &["call", &server.echo, "hello"])), "hello\n");
}

#[test]
fn a_call_to_nobody_fails_in_time() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["--timeout", "500ms", "call", "nobody@127.0.0.1:9#abc", "hello"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_message_to_a_living_port_is_sent() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["send", &format!("@{}/sink", server.address()), "hello"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_monitor_tells_of_the_end_of_a_killed_node() {
    let folder = tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let mut monitor = Running::start(folder.path(), &["--json", "monitor", &server.echo]);
    std::thread::sleep(Duration::from_millis(500));
    server.running.process.kill().unwrap();
    let start = Instant::now();
    let line = monitor.line();
    assert!(line.contains(&server.echo) && line.contains("\"code\""), "{line}");
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(monitor.process.wait().unwrap().code(), Some(1));
}

#[test]
fn an_interrupted_server_ends_cleanly() {
    for name in ["-INT", "-TERM"] {
        let folder = tempdir().unwrap();
        let mut server = Server::start(folder.path());
        signal(&server, name);
        assert_eq!(server.running.process.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn a_server_lists_its_peers() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["--name", "asker", "--json", "peers", &format!("@{}", server.address())]);
    assert!(stdout(&output).contains("asker"), "{} {}", stdout(&output), stderr(&output));
}

#[test]
fn a_trace_shows_who_is_connected_and_who_does_not_tell() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let _watcher =
        Running::start(folder.path(), &["--name", "watcher", "--bind", "127.0.0.1:0", "monitor", &server.echo]);
    let node = server.echo.split_once('#').unwrap().0;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let output = run(folder.path(), &["trace", &format!("@{}", server.address())]);
        let shown = stdout(&output);
        assert!(output.status.success() && shown.starts_with(&format!("{node} -> ")), "{shown} {}", stderr(&output));
        if shown.contains(" -> watcher@") {
            assert!(stderr(&output).contains("does not tell its connections"), "{}", stderr(&output));
            return;
        }
        assert!(Instant::now() < deadline, "the watcher is not connected: {shown}");
    }
}

#[test]
fn a_service_that_does_not_exist_cannot_be_spawned() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["spawn", &server.echo, "no-such-service"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
}

#[test]
fn the_demo_observes_all_that_is_to_be_observed() {
    let folder = tempdir().unwrap();
    let start = Instant::now();
    let output = run(folder.path(), &["demo"]);
    let shown = stdout(&output);
    assert!(output.status.success(), "{shown}{}", stderr(&output));
    assert!(start.elapsed() < Duration::from_secs(15));
    assert!(shown.contains("SIGKILL") && shown.contains("[x]") && !shown.contains("[ ]"), "{shown}");
}

#[test]
fn the_demo_counts_the_files_of_the_user() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, "one two three\n".repeat(100)).unwrap();
    let output = aemp(folder.path(), &["--json", "demo"]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("\"words\":300,\"different\":3"), "{}", stdout(&output));
}

#[test]
fn a_worker_of_the_demo_that_is_killed_by_hand_is_replaced() {
    let folder = tempdir().unwrap();
    let mut demo = Running::start(folder.path(), &["--json", "demo"]);
    let by_hand = killed_by_hand(&mut demo);
    let shown: Vec<String> = std::iter::repeat_with(|| demo.line()).take_while(|line| !line.is_empty()).collect();
    assert_eq!(demo.process.wait().unwrap().code(), Some(0), "{shown:#?}");
    let count = |event: &str| shown.iter().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count();
    assert!(shown.iter().any(|line| line.contains("\"event\":\"died\"") && line.contains(&by_hand)), "{shown:#?}");
    // The demo kills one of its own, too.
    assert_eq!((count("started"), count("killed"), count("died")), (2, 1, 2), "{shown:#?}");
}

/// Kills the first worker that is given work; its process ID.
fn killed_by_hand(demo: &mut Running) -> String {
    let line = std::iter::repeat_with(|| demo.line())
        .find(|line| line.is_empty() || line.contains("\"event\":\"sent\""))
        .unwrap_or_default();
    let (_, rest) = line.split_once("\"pid\":").unwrap_or_else(|| panic!("nothing was sent: {line}"));
    let worker: String = rest.chars().take_while(char::is_ascii_digit).collect();
    assert!(Command::new("kill").args(["-9", &worker]).status().unwrap().success());
    worker
}

#[test]
fn another_node_at_the_address_is_named_and_the_secret_is_not_blamed() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["call", &format!("other@{}#abc", server.address()), "hello"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("is server@") && !stderr(&output).contains("secret"), "{}", stderr(&output));
}
