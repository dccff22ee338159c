//! Monitors that fire on living ports.

use super::story::{B, Story};

fn alarm(code: &str) -> Story {
    let mut story = Story::new();
    story.monitor(1_000, 9, B);
    story.fired(14_000, 9, code);
    story
}

#[test]
fn a_monitor_that_fires_for_nothing_is_found() {
    alarm("unreachable").violates("G6", "though nothing was wrong");
}

#[test]
fn a_break_that_is_shorter_than_a_session_is_no_excuse() {
    let mut story = alarm("unreachable");
    story.fault(11_500, 12_500, "cut", &["n1", "n2"]);
    story.violates("G6", "though nothing was wrong");
}

#[test]
fn a_break_that_is_long_enough_is_an_excuse() {
    let mut story = alarm("unreachable");
    story.fault(10_500, 14_500, "freeze", &["n1", "n2"]);
    story.is_innocent();
}

#[test]
fn breaks_that_leave_no_time_to_connect_are_an_excuse_together() {
    let mut story = alarm("unreachable");
    story.fault(10_500, 12_000, "freeze", &["n1", "n2"]);
    story.fault(12_500, 14_500, "refuse", &["n2"]);
    story.is_innocent();
}

#[test]
fn a_break_that_is_long_past_is_no_excuse() {
    let mut story = alarm("unreachable");
    story.fault(2_000, 8_000, "freeze", &["n1", "n2"]);
    story.violates("G6", "though nothing was wrong");
}

#[test]
fn what_others_lack_is_no_excuse() {
    let mut story = alarm("unreachable");
    story.forget("faults", &["plan"]);
    story.note(
        "faults",
        0,
        r#""event":"plan","nodes":["n1","n2","n3"],"seed":1,"millis":60000,"heartbeat":300,"session_timeout":3000"#,
    );
    story.fault(10_500, 14_500, "freeze", &["n1", "n3"]);
    let findings = story.findings();
    assert!(findings.iter().any(|finding| finding.rule == "G6"), "{findings:#?}");
}

#[test]
fn a_port_may_refuse_what_it_cannot_decode_and_nothing_else() {
    let mut story = alarm("bad_message");
    story.violates("G6", "though nothing was wrong");
    story.note("n1.1", 13_000, &format!(r#""event":"send","port":1,"name":"{B}","number":1,"size":0,"kind":"bad""#));
    story.is_innocent();
}
