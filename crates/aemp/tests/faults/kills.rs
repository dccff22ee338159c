//! Processes that are killed, started again, and stopped for a while.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use aemp::{Node, Port, Reason};

use crate::{
    child::{Child, Plan},
    common::{builder, collector, node, secs},
};

/// Watches ports: the index of each comes out of the channel when it dies, with the reason.
pub(crate) fn watch_all<M: 'static>(node: &Node, ports: &[Port<M>]) -> mpsc::Receiver<(usize, Reason)> {
    let (sender, deaths) = mpsc::channel();
    let ports = ports.to_vec();
    node.run(move |cx| {
        for (index, port) in ports.iter().enumerate() {
            let sender = sender.clone();
            cx.monitor_with(port, move |_, reason| {
                let _ = sender.send((index, reason));
            })
            .forever();
        }
    })
    .wait()
    .unwrap();
    deaths
}

#[test]
fn after_kill_9_each_of_10_000_monitors_fires_once_within_a_second() {
    const PORTS: usize = 10_000;
    /// The promise is 1 s; the rest is for machines that run other tests at the same time.
    const PATIENCE: Duration = Duration::from_secs(5);
    let (a, c, mut child) = (node("a"), node("c"), Child::start(&Plan::new("b")));
    let ports = child.open(&a, PORTS);
    let deaths = watch_all(&a, &ports);
    let (watched, received) = collector::<u64>(&a);
    child.watch(&a, std::slice::from_ref(&watched));

    let start = Instant::now();
    child.kill();
    let mut fired = vec![0; PORTS];
    for _ in 0..PORTS {
        let (index, reason) = deaths.recv_timeout(PATIENCE).expect("a monitor that does not fire");
        fired[index] += 1;
        assert_eq!(reason.code().as_str(), "node_down");
    }
    let took = start.elapsed();
    println!("{PORTS} monitors fired {took:?} after the kill");
    assert!(took < PATIENCE);
    assert_eq!(deaths.recv_timeout(Duration::from_millis(500)).ok(), None, "none fires again");
    assert!(fired.iter().all(|times| *times == 1));

    c.send(&watched, 5);
    assert_eq!(received.recv_timeout(secs(5)), Ok(5), "what the dead node had watched lives on");
}

#[test]
fn after_a_restart_under_the_same_id_old_ports_are_dead_and_new_ones_work() {
    let a = node("a");
    let mut plan = Plan::new("b");
    let mut first = Child::start(&plan);
    let old = first.open(&a, 1);
    let deaths = watch_all(&a, &old);
    plan.bind = first.port.node_id().recipe()[0].to_string();

    first.kill();
    let second = Child::start(&plan);
    assert_eq!(second.port.node_id(), first.port.node_id());
    let start = Instant::now();
    let (_, reason) = deaths.recv_timeout(secs(5)).expect("the monitor of the old port fires");
    let (back, received) = collector::<u64>(&a);
    a.send(&second.relay(&a, &back), 7);
    assert_eq!(received.recv_timeout(secs(5)), Ok(7));
    println!("{:?} after the restart: {reason}", start.elapsed());
    assert_eq!(a.monitor(&old[0]).wait().code().as_str(), "no_such_port");
}

#[test]
fn a_process_that_is_stopped_for_less_than_the_session_timeout_loses_nothing() {
    let (heartbeat, session_timeout) = (Duration::from_millis(200), secs(20));
    let a = builder("a").heartbeat(heartbeat).session_timeout(session_timeout).start().unwrap();
    let child = Child::start(&Plan { heartbeat, session_timeout, ..Plan::new("b") });
    let (back, received) = collector::<u64>(&a);
    let relay = child.relay(&a, &back);
    let deaths = watch_all(&a, std::slice::from_ref(&relay));
    child.watch(&a, &[back]);

    for n in 0..5_000 {
        a.send(&relay, n);
    }
    child.signal("STOP");
    for n in 5_000..10_000 {
        a.send(&relay, n);
    }
    // Much longer than the three heartbeats after which the connection counts as broken.
    thread::sleep(Duration::from_millis(1_500));
    child.signal("CONT");
    for n in 10_000..15_000 {
        a.send(&relay, n);
    }
    for n in 0..15_000 {
        assert_eq!(received.recv_timeout(secs(20)), Ok(n));
    }
    assert_eq!(deaths.try_recv().ok(), None);
    assert_eq!(child.open(&a, 1).len(), 1, "what the child watched lives for it as well");
    let peers = a.peers().wait().unwrap();
    assert!(peers.iter().any(|peer| peer.connections > 1), "the connection was given up, not the session: {peers:?}");
}
