//! Connections that are lost, or of which there are two: `guard-drop`, `half-open`, `switched-connections`.

use super::{
    super::{perl::wait, world::millis},
    check::check,
    lines::{Line, steps},
    stage::{Scene, Stage},
};
use crate::{base::tests::replay::Part::Acceptor, kernel::ConnectionId};

const QUESTION: &str = r#"["","time","seedA","devnull"]"#;

fn seed() -> Stage {
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14140"), None, true);
    stage.acts = true;
    stage
}

fn play(stage: &mut Stage, session: &'static str, number: u32) -> (ConnectionId, usize) {
    let scene = Scene { session, number, ours: Acceptor };
    let connection = stage.connect(scene);
    let step = &steps(session, number)[0];
    let said = stage.play(scene, connection, step);
    (connection, check(scene, step, &said, &[], &[]))
}

fn words(stage: &mut Stage, session: &'static str, connection: ConnectionId) -> Vec<String> {
    let heard = stage.hear(Scene { session, number: 1, ours: Acceptor }, connection);
    heard.iter().map(Line::json).collect()
}

/// In the original the end of an old watch closes the new connection.
#[test]
fn the_end_of_a_watch_that_has_fired_does_nothing() {
    let mut stage = seed();
    let (first, same) = play(&mut stage, "guard-drop", 1);
    assert_eq!(same, 3);
    stage.hang_up(first);
    assert_eq!(stage.fired(), ["unreachable"]);
    let (second, same) = play(&mut stage, "guard-drop", 2);
    assert_eq!(same, 3);
    let watch = stage.watches["MecoLxoF4b"][0];
    stage.world.nodes[0].kernel.demonitor(watch);
    stage.world.outputs(0);
    assert!(stage.carries(second));
    assert_eq!(words(&mut stage, "guard-drop", second), [""; 0]);
}

/// The original refuses its peer until the old connection is closed. Our node asks whether that lives.
#[test]
fn a_peer_that_comes_back_takes_the_place_of_its_dead_connection() {
    let mut stage = seed();
    let (old, same) = play(&mut stage, "half-open", 1);
    assert_eq!(same, 3);
    let new = stage.connect(Scene { session: "half-open-2", number: 1, ours: Acceptor });
    assert_eq!(words(&mut stage, "half-open", old), [QUESTION]);
    assert!(stage.carries(old) && !stage.carries(new));
    wait(&mut stage.world, millis(10_000));
    assert!(stage.carries(new));
    assert_eq!(stage.fired(), ["unreachable"]);
}

/// The original gives the living connection up, and all that was watched.
#[test]
fn a_second_connection_takes_nothing_from_one_that_lives() {
    let mut stage = seed();
    stage.acts = false;
    stage.open_as("KmMHocUlab");
    let now = stage.world.now;
    let first = Scene { session: "switched-connections", number: 1, ours: Acceptor };
    let living = stage.connect(first);
    let step = &steps(first.session, 1)[0];
    let mut said = stage.play(first, living, step);
    stage.world.nodes[0].kernel.monitor(&"py1#me".parse().unwrap(), now);
    said.extend(stage.hear(first, living));
    assert_eq!(check(first, step, &said, &[], &[]), 3);
    let second = stage.connect(Scene { number: 2, ..first });
    assert_eq!(words(&mut stage, first.session, living), [QUESTION]);
    stage.feed(living, br#"["","devnull",1]"#);
    wait(&mut stage.world, millis(1_000));
    assert!(stage.carries(living) && !stage.carries(second));
    assert_eq!(stage.fired(), [""; 0]);
}
