//! Real nodes, and somebody who speaks as the nodes of the Perl original do: JSON in the clear, and a proof of the secret.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use aemp::{Bytes, Event, Handlers, Message, Node, Port, TagCx};
use aemp_proto::{
    base::{Framing, encode},
    limits::Limits,
};
use serde::{Deserialize, Serialize};
use serde_json::{Deserializer, Value, json};
use sha3::{Digest, Sha3_512};

use crate::common::{SECRET, builder, collector, secs};

/// The scripted peer, when both have proved themselves.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    pub(crate) received: BufReader<TcpStream>,
}

impl Peer {
    /// Greets as the node `name`, whoever connected.
    pub(crate) fn meet(name: &str, stream: TcpStream) -> Self {
        Self::meet_sending("json", name, stream)
    }

    /// The same, for a peer that sends in this framing.
    pub(crate) fn meet_sending(framing: &str, name: &str, stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(secs(20))).unwrap();
        let mut peer = Self { received: BufReader::new(stream.try_clone().unwrap()), stream };
        let own = format!("aemp;1;{name};hmac_sha3_512;json;provider=AE-2.02\n{}\n", "p".repeat(88));
        peer.stream.write_all(own.as_bytes()).unwrap();
        let other = peer.line() + &peer.line();
        peer.stream.write_all(format!("{};{framing}\n", proof(&own, &other)).as_bytes()).unwrap();
        assert_eq!(peer.line(), proof(&other, &own) + ";json\n");
        peer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.received.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.stream.write_all(message.to_string().as_bytes()).unwrap();
    }

    /// The next message to this port; the node also says other things to its peers.
    pub(crate) fn expect(&mut self, port: &str) -> Value {
        let mut messages = Deserializer::from_reader(&mut self.received).into_iter::<Value>();
        messages.find_map(|message| Some(message.unwrap()).filter(|message| message[0] == port)).unwrap()
    }
}

/// HMAC with SHA3-512, whose block has 72 octets, of both greetings.
fn proof(sender: &str, receiver: &str) -> String {
    let pad = |octet: u8| {
        let mut pad = [octet; 72];
        pad.iter_mut().zip(SECRET.bytes()).for_each(|(pad, secret)| *pad ^= secret);
        pad
    };
    let inner = Sha3_512::new().chain_update(pad(0x36)).chain_update(sender).chain_update(receiver).finalize();
    let token = Sha3_512::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    let digits: String = token.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("hmac_sha3_512;{digits}")
}

pub(crate) fn address(node: &Node) -> String {
    node.id().recipe()[0].to_string()
}

/// On the wire: `["add", 2, 3, "perl#sums"]` and `["sum", 5]`.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Sum {
    Add(i64, i64, Port<Self>),
    Sum(i64),
}

#[test]
fn a_base_peer_calls_a_port_and_is_answered() {
    let node = Node::builder().name("b").legacy_bind("127.0.0.1:0").secret(SECRET).start().unwrap();
    let adder = node.port(|cx, request| {
        if let Sum::Add(one, other, to) = request {
            cx.send(&to, Sum::Sum(one + other));
        }
    });
    let mut peer = Peer::meet("perl", TcpStream::connect(address(&node)).unwrap());
    // Perl writes a number that was read from somewhere as a text.
    peer.send(&json!([adder.id().name.to_string(), "add", "2", 3, "perl#sums"]));
    assert_eq!(peer.expect("sums"), json!(["sums", "sum", 5]));
}

/// What base peers send as octets and texts is what the handlers' types make of it.
#[test]
fn handlers_by_tag_read_what_a_base_peer_sends_as_perl_does() {
    let node = Node::builder().name("b").legacy_bind("127.0.0.1:0").secret(SECRET).start().unwrap();
    let back = move |cx: &mut TagCx<'_>, (number, text, to): (u8, String, Port)| cx.send(&to.cast(), (text, number));
    let port = node.open(Handlers::new().on("swap", back));
    let name = port.id().name.to_string();
    let mut peer = Peer::meet("perl", TcpStream::connect(address(&node)).unwrap());
    peer.send(&json!([name, "swap", "5", 6, "perl#r"]));
    assert_eq!(peer.expect("r"), json!(["r", "6", 5]));
    let mut peer = Peer::meet_sending("cbor", "other", TcpStream::connect(address(&node)).unwrap());
    let octets = |text: &str| Bytes::from(text.as_bytes());
    let message = Message::from_typed(&(octets("swap"), octets("7"), 8, octets("other#r"))).unwrap();
    let mut encoded = Vec::new();
    encode(Framing::Cbor, &port.id().name, &message, &Limits::default(), &mut encoded).unwrap();
    peer.stream.write_all(&encoded).unwrap();
    assert_eq!(peer.expect("r"), json!(["r", "8", 7]));
    // Between native nodes a text is no number.
    let native = builder("a").start().unwrap();
    let reason = native.monitor(&port);
    native.send(&port.cast(), ("swap", "5", "6", native.port(|_, ()| {})));
    assert_eq!(reason.wait().code().as_str(), "bad_message");
}

