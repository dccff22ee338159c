//! Two global nodes and a slave: `global-gB-gA`, where `>` is from gB, and `global-sC-gA`, where it is from sC.

use super::{
    check::{Different, check},
    lines::steps,
    stage::{Scene, Stage},
};
use crate::{
    base::tests::replay::Part::{Acceptor, Dialler},
    value::Value,
};

const GB: &str = "global-gB-gA";
const SC: &str = "global-sC-gA";
const DIFFERENT: &[Different] = &[];

#[test]
fn our_node_as_ga() {
    let mut stage = Stage::new("gA", "127.0.0.1:14140", None, false);
    let now = stage.world.now;
    stage.world.nodes[0].kernel.db_set("echo", "gA#x3V7Q83prb", &"perl".into(), now).unwrap();
    let scenes = [GB, SC].map(|session| Scene { session, number: 1, ours: Acceptor });
    let gb = stage.connect(scenes[0]);
    let (gb_steps, sc_steps) = (steps(GB, 1), steps(SC, 1));
    let said = stage.play(scenes[0], gb, &gb_steps[0]);
    report(scenes[0], &gb_steps[0], &said);
    let sc = stage.connect(scenes[1]);
    for (a, b) in gb_steps.iter().zip(&sc_steps) {
        if a.label == "4" {
            stage.world.nodes[0].kernel.db_set("fam", "k3", &Value::Null, now).unwrap();
        }
        let mut said = Vec::new();
        if !a.label.is_empty() {
            said = stage.play(scenes[0], gb, a);
        }
        let said_c = stage.play(scenes[1], sc, b);
        said.extend(stage.hear(scenes[0], gb));
        report(scenes[0], a, &said);
        report(scenes[1], b, &said_c);
    }
    let last: Vec<_> = gb_steps[21..].iter().collect();
    stage.hang_up(sc);
    let said = stage.hear(scenes[0], gb);
    eprintln!("{:?}", said.iter().map(|l| l.json()).collect::<Vec<_>>());
    let _ = last;
}

fn report(scene: Scene, step: &super::lines::Step, said: &[super::lines::Line]) {
    let result = std::panic::catch_unwind(|| check(scene, step, said, &[], DIFFERENT));
    eprintln!("{:?}", result.is_ok());
}

#[test]
fn our_node_as_gb() {
    let mut stage = Stage::new("gB", "127.0.0.1:14150", Some("127.0.0.1:14151"), true);
    stage.acts = true;
    let now = stage.world.now;
    stage.world.nodes[0].kernel.db_set("echo", "gB#x6WzhuT6Db", &"perl".into(), now).unwrap();
    let scene = Scene { session: GB, number: 1, ours: Dialler };
    let connection = stage.connect(scene);
    for step in steps(GB, 1) {
        let said = stage.play(scene, connection, &step);
        report(scene, &step, &said);
    }
}

#[test]
fn our_node_as_sc() {
    let mut stage = Stage::new("sC", "127.0.0.1:14160", Some("127.0.0.1:14161"), false);
    stage.acts = true;
    let now = stage.world.now;
    stage.world.nodes[0].kernel.db_set("echo", "sC#x9Xhn197zb", &"perl".into(), now).unwrap();
    let scene = Scene { session: SC, number: 1, ours: Dialler };
    let connection = stage.connect(scene);
    for step in steps(SC, 1) {
        let said = stage.play(scene, connection, &step);
        report(scene, &step, &said);
    }
    eprintln!("{:?}", stage.world.nodes[0].changes);
}
