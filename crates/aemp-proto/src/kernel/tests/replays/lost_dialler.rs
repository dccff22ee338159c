//! The sessions of `lost`, our node being the one that dials.

use super::{
    super::{perl::wait, world::millis},
    check::{Different, check},
    lines::{Line, steps},
    stage::{Scene, Stage},
};
use crate::{
    base::tests::replay::Part::Dialler,
    id::{Address, PortKind, PortNumber},
    kernel::{ConnectionId, DialFailure},
};

const fn differs(session: &'static str, number: u32, said: &'static [&'static str]) -> Different {
    let why = "once is enough; an address that is known is not asked for; a change has both parts";
    Different { session, number, ours: Dialler, step: "", why, said }
}

const HELLO: &str = r#"["","g_slave"]"#;
const ENTRIES: &str = r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14142"]},"echo":{"nodeB#MecoLxoF4b":"perl"}}]"#;
const OF_THE_OTHER: &str = r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14142"]},"echo":{"nodeB#LDQL1Py2rb":"perl"}}]"#;

const DIFFERENT: &[Different] = &[
    differs("guard-drop", 1, &[HELLO, ENTRIES]),
    differs("guard-drop", 2, &[HELLO, ENTRIES]),
    differs("guard-drop", 3, &[HELLO, ENTRIES, r#"["","g_upd","echo",{},["nodeB#MecoLxoF4b"]]"#]),
    differs("half-open", 1, &[HELLO, OF_THE_OTHER]),
];

fn node_b(address: &str, port: &str) -> Stage {
    let mut stage = Stage::new("nodeB", Some(address), Some("127.0.0.1:14141"), false);
    stage.acts = true;
    stage.open_as(port);
    stage.set("echo", &format!("nodeB#{port}"), "perl");
    stage
}

fn play(stage: &mut Stage, scene: Scene) -> (ConnectionId, usize) {
    let connection = stage.connect(scene);
    let step = &steps(scene.session, scene.number)[0];
    let said = stage.play(scene, connection, step);
    (connection, check(scene, step, &said, &[], DIFFERENT))
}

/// Where it dials now.
fn dials(stage: &Stage) -> Vec<String> {
    stage.world.nodes[0].held.iter().map(|(_, _, address)| address.to_string()).collect()
}

/// Closes the connection in its handshake.
fn refuse(stage: &mut Stage) {
    let (dial, ..) = stage.world.nodes[0].held.remove(0);
    let (now, closed) = (stage.world.now, DialFailure::Unreachable("closed in the handshake".to_owned()));
    stage.world.nodes[0].kernel.dial_failed(dial, closed, now);
    stage.world.outputs(0);
}

/// In the original the other side closes the second connection without a reason.
#[test]
fn our_node_comes_back_whoever_closed_its_connection() {
    let mut stage = node_b("127.0.0.1:14142", "MecoLxoF4b");
    stage.open_as("MecoLxoF4c");
    for number in [1, 2, 3] {
        let (connection, _) = play(&mut stage, Scene { session: "guard-drop", number, ours: Dialler });
        assert!(stage.carries(connection), "{number}");
        stage.hang_up(connection);
        wait(&mut stage.world, millis(1_000));
        assert_eq!(dials(&stage), ["127.0.0.1:14141"], "{number}");
    }
}

/// The original waits until TCP gives up.
#[test]
fn our_node_gives_a_silent_seed_up_and_dials_it_for_ever() {
    let mut stage = node_b("127.0.0.1:14142", "LDQL1Py2rb");
    let scene = Scene { session: "half-open", number: 1, ours: Dialler };
    let (connection, _) = play(&mut stage, scene);
    let heartbeat = stage.world.timing.heartbeat;
    for _ in 1..3 {
        wait(&mut stage.world, heartbeat);
        let said = stage.hear(scene, connection);
        assert_eq!(said.iter().map(Line::json).collect::<Vec<_>>(), [r#"["","time","nodeB","devnull"]"#]);
        assert!(stage.carries(connection));
    }
    wait(&mut stage.world, heartbeat);
    assert!(!stage.carries(connection));
    // The other process of half-open-2 is refused until the seed is back. It waits longer each time.
    let mut pauses = Vec::new();
    for _ in 1..=3 {
        let since = stage.world.now;
        while dials(&stage).is_empty() {
            wait(&mut stage.world, millis(1));
        }
        assert_eq!(dials(&stage), ["127.0.0.1:14141"]);
        pauses.push(stage.world.now.since(since));
        refuse(&mut stage);
    }
    assert!(pauses[0] < pauses[1] && pauses[1] < pauses[2], "{pauses:?}");
}

/// A node that looks names up twice at the address of its peer: so it does not know whom it meets there, and dials twice.
fn dialling_twice(node: &str) -> Stage {
    let mut stage = Stage::new(node, None, None, false);
    let seed: Address = "127.0.0.1:14140".parse().unwrap();
    stage.acts = true;
    stage.open_as("me");
    for number in [1, 2] {
        let number = PortNumber::counted(number, PortKind::Reply).unwrap();
        stage.world.nodes[0].kernel.find(&seed, "echo", number);
    }
    stage.world.outputs(0);
    stage
}

const fn switched(number: u32) -> Scene {
    Scene { session: "switched-connections", number, ours: Dialler }
}

/// The original keeps the second of two connections that were authenticated at once.
#[test]
fn our_node_goes_on_with_the_connection_that_its_peer_keeps() {
    for (node, numbers) in [("py1", [1, 2]), ("py2", [3, 4])] {
        let mut stage = dialling_twice(node);
        let [first, second] = numbers.map(switched);
        let (old, before) = play(&mut stage, first);
        let new = stage.connect(second);
        assert!(stage.carries(old) && !stage.carries(new));
        stage.hang_up(old);
        assert!(stage.carries(new));
        let step = &steps(second.session, second.number)[0];
        let said = stage.play(second, new, step);
        let after = check(second, step, &said, &[], &[]);
        assert_eq!([before, after], [usize::from(node == "py1"), 1]);
        assert_eq!(stage.shown.len(), 2 * before, "both pongs, if the first was asked for");
    }
}

/// The sixth connection of that session was closed in its handshake, because the fifth lived.
#[test]
fn a_second_connection_that_is_refused_is_no_harm() {
    let mut stage = dialling_twice("py3");
    let (connection, _) = play(&mut stage, switched(5));
    refuse(&mut stage);
    wait(&mut stage.world, millis(1_000));
    assert!(stage.carries(connection) && dials(&stage).is_empty());
    let ends: Vec<_> = stage.world.nodes[0].answers.iter().map(|(_, end)| end.is_err()).collect();
    assert_eq!(ends, [true, true], "both look-ups ended");
}
