//! Clients that are no nodes of Perl: `cbor-text-strings` and `holes-decode`, and a node without listeners: `no-listener`.

use super::{
    super::perl::established,
    check::{Different, check},
    lines::{said, steps},
    stage::{Scene, Stage},
};
use crate::{
    base::{
        Framing,
        tests::replay::Part::{Acceptor, Dialler},
    },
    reason::Reason,
};

const TEXTS: &[Different] = &[Different {
    session: "cbor-text-strings",
    number: 1,
    ours: Acceptor,
    step: "",
    why: "here it is the beginning of all time",
    said: &[
        r#"["","g_global"]"#,
        r#"["t",0.0]"#,
        r#"["me","pong","hé",1]"#,
        r#"["","g_chg1","fam",{"k":"v"}]"#,
        r#"["","g_reply","q1",{"py1":["127.0.0.1:1"],"seedA":["127.0.0.1:14640"]}]"#,
        r#"["","kil0","IEub6INVOb","dead"]"#,
    ],
}];

#[test]
fn a_client_that_knows_texts_only_is_answered() {
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14640"), None, true);
    let port = stage.open_as("IEub6INVOb");
    let scene = Scene { session: "cbor-text-strings", number: 1, ours: Acceptor };
    let connection = stage.connect(scene);
    let step = &steps(scene.session, 1)[0];
    let mut heard = stage.play(scene, connection, step);
    stage.close(port, Reason::new("dead", ""));
    heard.extend(stage.hear(scene, connection));
    check(scene, step, &heard, &[], TEXTS);
}

/// Those with octets that are no message. The original goes on and loses what comes behind them.
const MALFORMED: [u32; 5] = [1, 2, 3, 4, 5];

#[test]
fn messages_of_wrong_types_harm_nobody() {
    let mut answers = 0;
    for number in 1..=25 {
        let mut stage = Stage::new("seedA", Some("127.0.0.1:14140"), None, true);
        stage.open_as("g1ILO2Qz3b");
        let scene = Scene { session: "holes-decode", number, ours: Acceptor };
        let connection = stage.connect(scene);
        stage.feed(connection, &said(scene.session, number, Dialler));
        let heard = stage.hear(scene, connection);
        assert_eq!(stage.closed, MALFORMED.contains(&number), "{number}");
        if !stage.closed {
            answers += check(scene, &steps(scene.session, number)[0], &heard, &[], &[]);
        }
    }
    assert_eq!(answers, 20 * 4);
}

#[test]
fn a_node_without_listeners_is_told_where_others_listen() {
    let mut stage = Stage::new("seedA", Some("127.0.0.1:14440"), None, true);
    let now = stage.world.now;
    let other = stage.world.nodes[0].kernel.attach_base(&established("nodeC", Framing::Json), None, now);
    stage.feed(other, br#"["","g_slave",{"'l":{"nodeC":["127.0.0.1:14460"]}}]"#);
    let scene = Scene { session: "no-listener", number: 1, ours: Acceptor };
    let connection = stage.connect(scene);
    let step = &steps(scene.session, 1)[0];
    let heard = stage.play(scene, connection, step);
    assert_eq!(check(scene, step, &heard, &[], &[]), 3);
}

const UNREACHABLE: &[Different] = &[Different {
    session: "no-listener",
    number: 1,
    ours: Dialler,
    step: "",
    why: "once is enough; an address that is known is not asked for; a change has both parts",
    said: &[
        r#"["","g_slave"]"#,
        r#"["","g_slave",{"'l":{"nodeB":[]},"echo":{"nodeB#Np2yN6iIpb":"perl"}}]"#,
        r#"["","g_find","nodeC"]"#,
        r#"["","g_upd","echo",{},["nodeB#Np2yN6iIpb"]]"#,
    ],
}];

#[test]
fn our_node_without_listeners_finds_others() {
    let mut stage = Stage::new("nodeB", None, Some("127.0.0.1:14441"), false);
    stage.acts = true;
    stage.set("echo", "nodeB#Np2yN6iIpb", "perl");
    let scene = Scene { session: "no-listener", number: 1, ours: Dialler };
    let connection = stage.connect(scene);
    let step = &steps(scene.session, 1)[0];
    let heard = stage.play(scene, connection, step);
    check(scene, step, &heard, &[], UNREACHABLE);
    let [(_, _, address)] = &stage.world.nodes[0].held[..] else { panic!() };
    assert_eq!(address.to_string(), "127.0.0.1:14460", "where the other node listens");
}
