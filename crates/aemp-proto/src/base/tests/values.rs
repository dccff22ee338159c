//! Values as Perl sends them, in the types that somebody wants.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{recording::connection, replay::Part};
use crate::{
    base::Destination,
    id::PortId,
    limits::Limits,
    message::{Message, json},
    value::{Bytes, Value},
};

fn loosely<M: DeserializeOwned>(text: &str) -> Option<M> {
    let Ok(Value::Array(elements)) = json::parse(text, &Limits::default()) else { panic!("{text}") };
    Message(elements).into_typed_loosely().ok()
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add(u64, Option<f64>),
    Set { name: String, on: bool },
}

#[test]
fn a_text_is_a_number_where_one_is_wanted() {
    assert_eq!(loosely::<(u8, i64, f64)>(r#"["5","-3","2.5"]"#), Some((5, -3, 2.5)));
    assert_eq!(loosely::<(u8, f32)>(r#"["1e2","3"]"#), Some((100, 3.0)));
    assert_eq!(loosely::<(u8, u8)>("[true,false]"), Some((1, 0)));
    for text in [r#"["x"]"#, r#"[""]"#, r#"["5 apples"]"#, r#"["256"]"#, r#"["true"]"#, "[null]", "[[]]"] {
        assert_eq!(loosely::<u8>(text), None, "{text}");
    }
}

#[test]
fn a_number_is_a_text_where_one_is_wanted() {
    assert_eq!(loosely::<(String, String)>("[5,-2.5]"), Some(("5".to_owned(), "-2.5".to_owned())));
    assert_eq!(
        loosely::<(String, String, String)>("[null,true,false]"),
        Some((String::new(), "1".to_owned(), String::new()))
    );
    assert_eq!(loosely::<char>("[5]"), Some('5'));
    assert_eq!(loosely::<String>("[[1]]"), None);
}

#[test]
fn perls_truth_is_truth() {
    let truths = |text| loosely::<(bool, bool, bool, bool)>(text);
    assert_eq!(truths(r#"["1",1,true,true]"#), Some((true, true, true, true)));
    assert_eq!(truths(r#"["",0,"0",null]"#), Some((false, false, false, false)));
    assert_eq!(loosely::<bool>(r#"["yes"]"#), None);
    assert_eq!(loosely::<bool>("[2]"), None);
}

#[test]
fn what_is_nothing_stays_nothing_where_that_is_wanted() {
    assert_eq!(loosely::<(Option<String>, Option<u8>, ())>(r#"[null,"7",null]"#), Some((None, Some(7), ())));
}

#[test]
fn octets_come_out_of_texts_and_numbers() {
    assert_eq!(loosely::<(Bytes, Bytes)>(r#"["aÿ",12]"#), Some((Bytes::from(b"a\xff"), Bytes::from(b"12"))));
    // Characters that no octet has a number for.
    assert_eq!(loosely::<Bytes>(r#"["€"]"#), Some(Bytes::from("€".as_bytes())));
}

#[test]
fn it_holds_at_every_level() {
    assert_eq!(loosely::<Request>(r#"["add","5","0.5"]"#), Some(Request::Add(5, Some(0.5))));
    assert_eq!(
        loosely::<Request>(r#"["set",{"name":7,"on":""}]"#),
        Some(Request::Set { name: "7".to_owned(), on: false })
    );
    assert_eq!(loosely::<Vec<Vec<u8>>>(r#"[[["1"],[2]]]"#), Some(vec![vec![1], vec![2]]));
    let map = loosely::<BTreeMap<u8, Option<Request>>>(r#"[{"1":{"add":["2",null]}}]"#).unwrap();
    assert_eq!(map, BTreeMap::from([(1, Some(Request::Add(2, None)))]));
}

#[test]
fn native_messages_are_read_strictly_as_ever() {
    let message = || Message::from_typed(&("5", 5)).unwrap();
    assert!(message().into_typed::<(u8, u8)>().is_err());
    assert!(message().into_typed::<(String, String)>().is_err());
    assert_eq!(message().into_typed_loosely::<(u8, String)>().unwrap(), (5, "5".to_owned()));
}

/// The answers to all requests of a kind: to the ports that stand at their ends.
fn answers(session: &str, request: &str) -> Vec<Message> {
    let asked = connection(session, 1).play(Part::Acceptor, 4096).unwrap().received;
    let answered = connection(session, 1).play(Part::Dialler, 4096).unwrap().received;
    let asked = asked.into_iter().filter(|received| received.message.tag() == Some(request));
    asked
        .map(|received| {
            let port: PortId = received.message.0.last().unwrap().as_str().unwrap().parse().unwrap();
            let answer = answered.iter().find(|answer| answer.destination == Destination::Port(port.name.clone()));
            answer.unwrap().message.clone()
        })
        .collect()
}

/// `can` answers with Perl's own truth, `time` with a number.
#[test]
fn answers_of_perl_nodes_have_the_types_that_one_expects() {
    for session in ["data-phase-cbor", "data-phase-json"] {
        let can = answers(session, "can").into_iter().map(|answer| answer.into_typed_loosely::<bool>().unwrap());
        assert_eq!(can.collect::<Vec<_>>(), [true, false], "{session}");
        let [time] = &answers(session, "time")[..] else { panic!("one question for the time in {session}") };
        assert!(time.clone().into_typed_loosely::<f64>().unwrap() > 1e9);
    }
}
