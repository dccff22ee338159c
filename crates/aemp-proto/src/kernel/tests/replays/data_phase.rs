//! Two nodes that do everything with each other: `data-phase-json` and `data-phase-cbor`.

use super::{
    super::{perl::wait, world::millis},
    check::{Different, Names, check},
    lines::steps,
    stage::{Scene, Stage},
};
use crate::base::tests::replay::Part::{self, Acceptor, Dialler};

struct Session {
    name: &'static str,
    /// The prefixes of the acceptor's ports, the dialler's, and those that the dialler made for the acceptor.
    names: &'static Names,
}

const SESSIONS: [Session; 2] = [
    Session { name: "data-phase-json", names: &[("YrqGOVApQ", "A."), ("YuqL7JbS9", "B."), ("GDef2bzyXC", "S.")] },
    Session { name: "data-phase-cbor", names: &[("Zx9a0FTx5", "A."), ("a29jXpzaS", "B."), ("aPMkSUOEGB", "S.")] },
];

/// In both sessions.
const DIFFERENT: &[(Part, u32, &str, &str, &[&str])] = &[
    (Acceptor, 1, "7", "the text of a reason is a text", &[r#"["","kil0","A.c","because","42",["x"]]"#]),
    (Acceptor, 1, "8", "a death is remembered with its reason", &[r#"["","kil0","A.c","because","42",["x"]]"#]),
    (Acceptor, 1, "14", "why a port could not be started is told", &[r#"["","kil0","S.e","die","init"]"#]),
    (Acceptor, 1, "15", "the same", &[r#"["","kil0","S.f","no_such_service","No::Such::func"]"#]),
    (Acceptor, 1, "16", "the words are free", &[r#"["","kil0","S.g","no_such_port","the node has no such port"]"#]),
    (Acceptor, 1, "20", "relays are not allowed unless somebody allows them", &[]),
    (Acceptor, 1, "24", "here it is the beginning of all time", &[r#"["B.k",0.0]"#]),
    (Acceptor, 1, "25", "programs of others are not run", &[]),
    (Acceptor, 1, "26", "programs of others are not run", &[]),
    (Acceptor, 1, "29", "programs of others are not run", &[]),
    (Dialler, 1, "", "once is enough; an address that is known is not asked for", REGISTERED),
    (Dialler, 2, "", "once is enough; an address that is known is not asked for", REGISTERED),
    (Dialler, 1, "7", "the text of a reason is a text", &[r#"["","kil1","A.c","because","42",["x"]]"#]),
    (Dialler, 2, "35", "a change has both parts", &[r#"["","g_upd","echo",{},["nodeB#B.b"]]"#]),
];

const REGISTERED: &[&str] =
    &[r#"["","g_slave"]"#, r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14142"]},"echo":{"nodeB#B.b":"perl"}}]"#];

/// In CBOR only.
const IN_CBOR: &[(Part, u32, &str, &str, &[&str])] = &[
    (Acceptor, 1, "32", "the recorded program died of a value that ours takes", &[]),
    (Acceptor, 1, "34", "so the port still lives", &[]),
    (Dialler, 1, "31", "infinities and what is no number are refused at the sender", &[]),
];

fn different(session: &Session) -> Vec<Different> {
    let in_cbor = if session.name == "data-phase-cbor" { IN_CBOR } else { &[] };
    let all = DIFFERENT.iter().chain(in_cbor);
    let different =
        |&(ours, number, step, why, said)| Different { session: session.name, number, ours, step, why, said };
    all.map(different).collect()
}

fn play(stage: &mut Stage, session: &Session, number: u32, ours: Part, different: &[Different]) -> usize {
    let scene = Scene { session: session.name, number, ours };
    let connection = stage.connect(scene);
    let mut same = 0;
    for step in steps(scene.session, number) {
        let said = stage.play(scene, connection, &step);
        same += check(scene, &step, &said, session.names, different);
    }
    stage.hang_up(connection);
    same
}

fn acceptor(session: &Session) -> Stage {
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14140"), None, true);
    for letter in "bcde".chars() {
        stage.open_as(&format!("{}{letter}", session.names[0].0));
    }
    stage
}

#[test]
fn our_node_answers_as_the_recorded_acceptor_did() {
    for session in &SESSIONS {
        let mut stage = acceptor(session);
        let same = [1, 2].map(|number| play(&mut stage, session, number, Acceptor, &different(session)));
        // Of what was to be shown, the relayed message did not come.
        let shown = if session.name == "data-phase-json" { 1 } else { 2 };
        assert_eq!((same, stage.shown.len()), ([15, 2], shown), "{}", session.name);
    }
}

#[test]
fn where_relays_are_allowed_they_are_as_recorded() {
    for session in &SESSIONS {
        let mut stage = acceptor(session);
        stage.world.nodes[0].kernel.settings.relay = true;
        let mut different = different(session);
        different.retain(|one| one.step != "20");
        assert_eq!(play(&mut stage, session, 1, Acceptor, &different), 16);
        assert_eq!(stage.shown[0][0].as_str(), Some("local there"));
    }
}

/// What those who watched were told in step 7 and later, and at the end of the connection. In CBOR a port died in step 32.
fn told(session: &Session) -> Vec<&'static str> {
    let before = ["because", "no_such_port", "die", "normal", "enough", "no_such_port", "no_such_port", "no_such_port"];
    let after: &[_] = match session.name {
        "data-phase-cbor" => &["die", "owner", "no_such_port", "unreachable"],
        _ => &["owner", "unreachable", "unreachable"],
    };
    [&before, after].concat()
}

#[test]
fn our_node_asks_as_the_recorded_dialler_did() {
    for session in &SESSIONS {
        let mut stage = Stage::new("nodeB", Some("127.0.0.1:14142"), Some("127.0.0.1:14141"), false);
        stage.acts = true;
        let prefix = session.names[1].0;
        stage.set("echo", &format!("nodeB#{prefix}b"), "perl");
        for letter in "bcijklmnop".chars() {
            stage.open_as(&format!("{prefix}{letter}"));
        }
        let first = play(&mut stage, session, 1, Dialler, &different(session));
        assert_eq!(stage.fired(), told(session), "{}", session.name);
        // Numbers that are none were to be sent in CBOR only.
        assert_eq!(stage.unreadable, usize::from(session.name == "data-phase-cbor"));
        wait(&mut stage.world, millis(10_000));
        let second = play(&mut stage, session, 2, Dialler, &different(session));
        let expected = if session.name == "data-phase-cbor" { 45 } else { 44 };
        assert_eq!((first, second), (expected, 0), "{}", session.name);
    }
}
