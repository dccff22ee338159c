//! What a node has declared dead, over a connection that was gone for longer than a session lasts.

use std::{sync::mpsc, time::Duration};

use aemp::{Node, Port, Reason, Reply};
use serde::{Deserialize, Serialize};

use crate::{
    common::{SECRET, eventually, secs},
    kills::watch_all,
    proxy::{Hidden, hidden_with},
};

const HEARTBEAT: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_millis(400);

#[derive(Serialize, Deserialize)]
enum Ask {
    Name(Reply<Port<Self>>),
    Note(u64),
    Notes(Reply<Vec<u64>>),
}

/// A port that keeps what it is told, and says who it is.
fn notebook(node: &Node) -> Port<Ask> {
    let mut notes = Vec::new();
    node.port(move |cx, message| match message {
        Ask::Name(reply) => cx.reply(reply, cx.me()),
        Ask::Note(number) => notes.push(number),
        Ask::Notes(reply) => cx.reply(reply, notes.clone()),
    })
}

fn pair() -> (Node, Hidden) {
    let b = hidden_with("b", |builder| builder.heartbeat(HEARTBEAT).session_timeout(TIMEOUT));
    let a = Node::builder().anonymous().advertise("unix:/nobody/listens/here").secret(SECRET);
    let a = a.refused_is_death(aemp::RefusedIsDeath::Never).heartbeat(HEARTBEAT).session_timeout(TIMEOUT);
    (a.start().unwrap(), b)
}

/// The nodes lose each other until `deaths` says so.
fn part(b: &Hidden, deaths: &mpsc::Receiver<(usize, Reason)>) {
    b.proxy.swallow();
    b.proxy.cut();
    let (_, reason) = deaths.recv_timeout(secs(20)).unwrap();
    assert_eq!(reason.code().as_str(), "unreachable", "{reason}");
    b.proxy.forward();
    b.proxy.cut();
}

#[test]
fn a_port_that_was_declared_dead_is_reached_again_only_under_its_new_name() {
    let (a, b) = pair();
    let port = notebook(&b.node);
    b.node.publish("notebook", &port);
    let address = b.proxy.address();
    a.send(&port, Ask::Note(1));
    let deaths = watch_all(&a, std::slice::from_ref(&port));
    assert_eq!(a.call(&port, Ask::Notes).wait(), Ok(vec![1]));
    part(&b, &deaths);
    a.send(&port, Ask::Note(2));
    let found = a.find::<Ask>(&address, "notebook").timeout(secs(10)).wait().unwrap();
    assert_ne!(found, port);
    a.send(&port, Ask::Note(3));
    a.send(&found, Ask::Note(4));
    assert_eq!(a.call(&found, Ask::Notes).timeout(secs(10)).wait(), Ok(vec![1, 4]));
    // The port itself gives its new name, in handlers and in what it sends.
    assert_eq!(a.call(&found, Ask::Name).wait(), Ok(found.clone()));
    assert_eq!(a.monitor(&port).wait().code().as_str(), "unreachable");
    // The node that it lives at has always reached it under the old one.
    b.node.send(&port, Ask::Note(5));
    assert_eq!(b.node.call(&port, Ask::Notes).wait(), Ok(vec![1, 4, 5]));
}

#[test]
fn a_port_that_was_spawned_dies_of_being_declared_dead() {
    let (a, b) = pair();
    b.node.serve("notebook", |start, (): ()| Ok(start.handler(|_, _: u64| {})));
    let spawned: Port<u64> = a.spawn(&b.node.id(), "notebook", ());
    let deaths = watch_all(&a, std::slice::from_ref(&spawned));
    let other = notebook(&b.node);
    assert_eq!(a.call(&other, Ask::Notes).timeout(secs(10)).wait(), Ok(vec![]));
    // Only now it is sure to have begun.
    let at_home = watch_all(&b.node, std::slice::from_ref(&spawned));
    part(&b, &deaths);
    let again = notebook(&b.node);
    assert_eq!(a.call(&again, Ask::Notes).timeout(secs(10)).wait(), Ok(vec![]));
    let (_, reason) = at_home.recv_timeout(secs(10)).unwrap();
    assert_eq!(reason.code().as_str(), "unreachable", "{reason}");
}

#[test]
fn a_registered_port_that_was_declared_dead_is_found_again_under_its_new_name() {
    let (a, b) = pair();
    let port = notebook(&b.node);
    b.node.database().register("notebooks", &port).unwrap().forever();
    let registered = || b.node.database().keys("notebooks").wait().unwrap();
    assert_eq!(registered(), [port.to_string()]);
    let deaths = watch_all(&a, std::slice::from_ref(&port));
    assert_eq!(a.call(&port, Ask::Notes).wait(), Ok(vec![]));
    part(&b, &deaths);
    a.send(&notebook(&b.node), Ask::Note(1));
    eventually("the port is registered under its new name", || {
        let keys = registered();
        keys.len() == 1 && keys[0] != port.to_string()
    });
    let renamed: Port<Ask> = registered()[0].parse().unwrap();
    assert_eq!(a.call(&renamed, Ask::Notes).timeout(secs(10)).wait(), Ok(vec![]));
    b.node.kill(&port, Reason::normal());
    eventually("the registration ends with the port", || registered().is_empty());
}
