//! Streams of messages, and calls.

use super::story::{A, B, Story};

/// n1 has sent three messages, and n2 has received them.
fn stream() -> Story {
    let mut story = Story::new();
    for number in 1..=3 {
        story.send(1_000 * number, B, number);
        story.receive(1_000 * number + 5, B, number);
    }
    story
}

/// The same, but n1 says this of the second message.
fn stream_sent_with(fields: &str) -> Story {
    let mut story = stream();
    story.forget("n1.1", &["send", "\"number\":2"]);
    story.note("n1.1", 2_000, &format!(r#""event":"send","port":1,"name":"{B}","number":2,{fields}"#));
    story
}

#[test]
fn what_arrives_in_order_and_once_is_innocent() {
    stream().is_innocent();
}

#[test]
fn a_message_that_arrives_twice_is_found() {
    let mut story = stream();
    story.receive(5_000, B, 3);
    story.violates("G1", "message 3 arrived where 4 was next");
}

#[test]
fn a_hole_is_found() {
    let mut story = stream();
    story.forget("n2.1", &["receive", "\"number\":2"]);
    story.violates("G1", "message 3 arrived where 2 was next");
}

#[test]
fn messages_that_change_places_are_found() {
    let mut story = stream();
    story.forget("n2.1", &["receive", "\"number\":1"]);
    story.receive(2_500, B, 1);
    story.violates("G1", "message 2 arrived where 1 was next");
}

#[test]
fn a_message_that_nobody_sent_is_found() {
    let mut story = stream();
    story.receive(5_000, B, 4);
    story.violates("G1", "message 4 was never sent");
}

#[test]
fn a_message_that_was_changed_is_found() {
    stream_sent_with(r#""size":6,"kind":"data""#).violates("G1", "message 2 was changed");
}

#[test]
fn a_message_with_other_octets_is_found() {
    let mut story = stream();
    story.forget("n2.1", &["receive", "\"number\":2"]);
    let fields = format!(r#""event":"receive","port":1,"name":"{B}","number":2"#);
    let rest = r#""size":5,"run":"n1.1","sender":1,"intact":false,"lossy":false"#;
    story.note("n2.1", 2_005, &format!("{fields},{rest}"));
    story.violates("G1", "message 2 was changed");
}

#[test]
fn a_message_that_nobody_can_have_decoded_is_found() {
    stream_sent_with(r#""size":5,"kind":"bad""#).violates("G1", "message 2 cannot have been decoded");
}

#[test]
fn a_message_of_a_run_that_never_was_is_found() {
    let mut story = stream();
    let fields = format!(r#""event":"receive","port":1,"name":"{B}","number":1"#);
    let rest = r#""size":5,"run":"n1.7","sender":1,"intact":true,"lossy":false"#;
    story.note("n2.1", 5_000, &format!("{fields},{rest}"));
    story.violates("G1", "the unknown run n1.7");
}

#[test]
fn numbers_that_do_not_count_are_found() {
    let mut story = stream();
    story.send(4_000, B, 5);
    story.violates("log", "number 5 in place of 4");
}

#[test]
fn a_message_that_another_port_gets_shows_that_a_name_was_used_twice() {
    let mut story = Story::new();
    story.note("n2.1", 0, r#""event":"open","port":2,"name":"n2@h:2#C","spawned":false"#);
    story.send(1_000, "n2@h:2#C", 1);
    story.receive(1_005, "n2@h:2#C", 1);
    story.violates("G4", "n2@h:2#C names one port");
}

#[test]
fn a_name_that_another_run_makes_again_is_found() {
    let mut story = stream();
    story.note("n1.1", 500, &format!(r#""event":"open","port":7,"name":"{B}","spawned":false"#));
    story.violates("G4", B);
}

#[test]
fn a_message_that_is_lost_in_silence_is_found() {
    let mut story = stream();
    story.send(4_000, B, 4);
    story.monitor(500, 9, B);
    story.violates("G2", "message 4 was not delivered");
}

#[test]
fn a_message_that_is_lost_shows_in_a_monitor_that_is_set_later() {
    let mut story = stream();
    story.send(4_000, B, 4);
    story.monitor(50_000, 9, B);
    story.violates("G2", "message 4 was not delivered");
}

#[test]
fn a_message_that_is_delivered_after_the_monitor_fired_is_found() {
    let mut story = stream();
    story.fault(10_000, 16_000, "black_hole", &["n1", "n2"]);
    story.monitor(500, 9, B);
    story.fired(14_000, 9, "unreachable");
    story.is_innocent();
    story.send(17_000, B, 4);
    story.is_innocent();
    story.receive(17_005, B, 4);
    story.violates("G3", "message 4");
}

#[test]
fn a_reason_that_counts_wrongly_is_found() {
    for (least, most, is_right) in [(3, 3, true), (0, 9, true), (4, 9, false), (0, 2, false)] {
        let mut story = stream();
        story.monitor(500, 9, B);
        story.end(8_000);
        story.fired_and_told(8_005, 9, least, most);
        if is_right { story.is_innocent() } else { story.violates("G2", "it says") }
    }
}

#[test]
fn lossy_messages_may_be_lost_and_keep_their_place() {
    let mut story = stream();
    story.lossy(1_500, 1_505, 1);
    story.lossy(1_600, 1_605, 2);
    story.forget("n2.1", &["\"lossy\":true", "\"number\":1,"]);
    story.is_innocent();
    story.lossy(1_700, 2_505, 3);
    story.violates("G1", "lossy message 3");
}

#[test]
fn a_lossy_message_that_arrives_twice_is_found() {
    let mut story = stream();
    story.lossy(1_500, 1_505, 1);
    story.lossy(1_600, 1_605, 2);
    story.forget("n1.1", &["lossy", "\"number\":2,"]);
    story.violates("G1", "lossy message 2 was never sent");
}

#[test]
fn a_lossy_message_that_is_repeated_is_found() {
    let mut story = stream();
    story.lossy(1_500, 1_505, 1);
    story.lossy(1_600, 1_605, 2);
    let fields = format!(r#""event":"receive","port":1,"name":"{B}","number":2"#);
    let rest = r#""size":5,"run":"n1.1","sender":1,"intact":true,"lossy":true"#;
    story.note("n2.1", 1_700, &format!("{fields},{rest}"));
    story.violates("G1", "lossy message 2 is repeated");
}

#[test]
fn a_lossy_message_that_is_sent_after_the_monitor_fired_must_not_arrive() {
    let mut story = stream();
    story.fault(10_000, 16_000, "black_hole", &["n1", "n2"]);
    story.monitor(500, 9, B);
    story.fired(14_000, 9, "unreachable");
    story.lossy(17_000, 17_005, 1);
    story.violates("G3", "lossy message 1");
}

#[test]
fn what_was_sent_in_earlier_sessions_need_not_be_counted() {
    let mut story = stream();
    story.fault(10_000, 16_000, "black_hole", &["n1", "n2"]);
    story.monitor(13_000, 9, B);
    story.fired_and_told(14_000, 9, 0, 1);
    story.violates("G2", "0 to 1 messages");
    story.down(5_000);
    story.is_innocent();
}

#[test]
fn what_a_kill_has_cut_off_is_no_record() {
    let mut findings = Vec::new();
    let text =
        format!("{{\"time\":1,\"event\":\"open\",\"port\":1,\"name\":\"{A}\",\"spawned\":true}}\n{{\"time\":2,\"eve");
    let records = crate::check::log::parse::<crate::check::log::Inner>("n1.1", text.as_bytes(), &mut findings);
    assert_eq!((records.len(), findings), (1, Vec::new()));
}
