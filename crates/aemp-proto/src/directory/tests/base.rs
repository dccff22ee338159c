//! Base peers in either role, with messages as nodes of AnyEvent::MP 2.02 were recorded to send them.

use super::network::settings;
use crate::{
    directory::{Action, Change, Directory, Form, Query},
    id::{NodeId, PortKind, PortNumber},
    limits::Limits,
    message::{Message, json},
    time::Time,
    value::Value,
};

/// A native node `n0`, whose peers are base peers.
struct Native(Directory);

fn node(name: &str) -> NodeId {
    name.parse().unwrap()
}

impl Native {
    fn new(global: bool, seeds: &[usize]) -> Self {
        let mut settings = settings(0, seeds);
        settings.global = global;
        let mut native = Self(Directory::new(&settings));
        native.said();
        native
    }

    fn up(&mut self, peer: &str) {
        self.0.up(&node(peer), Form::Base, Time::ZERO);
    }

    /// The peer sends this to the node port.
    fn hear(&mut self, peer: &str, text: &str) -> Result<(), String> {
        let Value::Array(mut elements) = json::parse(text, &Limits::default()).unwrap() else { panic!("no array") };
        let tag = elements.remove(0);
        let heard = self.0.receive_base(&node(peer), tag.as_str().unwrap(), elements, Time::ZERO);
        heard.map_err(|refusal| refusal.to_string())
    }

    /// What it does, with what it sends as JSON behind the name of the peer.
    fn did(&mut self) -> (Vec<String>, Vec<Action>) {
        let (mut said, mut done) = (Vec::new(), Vec::new());
        while let Some(action) = self.0.next_action() {
            match action {
                Action::SendBase { to, message: Message(elements) } => {
                    said.push(format!("{to} {}", json::to_text(&Value::Array(elements)).unwrap()));
                }
                Action::Send { .. } => panic!("a base peer is told something that it does not understand"),
                other => done.push(other),
            }
        }
        (said, done)
    }

    fn said(&mut self) -> Vec<String> {
        self.did().0
    }
}

