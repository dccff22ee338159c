//! A node that is killed and comes back under its ID, then the same with its seed: `restart`.

use super::{
    super::{perl::wait, world::millis},
    check::{Different, check},
    lines::steps,
    stage::{Scene, Stage},
};
use crate::base::tests::replay::Part::{self, Acceptor, Dialler};

const fn differs(number: u32, why: &'static str, said: &'static [&'static str]) -> Different {
    Different { session: "restart", number, ours: Dialler, step: "", why, said }
}

const DIFFERENT: &[Different] = &[
    differs(
        1,
        "once is enough; an address that is known is not asked for",
        &[
            r#"["","g_slave"]"#,
            r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14442"]},"echo":{"nodeB#NYp5bl04Jb":"perl"}}]"#,
        ],
    ),
    differs(
        2,
        "the same, and the words of a reason are free",
        &[
            r#"["","g_slave"]"#,
            r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14442"]},"echo":{"nodeB#NbtIVE56jb":"perl"}}]"#,
            r#"["","kil0","NYp5bl04Jb","no_such_port","the node has no such port"]"#,
        ],
    ),
    differs(
        4,
        "the same, and a change has both parts",
        &[
            r#"["","g_slave"]"#,
            r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14442"]},"echo":{"nodeB#NbtIVE56jb":"perl"}}]"#,
            r#"["","g_upd","echo",{},["nodeB#NbtIVE56jb"]]"#,
        ],
    ),
];

fn play(stage: &mut Stage, number: u32, ours: Part) -> usize {
    let scene = Scene { session: "restart", number, ours };
    let connection = stage.connect(scene);
    let step = &steps(scene.session, number)[0];
    let said = stage.play(scene, connection, step);
    stage.hang_up(connection);
    check(scene, step, &said, &[], DIFFERENT)
}

#[test]
fn our_node_sees_its_peer_come_back() {
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14440"), None, true);
    stage.acts = true;
    assert_eq!(play(&mut stage, 1, Acceptor), 3);
    assert_eq!(stage.fired(), ["unreachable"]);
    // The old port is not there any more.
    assert_eq!(play(&mut stage, 2, Acceptor), 4);
    assert_eq!(stage.fired(), ["no_such_port"]);
    // Then the seed itself is another process.
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14440"), None, true);
    assert_eq!(play(&mut stage, 4, Acceptor), 2);
}

fn node_b(port: &str) -> Stage {
    let mut stage = Stage::new("nodeB", Some("127.0.0.1:14442"), Some("127.0.0.1:14441"), false);
    stage.acts = true;
    stage.open_as(port);
    stage.set("echo", &format!("nodeB#{port}"), "perl");
    stage
}

#[test]
fn our_node_comes_back() {
    play(&mut node_b("NYp5bl04Jb"), 1, Dialler);
    let mut stage = node_b("NbtIVE56jb");
    play(&mut stage, 2, Dialler);
    assert!(stage.shown.is_empty(), "what was for the port of before reaches nobody");
    wait(&mut stage.world, millis(10_000));
    play(&mut stage, 4, Dialler);
}
