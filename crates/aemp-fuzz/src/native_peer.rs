//! A native node that is a member and says anything.

use std::time::Duration;

use aemp_proto::{
    id::{Incarnation, PortId, PortKind, PortName, PortNumber},
    kernel::{Kernel, Output, Received, RefusedIsDeath, Settings, Timing},
    limits::Limits,
    link::{Authenticated, Role},
    message::cbor,
    reason::Reason,
    time::Time,
};

use crate::node::{Node, PEER, PORT, id};

const NONCE: [u8; 32] = [5; 32];

/// The first octet says whether the node is global, and how long the parts are.
pub(crate) fn read(octets: &[u8]) {
    if let Some((first, octets)) = octets.split_first() {
        hear(*first, octets).end();
    }
}

fn hear(first: u8, octets: &[u8]) -> Node {
    let mut node = Node::new(first & 1 != 0);
    let link = Authenticated::simulated(id(PEER), Incarnation([2; 16]), Role::Dialler, NONCE);
    let connection = node.kernel.attach(&link, None, node.now(), node.now());
    node.hear(connection, octets, usize::from(first / 2) * 8);
    node
}

/// What an honest peer says, of each kind that there is.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let dialogues: [fn(&mut Kernel); 3] = [talk, end, share];
    let honest = dialogues.map(|program| honest(program));
    honest.iter().flat_map(|octets| [0xff, 0x0e, 0x01].map(|first| [&[first][..], octets].concat())).collect()
}

fn talk(peer: &mut Kernel) {
    let to = port();
    for n in 0..3 {
        let _ = peer.send(&to, None, Time::ZERO, |out| cbor::encode(&("hello", n, "x".repeat(n * 60)), out));
    }
    peer.monitor(&to, Time::ZERO);
    let number = PortNumber::counted(7, PortKind::Reply).expect("a small number");
    let _ = peer.call(&to, None, number, Time::ZERO, |out| cbor::encode(&("question",), out));
}

fn end(peer: &mut Kernel) {
    let number = PortNumber::counted(9, PortKind::Spawned).expect("a small number");
    let name = PortName::Native { origin: Incarnation([2; 16]).into(), number };
    let _ = peer.spawn(&id("n@127.0.0.1:1"), &name, PORT, Time::ZERO, |out| cbor::encode(&("argument",), out));
    peer.monitor(&port(), Time::ZERO);
    let _ = peer.send(&port(), None, Time::ZERO, |out| cbor::encode(&("to the living",), out));
    peer.kill(&port(), &Reason::new("killed", "enough"), Time::ZERO);
    let _ = peer.send(&port(), None, Time::ZERO, |out| cbor::encode(&("to the dead",), out));
}

fn share(peer: &mut Kernel) {
    let _ = peer.db_set("f", "k", &"value".into(), Time::ZERO);
    let _ = peer.db_watch("f", Time::ZERO);
}

fn port() -> PortId {
    PortId::new(id("n@127.0.0.1:1"), PORT.parse().expect("a name"))
}

/// All that a peer with this program says to a node like that under attack.
fn honest(program: fn(&mut Kernel)) -> Vec<u8> {
    let mut peer = Kernel::new(Settings {
        node: id(PEER),
        incarnation: Incarnation([2; 16]),
        addresses: vec!["127.0.0.1:2".parse().expect("an address")],
        limits: Limits::default(),
        timing: Timing::default(),
        refused_is_death: RefusedIsDeath::SameHost,
        seed: 2,
        wall_clock: Duration::from_secs(1 << 30),
        seeds: vec!["127.0.0.1:1".parse().expect("an address")],
        global: false,
        relay: false,
    });
    let mut node = Node::new(true);
    let here = Authenticated::simulated(id("n@127.0.0.1:1"), Incarnation([1; 16]), Role::Acceptor, NONCE);
    let there = Authenticated::simulated(id(PEER), Incarnation([2; 16]), Role::Dialler, NONCE);
    program(&mut peer);
    let dials = std::iter::from_fn(|| peer.poll()).filter_map(|output| match output {
        Output::Dial { dial, expect: None, .. } => Some(dial),
        _ => None,
    });
    let dial = dials.last();
    let at_peer = peer.attach(&here, dial, Time::ZERO, Time::ZERO);
    let at_node = node.kernel.attach(&there, None, Time::ZERO, Time::ZERO);
    let mut said = Vec::new();
    let mut heard: Vec<u8> = Vec::new();
    for _ in 0..8 {
        while peer.poll().is_some() {}
        let mut now = Vec::new();
        while let Some(octets) = peer.transmit(at_peer, 1 << 17, Time::ZERO) {
            now.extend_from_slice(&octets);
        }
        heard.extend(node.answer(at_node, &now));
        said.extend(now);
        while let Received::Frame { length, .. } = peer.receive(at_peer, &heard, Time::ZERO) {
            heard.drain(..length);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_honest_peer_says_is_heard() {
        let node = hear(0xff, &honest(talk));
        assert_eq!(node.received, 3);
        node.end();
        let node = hear(0xff, &honest(end));
        assert_eq!(node.received, 1, "nothing that is for the dead");
        node.end();
    }

    #[test]
    fn an_honest_peer_shares_the_database() {
        assert!(honest(share).windows(5).any(|octets| octets == b"value"));
    }
}
