//! A node that could not look at its sockets for a while takes nobody for dead who had spoken meanwhile.

use std::{thread, time::Duration};

use aemp::Event;

use crate::{
    child::{Child, Plan},
    common::{builder, collector, eventually, secs},
    cuts::connections,
    kills::watch_all,
    proxy::{hidden, outsider_with},
};

/// How often the patient side writes. A connection is broken after three times this, for both.
const SLOW: Duration = Duration::from_secs(1);
/// How often the side writes that is away for a while: the other has always heard it lately.
const QUICK: Duration = Duration::from_millis(50);
/// Too long for what was heard in time before, not too long for what was written just before.
const AWAY: Duration = Duration::from_millis(2_600);
/// Between two absences: each begins at another moment between two heartbeats.
const PHASE: Duration = Duration::from_millis(1_800);

#[test]
fn a_blocked_loop_reads_its_sockets_before_a_deadline_counts() {
    let a = builder("a").heartbeat(SLOW).start().unwrap();
    let b = builder("b").heartbeat(QUICK).start().unwrap();
    let (port, received) = collector::<u64>(&a);
    b.send(&port, 1);
    assert_eq!(received.recv_timeout(secs(10)), Ok(1));
    let mut events = b.events();
    for _ in 0..3 {
        thread::sleep(PHASE);
        b.run(|_| thread::sleep(AWAY)).wait().unwrap();
    }
    thread::sleep(PHASE);
    let lost = std::iter::from_fn(|| events.try_next()).find(|event| matches!(event, Event::ConnectionLost { .. }));
    assert_eq!(lost, None);
    assert_eq!((connections(&b, &a.id()), connections(&a, &b.id())), (1, 1));
}

#[test]
fn a_stopped_process_reads_its_sockets_before_a_deadline_counts() {
    let a = builder("a").heartbeat(SLOW).start().unwrap();
    let b = Child::start(&Plan { heartbeat: QUICK, ..Plan::new("b") });
    assert_eq!(b.open(&a, 1).len(), 1);
    for _ in 0..3 {
        thread::sleep(PHASE);
        b.signal("STOP");
        thread::sleep(AWAY);
        b.signal("CONT");
    }
    thread::sleep(PHASE);
    assert_eq!(connections(&a, b.port.node_id()), 1);
}

#[test]
fn the_time_in_which_a_loop_is_blocked_does_not_count_for_the_session_timeout() {
    const HEARTBEAT: Duration = Duration::from_millis(200);
    const TIMEOUT: Duration = Duration::from_secs(1);
    let a = hidden("a");
    let b = outsider_with(|builder| builder.heartbeat(HEARTBEAT).session_timeout(TIMEOUT));
    let (port, received) = collector::<u64>(&a.node);
    let deaths = watch_all(&b, std::slice::from_ref(&port));
    b.send(&port, 1);
    assert_eq!(received.recv_timeout(secs(10)), Ok(1));

    a.proxy.swallow();
    a.proxy.cut();
    eventually("the break is noticed", || b.peers().wait().unwrap().iter().all(|peer| !peer.connected));
    let blocked = b.run(|_| thread::sleep(3 * TIMEOUT));
    thread::sleep(TIMEOUT);
    a.proxy.forward();
    a.proxy.cut();
    blocked.wait().unwrap();
    b.send(&port, 2);
    assert_eq!(received.recv_timeout(secs(10)), Ok(2), "there was a network again before it could look");
    assert_eq!(deaths.try_recv().ok(), None);
}
