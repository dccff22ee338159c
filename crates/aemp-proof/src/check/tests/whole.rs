//! What concerns the whole torture.

use super::story::Story;

#[test]
fn a_node_that_reaches_another_one_never_again_is_found() {
    let mut story = Story::new();
    story.forget("n2.1", &["reached"]);
    story.violates("liveness", "n2.1 did not reach n1");
}

#[test]
fn a_node_that_does_not_end_is_found() {
    let mut story = Story::new();
    story.forget("n1.1", &["stopped"]);
    story.violates("liveness", "end in order");
}

#[test]
fn a_process_that_ends_by_itself_is_found() {
    let mut story = Story::new();
    story.note("faults", 30_000, r#""event":"ended","run":"n1.1","how":"crashed""#);
    story.violates("log", "ended by itself");
}

#[test]
fn a_torture_that_was_not_finished_is_found() {
    let mut story = Story::new();
    story.forget("faults", &["finished"]);
    story.violates("log", "not finished");
}

#[test]
fn who_breaks_the_protocol_is_found() {
    let mut story = Story::new();
    story.note("n1.1", 30_000, r#""event":"peer","node":"n2","what":"misbehaved","text":"a number out of turn""#);
    story.violates("protocol", "a number out of turn");
}

#[test]
fn a_line_that_says_nothing_is_found() {
    let mut story = Story::new();
    story.note("n1.1", 30_000, r#""event":"gossip""#);
    story.violates("log", "gossip");
}

#[test]
fn a_torture_in_which_nothing_happened_shows_nothing() {
    let story = Story::new();
    let (counts, findings) = story.judged();
    assert_eq!(findings, []);
    let missing: Vec<_> = counts.too_few().into_iter().map(|finding| finding.text).collect();
    for what in ["messages received", "deaths", "restarts", "ports renamed", "faults", "deadlines"] {
        assert!(missing.iter().any(|text| text.contains(what)), "{what}: {missing:?}");
    }
}

#[test]
fn a_run_that_the_parent_does_not_know_is_found() {
    let mut story = Story::new();
    story.note("n3.1", 0, r#""event":"start","run":"n3.1","node":"n3@h:3""#);
    story.violates("log", "n3.1: the parent knows no such run");
}

#[test]
fn a_node_without_a_log_is_found() {
    let mut story = Story::new();
    story.forget("faults", &["plan"]);
    story.note(
        "faults",
        0,
        r#""event":"plan","nodes":["n1","n2","n3"],"seed":1,"millis":60000,"heartbeat":300,"session_timeout":3000"#,
    );
    let findings = story.findings();
    assert!(findings.iter().any(|finding| finding.text == "n3 has no log"), "{findings:#?}");
}

#[test]
fn two_nodes_with_one_id_are_found() {
    let mut story = Story::new();
    story.note("n1.1", 30_000, r#""event":"peer","node":"n2","what":"in_use","text":"there are two""#);
    story.violates("protocol", "there are two");
}

#[test]
fn what_a_process_says_on_stderr_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("n1.1.stderr"), "aemp: a peer is up\nthread panicked\n").unwrap();
    std::fs::write(folder.path().join("n2.1.stderr"), "aemp: a message was dropped\n\n").unwrap();
    let findings = crate::check::log::Logs::read(folder.path()).unwrap().findings;
    let texts: Vec<_> = findings.iter().map(|finding| finding.text.as_str()).collect();
    assert_eq!(texts, ["n1.1 said on stderr: thread panicked"]);
}

#[test]
fn absences_are_counted_unless_somebody_stopped_the_process() {
    let mut story = Story::new();
    story.absent("n1.1", 20_000, 700);
    story.fault(30_000, 34_000, "stop", &["n1"]);
    story.absent("n1.1", 34_000, 4_000);
    let (counts, findings) = story.judged();
    assert_eq!(findings, []);
    let line = counts.to_string().lines().find(|line| line.contains("absences")).map(str::to_owned).unwrap();
    assert!(line.ends_with("1  (longest 700 ms)"), "{line}");
}
