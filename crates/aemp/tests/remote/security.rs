//! Who is not a member.

use std::time::Instant;

use aemp::{Event, Node};

use crate::common::{builder, collector, node, secs};

#[test]
fn a_wrong_secret_is_refused_with_a_word_within_two_seconds() {
    let b = node("b");
    let (port, _received) = collector::<u8>(&b);
    let mut events = b.events();
    let a = builder("a").secret("another secret, which is wrong").start().unwrap();
    let start = Instant::now();
    let reason = a.monitor(&port).wait();
    assert!(start.elapsed() < secs(2));
    assert_eq!(reason.code().as_str(), "auth_failed", "{reason}");
    assert!(reason.text().contains("secret"), "{reason}");
    let told = std::iter::from_fn(|| events.wait()).find(|event| matches!(event, Event::HandshakeRefused { .. }));
    assert!(told.is_some());
    let (good, received) = (node("c"), port);
    good.send(&received, 1);
}

#[test]
fn a_weak_secret_does_not_leave_the_host() {
    let everywhere = Node::builder().name("a").bind("0.0.0.0:0").secret("short").start();
    assert!(everywhere.unwrap_err().to_string().contains("less than 16"));
    assert!(Node::builder().name("a").bind("127.0.0.1:0").secret("short").start().is_ok());
}

#[test]
fn a_node_refuses_to_talk_to_itself() {
    let a = node("a");
    a.publish("here", &a.port(|_, (): ()| {}));
    let address = a.id().recipe()[0].to_string();
    assert_eq!(a.find::<()>(&address, "here").wait().unwrap().id().node, a.id());
}

#[test]
fn another_node_at_the_address_is_told_apart() {
    let b = node("b");
    let address = b.id().recipe()[0].to_string();
    let a = node("a");
    let impostor: aemp::Port<u8> = format!("somebody-else@{address}#x").parse().unwrap();
    let reason = a.monitor(&impostor).wait();
    assert!(reason.text().contains("b@127.0.0.1"), "{reason}");
}
