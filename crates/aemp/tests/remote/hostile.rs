//! A base peer that says everything there is, right and wrong, as fast as it can; the others notice nothing of it.

use std::{io::Write, net::TcpStream, thread};

use aemp::{Event, Message, Node};
use aemp_proto::{
    base::{Framing, encode},
    id::PortName,
    limits::Limits,
};
use serde_json::{Deserializer, Value, json};

use crate::{
    base_peers::{Peer, address},
    common::{SECRET, builder, collector, eventually, secs},
};

/// All requests of the protocol, and some that are none.
const TAGS: [&str; 32] = [
    "",
    "devnull",
    "mon1",
    "mon0",
    "kil0",
    "kil1",
    "can",
    "time",
    "snd",
    "eval",
    "AnyEvent::MP::_spawn",
    "POSIX::_exit",
    "AnyEvent::MP::DataConn::_expect",
    "kil",
    "snd_multiple",
    "info",
    "g_global",
    "g_slave",
    "g_set",
    "g_upd",
    "g_find",
    "g_found",
    "g_db_family",
    "g_db_keys",
    "g_db_values",
    "g_reply",
    "g_mon1",
    "g_mon0",
    "g_chg1",
    "g_chg2",
    "g_",
    "g_what",
];

/// Every tag with every sequence of up to two of these values, and some that go on.
fn requests() -> Vec<Value> {
    let values = [
        json!(null),
        json!(true),
        json!(-7),
        json!(1.5),
        json!(""),
        json!("b"),
        json!("evil#r"),
        json!("b#r"),
        json!("\u{0} b"),
        json!([]),
        json!(["k"]),
        json!({}),
        json!({"k": 1}),
        json!({"fam": {"k": 1}}),
        json!({"fam": {"k": [{}]}, "'l": {"b": 7}}),
        json!("x".repeat(600)),
    ];
    let mut requests = Vec::new();
    for tag in TAGS {
        requests.push(json!(["", tag]));
        for one in &values {
            requests.push(json!(["", tag, one]));
            for other in &values {
                requests.push(json!(["", tag, one, other]));
            }
            requests.push(json!(["", tag, "fam", one, one, one]));
        }
    }
    requests
}

fn in_json(requests: &[Value]) -> Vec<u8> {
    requests.iter().map(Value::to_string).collect::<String>().into_bytes()
}

fn in_cbor(requests: &[Value]) -> Vec<u8> {
    let mut octets = Vec::new();
    for request in requests {
        let elements = request.as_array().unwrap()[1..].iter();
        let message = Message(elements.flat_map(|element| Message::from_typed(&(element,)).unwrap().0).collect());
        encode(Framing::Cbor, &PortName::Node, &message, &Limits::default(), &mut octets).unwrap();
    }
    octets
}

/// Says all of it, while whatever is answered is read, and then asks what time it is, which is to be answered.
fn attack(framing: &str, name: &str, node: &str, octets: &[u8]) -> TcpStream {
    let Peer { mut stream, mut received } = Peer::meet_sending(framing, name, TcpStream::connect(node).unwrap());
    let last = [json!(["", "time", format!("{name}#last")])];
    let reading = thread::spawn(move || {
        let mut heard = Deserializer::from_reader(&mut received).into_iter::<Value>();
        heard.any(|message| message.is_ok_and(|message| message[0] == "last"))
    });
    stream.write_all(octets).unwrap();
    stream.write_all(&if framing == "json" { in_json(&last) } else { in_cbor(&last) }).unwrap();
    assert!(reading.join().unwrap(), "it was cut off for what it said");
    stream
}

#[test]
fn a_node_that_a_hostile_base_peer_floods_with_requests_goes_on_for_all_others() {
    let node = Node::builder().name("b").legacy_bind("127.0.0.1:0").secret(SECRET).start().unwrap();
    let mut events = node.events();
    let (port, received) = collector::<u64>(&node);
    let (there, name, requests) = (address(&node), port.id().name.to_string(), requests());
    let attackers = [("json", in_json(&requests)), ("cbor", in_cbor(&requests))].map(|(framing, octets)| {
        let there = there.clone();
        thread::spawn(move || attack(framing, &format!("evil/{framing}"), &there, &octets))
    });
    let native = builder("a").start().unwrap();
    let mut perl = Peer::meet("perl", TcpStream::connect(&there).unwrap());
    for n in 0..20 {
        native.send(&port, 2 * n);
        perl.send(&json!([name, 2 * n + 1]));
        perl.send(&json!(["", "time", "perl#r"]));
        assert_eq!(perl.expect("r")[0], "r");
    }
    let mut numbers: Vec<_> = (0..40).map(|_| received.recv_timeout(secs(20)).unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    let mut attackers = attackers.map(|attacker| attacker.join().unwrap());
    // Events that were not taken in time may be lost. Now there is time for one of each.
    while events.try_next().is_some() {}
    let last = [json!(["", "eval", "die"])];
    attackers[0].write_all(&in_json(&last)).unwrap();
    attackers[1].write_all(&in_cbor(&last)).unwrap();
    let mut refused = [false; 2];
    eventually("both are refused things, and observers are told", || {
        while let Some(event) = events.try_next() {
            if let Event::RequestRefused { node, .. } = event {
                refused[usize::from(node.as_str() == "evil/cbor")] = true;
            }
        }
        refused == [true; 2]
    });
}
