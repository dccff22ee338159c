//! What our kernel said against what was recorded.

use super::{
    lines::{Line, Step, framing},
    stage::Scene,
};
use crate::base::tests::replay::Part;

/// A step in which our side does not say what was recorded, and why.
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

fn general(names: &Names, line: &Line) -> String {
    names.iter().fold(line.json(), |json, (name, general)| json.replace(name, general))
}

/// How many messages were those that were recorded.
pub(super) fn check(scene: Scene, step: &Step, said: &[Line], names: &Names, different: &[Different]) -> usize {
    let Scene { session, number, ours } = scene;
    let recorded: Vec<_> = step.lines.iter().filter(|line| line.by == ours && !line.is_mark()).collect();
    let framing = framing(session, number, ours);
    let mut octets: Vec<_> = said.iter().map(|line| line.canonical(framing)).collect();
    let mut recorded_octets: Vec<_> = recorded.iter().map(|line| line.canonical(framing)).collect();
    // Those to different ports may come in any order, and those to the node port are all independent here.
    octets.sort();
    recorded_octets.sort();
    let is_different =
        |one: &&Different| (one.session, one.number, one.ours, one.step) == (session, number, ours, &step.label[..]);
    let words = |lines: &[&Line]| lines.iter().map(|line| general(names, line)).collect::<Vec<_>>();
    let said_words = words(&said.iter().collect::<Vec<_>>());
    match different.iter().find(is_different) {
        Some(one) => {
            assert_eq!(said_words, one.said, "{session} {number} {ours:?} {:?}: {}", step.label, one.why);
            assert_ne!(octets, recorded_octets, "{session} {number} {ours:?} {:?} is as recorded", step.label);
            0
        }
        None => {
            let recorded = words(&recorded);
            assert_eq!(
                octets, recorded_octets,
                "{session} {number} {ours:?} {:?}: {said_words:#?} for {recorded:#?}",
                step.label
            );
            octets.len()
        }
    }
}
