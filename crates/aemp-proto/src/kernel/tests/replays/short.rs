//! Short sessions: `handshake-hmac-json` and `-cbor` with one message of many types, `handshake-cleartext`, and `dataconn-2.02`.

use super::{
    check::{Different, check},
    lines::steps,
    stage::{Scene, Stage},
};
use crate::base::tests::replay::Part::{self, Acceptor, Dialler};

const fn differs(session: &'static str, ours: Part, why: &'static str, said: &'static [&'static str]) -> Different {
    Different { session, number: 1, ours, step: "", why, said }
}

const ONCE: &str = "once is enough; an address that is known is not asked for; a change has both parts";

const DIFFERENT: &[Different] = &[
    differs(
        "handshake-hmac-json",
        Dialler,
        ONCE,
        &[
            r#"["","g_slave"]"#,
            r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14142"]},"echo":{"nodeB#jJNOABKgXb":"perl"}}]"#,
            r#"["jGNJliulKb","show","a string",1,-5,2.5,1e+300,300,70000,1099511627776,null,true,false,[1,[2]],{"k":"v"},"hé","€",""]"#,
            r#"["","g_upd","echo",{},["nodeB#jJNOABKgXb"]]"#,
        ],
    ),
    differs(
        "handshake-hmac-cbor",
        Dialler,
        ONCE,
        &[
            r#"["","g_slave"]"#,
            r#"["","g_slave",{"'l":{"nodeB":["127.0.0.1:14142"]},"echo":{"nodeB#jBL55crP9b":"perl"}}]"#,
            r#"["j8L0VtYfkb","show","a string",1,-5,2.5,1e+300,300,70000,1099511627776,null,true,false,[1,[2]],{"k":"v"},"hé","€",""]"#,
            r#"["","g_upd","echo",{},["nodeB#jBL55crP9b"]]"#,
        ],
    ),
    differs(
        "dataconn-2.02",
        Acceptor,
        "there are no data connections, and no relays",
        &[r#"["","g_global"]"#, r#"["","g_found","seedA",["127.0.0.1:14440"]]"#],
    ),
];

fn play(stage: &mut Stage, session: &'static str, ours: Part) -> usize {
    let scene = Scene { session, number: 1, ours };
    let connection = stage.connect(scene);
    let step = &steps(session, 1)[0];
    let heard = stage.play(scene, connection, step);
    check(scene, step, &heard, &[], DIFFERENT)
}

#[test]
fn our_node_answers_in_short_sessions() {
    let sessions = [
        ("handshake-hmac-json", "jGNJliulKb"),
        ("handshake-hmac-cbor", "j8L0VtYfkb"),
        ("handshake-cleartext", "GK654FPP2b"),
    ];
    for (session, port) in sessions {
        let mut stage = Stage::new("seedA", Some("127.0.0.1:14140"), None, true);
        stage.open_as(port);
        assert_eq!((play(&mut stage, session, Acceptor), session), (2, session));
        let values = stage.shown.first().map(Vec::len);
        assert_eq!(values, (session != "handshake-cleartext").then_some(16), "{session}");
    }
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14440"), None, true);
    play(&mut stage, "dataconn-2.02", Acceptor);
}

#[test]
fn our_node_asks_in_short_sessions() {
    for (session, echo) in [("handshake-hmac-json", "jJNOABKgXb"), ("handshake-hmac-cbor", "jBL55crP9b")] {
        let mut stage = Stage::new("nodeB", Some("127.0.0.1:14142"), Some("127.0.0.1:14141"), false);
        stage.acts = true;
        stage.set("echo", &format!("nodeB#{echo}"), "perl");
        play(&mut stage, session, Dialler);
    }
}
