//! Calls, and what their loss means for those who sent other messages.

use super::story::{B, Story};

/// n1 has sent three messages to n2, which has received them, and calls it.
fn call() -> Story {
    let mut story = Story::new();
    for number in 1..=3 {
        story.send(1_000 * number, B, number);
        story.receive(1_000 * number + 5, B, number);
    }
    story.call(7_000, 5, 4);
    story
}

#[test]
fn a_call_that_never_ends_is_found() {
    let mut story = call();
    story.receive(7_005, B, 4);
    story.violates("calls", "never ended");
    story.answered(8_000, 5, "ok");
    story.is_innocent();
}

#[test]
fn a_call_that_ends_twice_is_found() {
    let mut story = call();
    story.receive(7_005, B, 4);
    story.answered(8_000, 5, "ok");
    story.answered(8_001, 5, "lost");
    story.violates("calls", "ended 2 times");
}

#[test]
fn an_answer_to_a_request_that_nobody_received_is_found() {
    let mut story = call();
    story.answered(8_000, 5, "ok");
    story.violates("calls", "never received it");
}

#[test]
fn an_answer_that_a_dead_port_gets_is_found() {
    let mut story = call();
    story.receive(7_005, B, 4);
    story.note("n1.1", 7_500, r#""event":"ending","port":1,"code":"normal""#);
    story.note("n1.1", 7_500, r#""event":"died","port":1"#);
    story.is_innocent();
    story.answered(8_000, 5, "ok");
    story.violates("calls", "after its port was dead");
}

#[test]
fn the_answer_to_a_call_that_was_never_made_is_found() {
    let mut story = Story::new();
    story.answered(8_000, 5, "ok");
    story.violates("log", "call 5 was never made");
}

/// The call is lost, a later message is not.
fn lost_call() -> Story {
    let mut story = call();
    story.answered(8_000, 5, "lost");
    story.send(9_000, B, 5);
    story.receive(9_005, B, 5);
    story
}

#[test]
fn a_call_that_is_lost_with_its_session_leaves_no_hole() {
    let mut story = lost_call();
    story.down(7_900);
    story.is_innocent();
    story.monitor(10_000, 9, B);
    story.is_innocent();
}

#[test]
fn a_call_that_is_lost_without_its_session_leaves_a_hole() {
    lost_call().violates("G1", "message 5 arrived where 4 was next");
    for down in [6_900, 30_000] {
        let mut story = lost_call();
        story.down(down);
        story.violates("G1", "message 5 arrived where 4 was next");
    }
}

#[test]
fn a_message_that_is_lost_with_its_session_leaves_a_hole() {
    let mut story = lost_call();
    story.down(7_900);
    story.send(10_000, B, 6);
    story.down(10_500);
    story.send(11_000, B, 7);
    story.receive(11_005, B, 7);
    story.violates("G1", "message 7 arrived where 6 was next");
}

#[test]
fn a_lossy_message_keeps_its_place_behind_a_lost_call() {
    let mut story = lost_call();
    story.down(7_900);
    story.lossy(9_500, 9_505, 1);
    story.is_innocent();
}

#[test]
fn a_call_that_got_lost_when_nothing_failed_has_to_be_told_by_monitors() {
    let mut story = call();
    story.answered(11_000, 5, "timed_out");
    story.monitor(12_000, 9, B);
    story.violates("G2", "message 4 was not delivered");
    story.down(10_000);
    story.is_innocent();
}
