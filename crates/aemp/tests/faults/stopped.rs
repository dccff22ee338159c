//! A process that is stopped for longer than a session lasts, and goes on.

use std::{thread, time::Duration};

use aemp::{Node, Port};

use crate::{
    child::{Child, Order, Plan, SINK},
    common::{builder, collector, eventually, node, secs},
    kills::watch_all,
};

const HEARTBEAT: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(1);

fn address(node: &Node) -> String {
    node.id().recipe()[0].to_string()
}

fn look_up(node: &Node, at: &Port<Order>) -> Port<u64> {
    let address = at.node_id().recipe()[0].to_string();
    node.find(&address, "theirs").timeout(secs(20)).wait().unwrap()
}

#[test]
fn a_process_stopped_for_longer_than_the_session_timeout_goes_on_under_the_contract() {
    // B is the process; A and it give each other up soon; C is patient and sees it all.
    let a = builder("a").heartbeat(HEARTBEAT).session_timeout(TIMEOUT).start().unwrap();
    let c = node("c");
    let b = Child::start(&Plan { heartbeat: HEARTBEAT, session_timeout: TIMEOUT, ..Plan::new("b") });
    a.serve(SINK, |start, (): ()| Ok(start.handler(|_, _: u64| {})));
    let (ours, at_ours) = collector::<u64>(&a);
    a.publish("ours", &ours);
    let (back, at_back) = collector::<u64>(&c);
    let theirs = b.relay(&a, &back);
    a.call(&b.port, |reply| Order::Publish("theirs".into(), theirs.clone(), reply)).wait().unwrap();
    let spawned_here = a.call(&b.port, |reply| Order::Spawn(a.id(), reply)).wait().unwrap();
    let spawned_there: Port<u64> = a.spawn(b.port.node_id(), SINK, ());
    b.monitor(&a, &[ours.clone(), spawned_here.clone()]);
    let given_up = watch_all(&a, &[theirs.clone(), spawned_there.clone()]);
    let seen = watch_all(&c, &[ours.clone(), theirs.clone(), spawned_here.clone(), spawned_there.clone()]);
    // C has the monitors' acknowledgements when its messages have arrived.
    c.send(&theirs, 1);
    c.send(&ours, 1);
    assert_eq!((at_back.recv_timeout(secs(20)), at_ours.recv_timeout(secs(20))), (Ok(1), Ok(1)));

    b.signal("STOP");
    let mut dead: Vec<_> = (0..2).map(|_| given_up.recv_timeout(secs(20)).unwrap()).collect();
    dead.sort_by_key(|(index, _)| *index);
    assert!(dead.iter().all(|(_, reason)| reason.code().as_str() == "unreachable"), "{dead:?}");
    thread::sleep(HEARTBEAT);
    b.signal("CONT");

    // What one side spawned at the other is dead, and nothing else.
    let mut dead: Vec<_> = (0..2).map(|_| seen.recv_timeout(secs(20)).unwrap().0).collect();
    dead.sort();
    assert_eq!(dead, [2, 3]);
    eventually("B has given A up as well", || b.mourned(&a).len() == 2);
    assert!(b.mourned(&a).iter().all(|(port, _)| *port == ours || *port == spawned_here), "{:?}", b.mourned(&a));

    // What was merely watched lives on for others.
    c.send(&theirs, 2);
    c.send(&ours, 2);
    assert_eq!((at_back.recv_timeout(secs(20)), at_ours.recv_timeout(secs(20))), (Ok(2), Ok(2)));

    // For those who declared it dead, the old name is dead for ever, and a new one works.
    a.send(&theirs, 3);
    let found = look_up(&a, &b.port);
    assert_ne!(found, theirs);
    a.send(&found, 4);
    assert_eq!(at_back.recv_timeout(secs(20)), Ok(4), "what was sent to the old name has not come");
    assert_eq!(a.monitor(&theirs).wait().code().as_str(), "unreachable");

    a.send(&b.port, Order::Send(ours.clone(), 5));
    let found = a.call(&b.port, |reply| Order::Find(address(&a), "ours".into(), reply)).wait().unwrap().unwrap();
    assert_ne!(found.id(), ours.id());
    a.send(&b.port, Order::Send(found, 6));
    assert_eq!(at_ours.recv_timeout(secs(20)), Ok(6), "what was sent to the old name has not come");
    b.monitor(&a, std::slice::from_ref(&ours));
    eventually("a later watch fires as well", || b.mourned(&a).len() == 3);

    assert_eq!((seen.try_recv().ok(), given_up.try_recv().ok()), (None, None));
}
