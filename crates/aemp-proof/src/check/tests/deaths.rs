//! Deaths and those who are told of them.

use super::story::{A, B, Story};

/// n1 watches the port of n2, which dies at 20,000.
fn death() -> Story {
    let mut story = Story::new();
    story.monitor(1_000, 9, B);
    story.end(20_000);
    story
}

/// Nothing is wrong until the monitor fires.
fn must_not_be_told(mut story: Story, text: &str) {
    story.is_innocent();
    story.fired(20_005, 9, "normal");
    story.violates("watch", text);
}

#[test]
fn a_death_that_is_told_at_once_is_innocent() {
    let mut story = death();
    story.fired(20_005, 9, "normal");
    story.is_innocent();
}

#[test]
fn a_death_that_is_never_told_is_found() {
    death().violates("G5", "did never");
}

#[test]
fn a_death_that_is_told_late_is_found() {
    let mut story = death();
    story.fired(25_000, 9, "normal");
    story.violates("G5", "later");
}

#[test]
fn a_death_may_be_told_late_as_long_as_something_is_wrong() {
    let mut story = death();
    story.fault(18_000, 24_000, "rate_limit", &["n1", "n2"]);
    story.fired(25_000, 9, "normal");
    story.is_innocent();
}

#[test]
fn silence_is_noticed_within_a_bound_even_while_it_lasts() {
    let mut story = death();
    story.fault(18_000, 50_000, "freeze", &["n1", "n2"]);
    story.fired(24_500, 9, "unreachable");
    story.is_innocent();
    let mut story = death();
    story.fault(18_000, 50_000, "freeze", &["n1", "n2"]);
    story.fired(30_000, 9, "unreachable");
    story.violates("G5", "later");
}

#[test]
fn a_stopped_observer_is_not_late() {
    let mut story = death();
    story.fault(18_000, 50_000, "stop", &["n1"]);
    story.fired(51_000, 9, "normal");
    story.is_innocent();
}

#[test]
fn who_dropped_its_monitor_is_not_told() {
    let mut story = death();
    story.note("n1.1", 10_000, r#""event":"demonitor","monitor":9"#);
    must_not_be_told(story, "after it was dropped");
}

#[test]
fn a_monitor_that_fires_twice_is_found() {
    let mut story = death();
    story.fired(20_005, 9, "normal");
    story.fired(20_006, 9, "normal");
    story.violates("watch", "fired twice");
}

#[test]
fn a_monitor_that_fires_for_a_dead_port_is_found() {
    let mut story = death();
    story.note("n1.1", 10_000, r#""event":"ending","port":1,"code":"normal""#);
    story.note("n1.1", 10_000, r#""event":"died","port":1"#);
    must_not_be_told(story, "for a dead port");
}

#[test]
fn a_monitor_that_nobody_set_is_found() {
    let mut story = Story::new();
    story.fired(20_005, 9, "normal");
    story.violates("log", "monitor 9 was never set");
}

#[test]
fn a_death_may_be_told_late_while_processes_do_not_run() {
    for file in ["faults", "n1.1", "n2.1"] {
        let mut story = death();
        story.absent(file, 23_500, 2_000);
        story.fired(25_000, 9, "normal");
        story.is_innocent();
    }
}

#[test]
fn a_monitor_that_is_set_after_another_one_fired_has_to_fire() {
    let mut story = Story::new();
    story.fault(10_000, 16_000, "black_hole", &["n1", "n2"]);
    story.monitor(1_000, 9, B);
    story.fired(14_000, 9, "unreachable");
    story.monitor(30_000, 10, B);
    story.violates("G3", "another one had fired");
}

#[test]
fn a_crash_that_is_never_told_is_found() {
    let mut story = Story::new();
    story.monitor(1_000, 9, B);
    story.fault(20_000, 21_000, "kill", &["n2"]);
    story.note("faults", 20_000, r#""event":"ending","run":"n2.1","how":"killed""#);
    let of_the_end = ["settled", "stopping", "stopped", "reached"];
    of_the_end.iter().for_each(|event| story.forget("n2.1", &[event]));
    story.note("faults", 21_000, r#""event":"started","run":"n2.2","node":"n2""#);
    story.note("n2.2", 59_000, r#""event":"reached","node":"n1""#);
    story.note("n2.2", 60_000, r#""event":"settled""#);
    story.note("n2.2", 61_400, r#""event":"stopped","left":0"#);
    story.violates("G5", "the port was dead");
    story.fired(22_000, 9, "unreachable");
    story.is_innocent();
}

#[test]
fn a_death_that_is_told_before_the_last_words_is_found() {
    let mut story = death();
    story.fired(20_005, 9, "normal");
    let fields = format!(r#""event":"send","port":1,"name":"{A}","number":1,"size":5,"kind":"data""#);
    story.note("n2.1", 19_999, &fields);
    let fields = format!(
        r#""event":"receive","port":1,"name":"{A}","number":1,"size":5,"run":"n2.1","sender":1,"intact":true,"lossy":false"#
    );
    story.note("n1.1", 20_006, &fields);
    story.violates("G7", "was told before what it had said");
}

/// n1 has given n2 up, and watches a port there that is bound to it.
fn declared_dead(binding: impl FnOnce(&mut Story)) -> Story {
    let mut story = Story::new();
    binding(&mut story);
    story.fault(10_000, 16_000, "black_hole", &["n1", "n2"]);
    story.monitor(1_000, 9, B);
    story.fired(14_000, 9, "unreachable");
    story
}

#[test]
fn a_bound_port_that_survives_is_found() {
    let mut private = declared_dead(|story| story.note("n2.1", 1, r#""event":"private","port":1"#));
    private.violates("G3", "bound to");
    private.note("n2.1", 16_500, r#""event":"died","port":1"#);
    private.is_innocent();
    let spawned = declared_dead(|story| story.note("n1.1", 0, &format!(r#""event":"spawn","name":"{B}""#)));
    spawned.violates("G3", "bound to");
    let linked = declared_dead(|story| story.note("n2.1", 1, &format!(r#""event":"link","port":1,"name":"{A}""#)));
    linked.violates("G3", "bound to");
}

#[test]
fn a_port_that_is_bound_to_nobody_must_survive() {
    let mut story = declared_dead(|_| {});
    story.note("n2.1", 16_300, r#""event":"renamed","port":1,"name":"n2@h:2#B2""#);
    story.is_innocent();
    story.note("n2.1", 16_500, r#""event":"died","port":1"#);
    story.violates("G3", "nothing had killed it");
}
