//! Connections that are lost, or of which there are two: `guard-drop`, `half-open`, `switched-connections`.

use super::{
    super::{perl::wait, world::millis},
    check::{Different, check},
    lines::{Line, steps},
    stage::{Scene, Stage},
};
use crate::{base::tests::replay::Part::Acceptor, kernel::ConnectionId};

const DIFFERENT: &[Different] = &[Different {
    session: "switched-connections",
    number: 4,
    ours: Acceptor,
    step: "",
    why: "the recorded node did not live to answer",
    said: &[r#"["","g_global"]"#, r#"["me","pong",2]"#],
}];

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
    // The recorded peer came once more.
    stage.hang_up(second);
    let (third, same) = play(&mut stage, "guard-drop", 3);
    assert_eq!((same, stage.carries(third)), (2, true));
}

/// The original refuses its peer until the old connection is closed. Our node asks whether that lives.
#[test]
fn a_peer_that_comes_back_takes_the_place_of_its_dead_connection() {
    let mut stage = seed();
    let (old, same) = play(&mut stage, "half-open", 1);
    assert_eq!(same, 3);
    let mut new = stage.connect(Scene { session: "half-open-2", number: 1, ours: Acceptor });
    assert_eq!(words(&mut stage, "half-open", old), [QUESTION]);
    assert!(stage.carries(old) && !stage.carries(new));
    let probe = stage.world.timing.probe;
    wait(&mut stage.world, probe);
    assert!(stage.carries(new));
    assert_eq!(stage.fired(), ["unreachable"]);
    // The recorded peer had been refused, and came again, and again.
    for number in [2, 3] {
        stage.hang_up(new);
        new = stage.connect(Scene { session: "half-open-2", number, ours: Acceptor });
        assert!(stage.carries(new));
        assert_eq!(words(&mut stage, "half-open-2", new), [r#"["","g_global"]"#]);
    }
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

/// In the original the second one to finish wins, and is then lost itself.
#[test]
fn a_second_connection_takes_over_when_the_first_does_not_answer() {
    let mut stage = seed();
    stage.acts = false;
    stage.open_as("KmMHocUlab");
    let session = "switched-connections";
    let (first, same) = play(&mut stage, session, 3);
    assert_eq!(same, 1);
    let scene = Scene { session, number: 4, ours: Acceptor };
    let second = stage.connect(scene);
    assert_eq!(words(&mut stage, session, first), [QUESTION]);
    let probe = stage.world.timing.probe;
    wait(&mut stage.world, probe);
    assert!(stage.carries(second) && !stage.carries(first));
    let step = &steps(session, 4)[0];
    let said = stage.play(scene, second, step);
    check(scene, step, &said, &[], DIFFERENT);
    // Then another peer, of whose two connections the second one ends in its handshake.
    let (fifth, same) = play(&mut stage, session, 5);
    assert_eq!((same, stage.carries(fifth)), (1, true));
}
