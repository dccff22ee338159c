//! Two global nodes and a slave: `global-gB-gA`, where gB dialled, and `global-sC-gA`, where sC did.

use super::{
    check::check,
    global_differences::{DIFFERENT, GB, SC},
    lines::{Step, steps},
    stage::{Scene, Stage},
};
use crate::{
    base::tests::replay::Part::{Acceptor, Dialler},
    value::Value,
};

fn step<'s>(steps: &'s [Step], label: &str) -> Option<&'s Step> {
    steps.iter().find(|step| step.label == label)
}

#[test]
fn our_node_is_global_between_another_global_one_and_a_slave() {
    let mut stage = Stage::new("gA", Some("127.0.0.1:14140"), None, false);
    stage.set("echo", "gA#x3V7Q83prb", "perl");
    let [to_global, to_slave] = [GB, SC].map(|session| Scene { session, number: 1, ours: Acceptor });
    let (of_global, of_slave) = (steps(GB, 1), steps(SC, 1));
    let global = stage.connect(to_global);
    let mut said = stage.play(to_global, global, &of_global[0]);
    let slave = stage.connect(to_slave);
    let mut same = 0;
    for one in &of_global {
        if one.label == "4" {
            let now = stage.world.now;
            stage.world.nodes[0].kernel.db_set("fam", "k3", &Value::Null, now).unwrap();
        }
        if !one.label.is_empty() {
            said = stage.play(to_global, global, one);
        }
        if let Some(two) = step(&of_slave, &one.label) {
            let said = stage.play(to_slave, slave, two);
            same += check(to_slave, two, &said, &[], DIFFERENT);
        }
        if one.label == "20" {
            stage.hang_up(slave);
        }
        said.extend(stage.hear(to_global, global));
        same += check(to_global, one, &said, &[], DIFFERENT);
    }
    assert_eq!(same, 19);
}

#[test]
fn our_node_is_global_and_dials_another_global_one() {
    let mut stage = Stage::new("gB", Some("127.0.0.1:14150"), Some("127.0.0.1:14151"), true);
    stage.acts = true;
    stage.set("echo", "gB#x6WzhuT6Db", "perl");
    let scene = Scene { session: GB, number: 1, ours: Dialler };
    let connection = stage.connect(scene);
    let mut same = 0;
    for step in steps(GB, 1) {
        let said = stage.play(scene, connection, &step);
        same += check(scene, &step, &said, &[], DIFFERENT);
    }
    assert_eq!(same, 4);
}

#[test]
fn our_node_is_the_slave_of_a_global_one() {
    let mut stage = Stage::new("sC", Some("127.0.0.1:14160"), Some("127.0.0.1:14161"), false);
    stage.acts = true;
    stage.set("echo", "sC#x9Xhn197zb", "perl");
    let scene = Scene { session: SC, number: 1, ours: Dialler };
    let connection = stage.connect(scene);
    let mut same = 0;
    for step in steps(SC, 1) {
        let said = stage.play(scene, connection, &step);
        same += check(scene, &step, &said, &[], DIFFERENT);
    }
    let told: Vec<_> = stage.world.nodes[0].changes.iter().map(|(_, change)| in_short(change)).collect();
    assert_eq!(told, ["", "+k1", "+k2", "+k3", "*k1", "*k1", "-k1", "-k2", ""], "as the recorded slave was told");
    assert_eq!(stage.fired(), ["unreachable"], "there is no such node");
    assert_eq!(same, 5);
}

fn in_short(change: &crate::directory::Change) -> String {
    let added = change.added.iter().map(|(key, _)| format!("+{key}"));
    let changed = change.changed.iter().map(|(key, _)| format!("*{key}"));
    added.chain(changed).chain(change.removed.iter().map(|key| format!("-{key}"))).collect()
}
