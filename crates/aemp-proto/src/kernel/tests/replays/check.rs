//! What our kernel said against what was recorded.

use super::{
    lines::{Line, Step},
    stage::Scene,
};
use crate::base::tests::replay::Part;

/// A step in which our side does not say what was recorded.
pub(super) struct Different {
    pub(super) session: &'static str,
    pub(super) number: u32,
    pub(super) ours: Part,
    pub(super) step: &'static str,
    pub(super) why: &'static str,
    /// What it says, in JSON with the keys in order and with general names.
    pub(super) said: &'static [&'static str],
}

/// Names that differ from recording to recording, and general ones for them.
pub(super) type Names = [(&'static str, &'static str)];

fn words<'l>(names: &Names, lines: impl Iterator<Item = &'l Line>) -> Vec<String> {
    lines.map(|line| names.iter().fold(line.json(), |json, (name, general)| json.replace(name, general))).collect()
}

fn octets<'l>(lines: impl Iterator<Item = &'l Line>) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = lines.map(Line::canonical).collect();
    // Within a step the messages are independent of each other.
    all.sort();
    all
}

/// Compares all that was said in a step. How many messages were those that were recorded?
pub(super) fn check(scene: Scene, step: &Step, said: &[Line], names: &Names, different: &[Different]) -> usize {
    let Scene { session, number, ours } = scene;
    let recorded = || step.lines.iter().filter(|line| line.by == ours && !line.is_mark());
    let is_this =
        |one: &&Different| (one.session, one.number, one.ours, one.step) == (session, number, ours, &step.label[..]);
    let (words_said, is_same) = (words(names, said.iter()), octets(said.iter()) == octets(recorded()));
    let place = format!("{session} {number} {ours:?} {:?}", step.label);
    if let Some(one) = different.iter().find(is_this) {
        assert_eq!(words_said, one.said, "{place}: {}", one.why);
        assert!(!is_same, "{place} is as recorded");
        return 0;
    }
    assert!(is_same, "{place}: {words_said:#?} for {:#?}", words(names, recorded()));
    said.len()
}
