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

#[test]
fn processes_that_did_not_run_are_an_excuse_and_nobody_else() {
    for file in ["faults", "n1.1", "n2.1"] {
        let mut story = alarm("unreachable");
        story.absent(file, 13_500, 3_200);
        story.is_innocent();
    }
    let mut story = alarm("unreachable");
    story.absent("n2.1", 13_500, 800);
    story.violates("G6", "though nothing was wrong");
}

#[test]
fn a_port_that_was_spawned_and_never_began_may_be_dead() {
    let mut story = Story::new();
    let name = "n2@h:2#S";
    story.monitor(1_000, 9, name);
    story.note("n1.1", 1_000, &format!(r#""event":"spawn","name":"{name}""#));
    story.fired(1_100, 9, "no_such_service");
    story.is_innocent();
    story.note("n2.1", 1_050, &format!(r#""event":"open","port":2,"name":"{name}","spawned":true"#));
    story.note("n2.1", 1_200, r#""event":"died","port":2"#);
    story.violates("G6", "though nothing was wrong");
}

#[test]
fn who_uses_a_port_before_its_spawner_has_made_it_may_be_told_that_it_is_dead() {
    let (name, mut story) = ("n2@h:2#S", Story::new());
    story.monitor(1_000, 9, name);
    story.fired(1_100, 9, "no_such_port");
    story.note("n2.1", 1_050, &format!(r#""event":"open","port":2,"name":"{name}","spawned":true"#));
    story.violates("G6", "though nothing was wrong");
    story.note("n2.1", 900, &format!(r#""event":"spawn","name":"{name}""#));
    story.is_innocent();
}

#[test]
fn who_is_rejected_by_a_stranger_must_have_met_a_fault() {
    let mut story = alarm("auth_failed");
    story.violates("G6", "though nothing was wrong");
    story.fault(13_000, 13_500, "corrupt", &["n1", "n2"]);
    story.is_innocent();
}
