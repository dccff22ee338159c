//! A node that is killed and comes back under its ID: `restart`.

use super::{
    check::{Different, check},
    lines::steps,
    stage::{Scene, Stage},
};
use crate::base::tests::replay::Part::{Acceptor, Dialler};

const LISTENER: &str = r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14442"]}}]"#;

const DIFFERENT: &[Different] = &[];

#[test]
fn our_node_sees_its_peer_come_back() {
    let mut stage = Stage::new("seedA", "127.0.0.1:14440", None, true);
    stage.acts = true;
    for number in [1, 2, 4] {
        let scene = Scene { session: "restart", number, ours: Acceptor };
        let connection = stage.connect(scene);
        for step in steps(scene.session, number) {
            let said = stage.play(scene, connection, &step);
            check(scene, &step, &said, &[], DIFFERENT);
        }
        stage.hang_up(connection);
        eprintln!("{:?}", stage.fired());
    }
    let _ = (Dialler, LISTENER);
}
