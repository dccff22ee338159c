//! `aemp db`, and nodes that find each other by a seed.

use std::{
    path::Path,
    process::Output,
    thread,
    time::{Duration, Instant},
};

use crate::{
    nodes::Server,
    support::{Running, run, stderr, stdout},
};
use tempfile::tempdir;

fn db(folder: &Path, server: &Server, arguments: &[&str]) -> Output {
    let at = format!("@{}", server.address());
    run(folder, &[&["db", "--at", &at], arguments].concat())
}

#[track_caller]
fn prints(output: &Output, expected: &str) {
    assert_eq!(stdout(output), expected, "{}", stderr(output));
    assert!(output.status.success(), "{}", stderr(output));
}

/// A command prints this at last.
#[track_caller]
fn becomes(expected: &str, command: impl Fn() -> Output) {
    eventually(command, |shown| shown == expected);
}

#[track_caller]
fn eventually(command: impl Fn() -> Output, is_right: impl Fn(&str) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let output = command();
        if is_right(&stdout(&output)) {
            return;
        }
        assert!(Instant::now() < deadline, "{}{}", stdout(&output), stderr(&output));
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_set_at_a_node_is_read_from_it() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let db = |arguments: &[&str]| db(folder.path(), &server, arguments);
    prints(&db(&["set", "limits", "uploads", "-5"]), "");
    prints(&db(&["set", "limits", "names", "[\"a\",1]"]), "");
    prints(&db(&["set", "limits", "text", "two words"]), "");
    prints(&db(&["get", "limits"]), "names\t[\"a\",1]\ntext\t\"two words\"\nuploads\t-5\n");
    prints(&db(&["get", "limits", "uploads"]), "-5\n");
    prints(&db(&["--json", "get", "limits", "text"]), "\"two words\"\n");
    prints(&db(&["keys", "limits"]), "names\ntext\nuploads\n");
    prints(&db(&["del", "limits", "names"]), "");
    prints(&db(&["--json", "keys", "limits"]), "\"text\"\n\"uploads\"\n");
    prints(&db(&["get", "another family"]), "");
}

#[test]
fn a_key_that_is_no_plain_line_is_printed_as_json() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let db = |arguments: &[&str]| db(folder.path(), &server, arguments);
    for key in ["two\nlines\t1", "\"quoted\"", "two words", "5"] {
        prints(&db(&["set", "keys", key, "1"]), "");
    }
    prints(&db(&["keys", "keys"]), "\"\\\"quoted\\\"\"\n5\n\"two\\nlines\\t1\"\ntwo words\n");
    prints(&db(&["get", "keys"]), "\"\\\"quoted\\\"\"\t1\n5\t1\n\"two\\nlines\\t1\"\t1\ntwo words\t1\n");
    let at = format!("@{}", server.address());
    let mut watch = Running::start(folder.path(), &["db", "--at", &at, "watch", "keys"]);
    assert_eq!(watch.line(), "initial\t\"\\\"quoted\\\"\"\t1");
}

#[test]
fn who_asks_a_node_without_a_master_is_told_what_it_waits_for() {
    let folder = tempdir().unwrap();
    let nobody = "127.0.0.1:1";
    let server = Server::start_with(folder.path(), "alone", &["--seed", nobody]);
    let output = db(folder.path(), &server, &["--timeout", "300ms", "get", "limits"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("has no master"), "{}", stderr(&output));
}

#[test]
fn what_is_not_there_and_what_cannot_be_set_is_told() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    let long = "x".repeat(513);
    for (arguments, text) in [
        (&["get", "limits", "none"][..], "there is no key \"none\" in the family \"limits\""),
        (&["set", "'l", "key", "1"], "families whose name begins with '"),
        (&["set", "limits", &long, "1"], "has more than 512 octets"),
        (&["watch", &long], "has more than 512 octets"),
    ] {
        let output = db(folder.path(), &server, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains(text), "{}", stderr(&output));
    }
    for arguments in [&["db", "get", "limits"][..], &["db", "--at", "@host:1", "set", "limits", "key", "[1"]] {
        assert_eq!(run(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_watch_prints_what_is_there_and_then_what_changes_until_the_node_is_gone() {
    let folder = tempdir().unwrap();
    let server = Server::start(folder.path());
    prints(&db(folder.path(), &server, &["set", "limits", "uploads", "1"]), "");
    let at = format!("@{}", server.address());
    let mut watch = Running::start(folder.path(), &["db", "--at", &at, "watch", "limits"]);
    let mut json = Running::start(folder.path(), &["--json", "db", "watch", "limits", "--at", &at]);
    assert_eq!(watch.line(), "initial\tuploads\t1");
    assert_eq!(json.line(), "{\"change\":\"initial\",\"key\":\"uploads\",\"value\":1}");
    for (change, line) in [
        (&["set", "limits", "downloads", "many"][..], "added\tdownloads\tmany"),
        (&["set", "limits", "uploads", "2"], "changed\tuploads\t2"),
        (&["del", "limits", "downloads"], "removed\tdownloads"),
    ] {
        prints(&db(folder.path(), &server, change), "");
        assert_eq!(watch.line(), line);
        assert!(json.line().starts_with(&format!("{{\"change\":\"{}\"", line.split('\t').next().unwrap())));
    }
    drop(server);
    assert_eq!(watch.process.wait().unwrap().code(), Some(1));
}

#[test]
fn nodes_that_share_a_seed_share_the_database_and_a_trace_finds_them() {
    let folder = tempdir().unwrap();
    let seed = Server::start_with(folder.path(), "seed", &["--global"]);
    let start = |name| Server::start_with(folder.path(), name, &["--seed", seed.address()]);
    let (one, other) = (start("one"), start("other"));
    prints(&db(folder.path(), &one, &["set", "colours", "red", "1"]), "");
    for server in [&seed, &one, &other] {
        becomes("red\t1\n", || db(folder.path(), server, &["get", "colours"]));
    }
    let lines = [&one, &other].map(|server| format!("{} -> {}\n", server.node(), seed.node()));
    eventually(
        || run(folder.path(), &["trace", &format!("@{}", one.address())]),
        |shown| shown.starts_with(&lines[0]) && shown.contains(&lines[1]),
    );
    drop(one);
    becomes("", || db(folder.path(), &other, &["get", "colours"]));
}
