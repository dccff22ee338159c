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