#[test]
fn a_base_peer_sends_through_a_node_only_where_it_may() {
    let target = builder("a").start().unwrap();
    let (port, received) = collector::<u8>(&target);
    let open = |name| Node::builder().name(name).legacy_bind("127.0.0.1:0").secret(SECRET);
    for (node, number) in [(open("b"), 1), (open("c").legacy_relay(), 2)] {
        let node = node.start().unwrap();
        let mut peer = Peer::meet("perl", TcpStream::connect(address(&node)).unwrap());
        peer.send(&json!(["", "snd", port.to_string(), number]));
        peer.send(&json!(["", "time", "perl#r"]));
        peer.expect("r");
        node.stop().wait().unwrap();
    }
    assert_eq!(received.recv_timeout(secs(20)).unwrap(), 2);
}

#[test]
fn a_base_peer_may_be_dialled_and_answers() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("perl@{}", socket.local_addr().unwrap());
    let node = builder("a").legacy_peer(name.parse().unwrap()).start().unwrap();
    let (sums, received) = collector(&node);
    let there: Port<Sum> = format!("{name}#adder").parse().unwrap();
    let answering = sums.id().name.to_string();
    let peer = thread::spawn(move || {
        let mut peer = Peer::meet(&name, socket.accept().unwrap().0);
        let request = peer.expect("adder");
        peer.send(&json!([answering, "sum", 5]));
        (request, peer)
    });
    node.send(&there, Sum::Add(2, 3, sums.clone()));
    assert_eq!(received.recv_timeout(secs(20)).unwrap(), Sum::Sum(5));
    let (request, _peer) = peer.join().unwrap();
    assert_eq!(request, json!(["adder", "add", 2, 3, sums.to_string()]));
}

/// Nobody knows the name of a seed beforehand.
#[test]
fn a_seed_may_be_a_base_peer() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let seed = format!("localhost:{}", socket.local_addr().unwrap().port());
    let node = builder("a").legacy_seed(&seed).start().unwrap();
    node.database().set("fam", "key", &5).unwrap();
    let mut peer = Peer::meet("perl/x7", socket.accept().unwrap().0);
    assert_eq!(peer.expect(""), json!(["", "g_slave"]), "it is asked to be global");
    peer.send(&json!(["", "g_global"]));
    let registration = peer.expect("");
    assert_eq!((&registration[1], &registration[2]["fam"]), (&json!("g_slave"), &json!({"key": 5})));
}

#[test]
fn native_nodes_meet_natively_where_base_peers_are_admitted() {
    let b = Node::builder().name("b").legacy_bind("127.0.0.1:0").secret(SECRET).start().unwrap();
    let (port, received) = collector(&b);
    for a in [builder("a"), builder("c").legacy_network()] {
        let a = a.start().unwrap();
        a.send(&port, 7_u8);
        assert_eq!(received.recv_timeout(secs(20)).unwrap(), 7);
        assert!(a.stop().wait().unwrap() == 0, "it was acknowledged, which only native nodes do");
    }
}

#[test]
fn a_base_peer_is_refused_where_nobody_admits_it() {
    let node = builder("b").start().unwrap();
    let mut events = node.events();
    let mut stream = TcpStream::connect(address(&node)).unwrap();
    stream.write_all(b"aemp;1;perl;hmac_sha3_512;json\nnonce\n").unwrap();
    let refused = std::iter::from_fn(|| events.wait()).find_map(|event| match event {
        Event::HandshakeRefused { error, .. } => Some(error),
        _ => None,
    });
    assert!(refused.as_ref().is_some_and(|error| error.contains("legacy_bind")), "{refused:?}");
}

#[test]
fn a_base_peer_that_was_dialled_by_mistake_is_told_in_the_reason() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let node = builder("a").start().unwrap();
    let there: Port = format!("perl@{}#x", socket.local_addr().unwrap()).parse().unwrap();
    thread::spawn(move || {
        let mut stream = socket.accept().unwrap().0;
        stream.write_all(b"aemp;1;perl;hmac_sha3_512;json\nnonce\n").unwrap();
        BufReader::new(stream).lines().count()
    });
    let reason = node.monitor(&there).wait();
    assert!(reason.text().contains("legacy_peer"), "{reason}");
}