#[test]
fn a_base_slave_of_a_native_node_is_answered_as_a_base_node_would() {
    let mut native = Native::new(false, &[]);
    native.up("sC");
    native.hear("sC", r#"["g_slave"]"#).unwrap();
    assert_eq!(native.said(), [r#"sC ["g_global"]"#]);
    let part = r##"["g_slave",{"echo":{"sC#x9":"perl"},"'l":{"sC":["127.0.0.1:14160"]}}]"##;
    native.hear("sC", part).unwrap();
    native.hear("sC", r#"["g_find","n0"]"#).unwrap();
    native.hear("sC", r#"["g_find","unknown"]"#).unwrap();
    assert_eq!(native.said(), [r#"sC ["g_found","n0",["10.0.0.1:1"]]"#, r#"sC ["g_found","unknown",null]"#]);
    native.hear("sC", r#"["g_mon1","fam"]"#).unwrap();
    native.hear("sC", r#"["g_upd","fam",{"k1":"v1"}]"#).unwrap();
    native.0.set("fam", "k3", &Value::Null, Time::ZERO).unwrap();
    native.hear("sC", r#"["g_upd","fam",null,["k1"]]"#).unwrap();
    let told = [
        r#"sC ["g_chg1","fam",{}]"#,
        r#"sC ["g_chg2","fam",{"k1":"v1"},[]]"#,
        r#"sC ["g_chg2","fam",{"k3":null},[]]"#,
        r#"sC ["g_chg2","fam",{},["k1"]]"#,
    ];
    assert_eq!(native.said(), told);
    native.hear("sC", r#"["g_db_family","fam","b"]"#).unwrap();
    native.hear("sC", r#"["g_db_keys","echo","c"]"#).unwrap();
    native.hear("sC", r#"["g_db_values","fam","d"]"#).unwrap();
    let replies =
        [r#"sC ["g_reply","b",{"k3":null}]"#, r#"sC ["g_reply","c",["sC#x9"]]"#, r#"sC ["g_reply","d",[null]]"#];
    assert_eq!(native.said(), replies);
}

#[test]
fn a_base_global_node_and_a_native_one_tell_each_other_their_parts() {
    let mut native = Native::new(true, &[]);
    native.0.set("fam", "mine", &1.into(), Time::ZERO).unwrap();
    native.up("gB");
    native.hear("gB", r#"["g_slave"]"#).unwrap();
    native.hear("gB", r#"["g_global"]"#).unwrap();
    let set = r#"gB ["g_set",{"'g":{"n0":null},"'l":{"n0":["10.0.0.1:1"]},"fam":{"mine":1}}]"#;
    assert_eq!(native.said(), [r#"gB ["g_global"]"#, set]);
    native.hear("gB", r#"["g_upd","'g",{"n0":null},[]]"#).unwrap();
    native
        .hear("gB", r#"["g_set",{"fam":{"its":2},"'g":{"n0":null,"gB":null},"'l":{"gB":["127.0.0.1:14150"]}}]"#)
        .unwrap();
    let told = [r#"gB ["g_upd","'l",{"gB":["127.0.0.1:14150"]},[]]"#, r#"gB ["g_upd","'g",{"gB":null},[]]"#];
    assert_eq!(native.said(), told);
    native.0.set("fam", "k2", &2.into(), Time::ZERO).unwrap();
    native.0.remove("fam", "mine", Time::ZERO).unwrap();
    assert_eq!(native.said(), [r#"gB ["g_upd","fam",{"k2":2},[]]"#, r#"gB ["g_upd","fam",{},["mine"]]"#]);
    native.hear("gB", r#"["g_upd","fam",{"other":3},["its"]]"#).unwrap();
    let watch = native.0.watch("fam", Time::ZERO).unwrap();
    let added = vec![("k2".to_owned(), 2.into()), ("other".to_owned(), 3.into())];
    let change = Change { added, ..Change::default() };
    assert_eq!(native.did(), (Vec::new(), vec![Action::Changed { watch, change }]));
}

#[test]
fn what_a_base_global_node_is_told_of_a_key_is_what_all_slaves_have_together() {
    let mut native = Native::new(true, &[]);
    for peer in ["gB", "s1", "s2"] {
        native.up(peer);
    }
    native.hear("gB", r#"["g_global"]"#).unwrap();
    native.hear("s1", r#"["g_slave",{"fam":{"k":1}}]"#).unwrap();
    native.hear("s2", r#"["g_slave",{"fam":{"k":2}}]"#).unwrap();
    native.said();
    native.hear("s2", r#"["g_upd","fam",null,["k"]]"#).unwrap();
    assert_eq!(native.said(), [r#"gB ["g_upd","fam",{"k":1},[]]"#]);
    native.0.lost(&node("s1"), Time::ZERO);
    assert_eq!(native.said(), [r#"gB ["g_upd","fam",{},["k"]]"#]);
}

#[test]
fn a_native_slave_of_a_base_node_speaks_as_a_base_node_would() {
    let mut native = Native::new(false, &[1]);
    let watch = native.0.watch("fam", Time::ZERO).unwrap();
    let number = PortNumber::counted(3, PortKind::Reply).unwrap();
    native.0.read(&Query::Keys("fam".into()), number, Time::ZERO);
    let seed = super::network::address(1);
    native.0.dialled(&seed, &crate::directory::Reached::Node(node("gA")), Time::ZERO);
    native.up("gA");
    let id = number.to_bits();
    let said = [
        r#"gA ["g_slave"]"#.to_owned(),
        r#"gA ["g_slave",{"'l":{"n0":["10.0.0.1:1"]}}]"#.to_owned(),
        r#"gA ["g_mon1","fam"]"#.to_owned(),
        format!(r#"gA ["g_db_keys","fam","{id}"]"#),
    ];
    assert_eq!(native.said(), said);
    native.hear("gA", r#"["g_chg1","fam",null]"#).unwrap();
    native.hear("gA", r#"["g_chg2","fam",{"k1":"v1"},[]]"#).unwrap();
    native.hear("gA", r#"["g_chg2","fam",{},["k1"]]"#).unwrap();
    native.hear("gA", &format!(r#"["g_reply","{id}",["k1"]]"#)).unwrap();
    let (_, done) = native.did();
    let added = Change { added: vec![("k1".into(), "v1".into())], ..Change::default() };
    let removed = Change { removed: vec!["k1".into()], ..Change::default() };
    let changes = [Change::default(), added, removed].map(|change| Action::Changed { watch, change });
    assert_eq!(done[..3], changes);
    assert!(matches!(&done[3], Action::Answer { number: answered, result: Ok(_) } if *answered == number));
    native.0.set("fam", "k", &1.into(), Time::ZERO).unwrap();
    assert_eq!(native.said(), [r#"gA ["g_upd","fam",{"k":1},[]]"#]);
}

#[test]
fn hostile_and_malformed_requests_are_refused_and_change_nothing() {
    let mut native = Native::new(true, &[]);
    native.up("evil");
    native.up("other");
    native.hear("other", r#"["g_slave",{"fam":{"k":1}}]"#).unwrap();
    native.said();
    let long = "x".repeat(600);
    let huge = "x".repeat(70_000);
    let requests = [
        r#"["g_what"]"#.to_owned(),
        r#"["g_slave",5]"#.to_owned(),
        r#"["g_slave",{"fam":5}]"#.to_owned(),
        r#"["g_upd"]"#.to_owned(),
        r#"["g_upd","fam",{"k":1}]"#.to_owned(),
        r#"["g_upd","fam",null,{"k":1}]"#.to_owned(),
        r#"["g_set",{"fam":{"k":2}}]"#.to_owned(),
        r#"["g_find"]"#.to_owned(),
        r#"["g_find","a b"]"#.to_owned(),
        r#"["g_find",[1]]"#.to_owned(),
        r#"["g_db_keys","fam"]"#.to_owned(),
        r#"["g_db_keys",{},"b"]"#.to_owned(),
        r#"["g_mon1"]"#.to_owned(),
        r#"["g_chg2","fam"]"#.to_owned(),
        format!(r#"["g_mon1","{long}"]"#),
        format!(r#"["g_slave",{{"fam":{{"k":"{huge}"}}}}]"#),
        format!(r#"["g_slave",{{"{long}":{{"k":1}}}}]"#),
    ];
    for request in &requests {
        let shown = request.get(..60).unwrap_or(request);
        assert!(native.hear("evil", request).is_err(), "{shown}");
        assert_eq!(native.did(), (Vec::new(), Vec::new()), "{shown}");
    }
    native.hear("evil", r#"["g_slave",{}]"#).unwrap();
    native.hear("evil", r#"["g_db_family","fam","b"]"#).unwrap();
    assert_eq!(native.said(), [r#"evil ["g_reply","b",{"k":1}]"#]);
}

#[test]
fn what_is_too_much_for_one_message_comes_in_several() {
    let mut native = Native::new(true, &[]);
    for key in 0..40 {
        native.0.set("!", &format!("{key:02}"), &"x".repeat(60_000).into(), Time::ZERO).unwrap();
    }
    native.up("gB");
    native.up("sC");
    native.hear("gB", r#"["g_global"]"#).unwrap();
    native.hear("sC", r#"["g_mon1","!"]"#).unwrap();
    let (said, _) = native.did();
    assert!(said.iter().all(|message| message.len() < 2 << 20));
    assert!(said[2].contains(r#""'l":{"n0":["10.0.0.1:1"]}"#), "where it listens comes first");
    let heads: Vec<&str> = said.iter().map(|message| message.get(..24).unwrap_or(message)).collect();
    let set = [r#"gB ["g_set",{"!":{"00":""#, r#"gB ["g_upd","!",{"18":"x"#, r#"gB ["g_upd","!",{"36":"x"#];
    let content = [r#"sC ["g_chg1","!",{"00":""#, r#"sC ["g_chg2","!",{"18":""#, r#"sC ["g_chg2","!",{"36":""#];
    let greeted = [r#"gB ["g_global"]"#, r#"sC ["g_global"]"#];
    assert_eq!(heads, [&greeted[..], &set, &content].concat());
}
