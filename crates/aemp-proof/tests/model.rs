//! The model is honest: its bounds are reached, production is clean within them, and what is planted is found.

use std::process::{Command, Output};

fn model(options: &[&str]) -> (bool, String) {
    let command = Command::new(env!("CARGO_BIN_EXE_aemp-proof")).arg("model").args(options).output();
    let Output { status, stdout, .. } = command.expect("the binary runs");
    (status.success(), String::from_utf8(stdout).expect("it prints text"))
}

fn count_before(text: &str, what: &str) -> usize {
    let before = text.split(what).next().and_then(|before| before.split_whitespace().last());
    before.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no count of {what} in: {text}"))
}

#[test]
fn a_tiny_configuration_of_the_production_code_is_clean() {
    let (is_good, text) = model(&["--config", "shared"]);
    assert!(is_good, "{text}");
    assert!(text.contains("2 time-outs"), "{text}");
    assert!(count_before(&text, " states") > 100, "{text}");
    assert!(count_before(&text, " at rest") > 10, "{text}");
    assert_eq!(count_before(&text, " violations"), 0);
}

#[test]
fn a_forgotten_kill_is_found_and_its_story_told() {
    let (is_good, text) = model(&["--mutants", "--only", "kill-forgotten"]);
    assert!(is_good, "{text}");
    assert!(text.contains("FAULT: A has waited for the session time-out"), "{text}");
    assert!(text.contains("G3: Q was killed by A, and lives on"), "{text}");
}

#[test]
fn a_lesser_protocol_breaks_every_guarantee_that_it_is_looked_at_for() {
    let (is_good, text) = model(&["--mutants", "--only", "delivered-after-reconnect"]);
    assert!(is_good, "{text}");
    for guarantee in ["G1", "G2", "G3"] {
        assert!(text.contains(&format!("102 delivered-after-reconnect: {guarantee} after")), "{text}");
    }
}

#[test]
fn an_unknown_name_is_refused() {
    assert!(!model(&["--config", "no-such-configuration"]).0);
    assert!(!model(&["--mutants", "--only", "no-such-bug"]).0);
}
