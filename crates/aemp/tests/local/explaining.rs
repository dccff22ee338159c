//! Why a port of the own node is considered dead or alive.

use aemp::{
    Port, Reason,
    explain::{Subject, Verdict},
};

use crate::common::node;

#[test]
fn a_port_shows_how_it_is_known_and_after_its_death_why_it_died() {
    let node = node();
    let port = node.port(|_, _: u64| ());
    node.publish("it", &port);
    let _watch = node.monitor(&port);
    let alive = node.explain(&port).wait().unwrap();
    let Subject::Here(here) = &alive.subject else { panic!("{alive}") };
    assert_eq!((alive.verdict.clone(), here.watches, here.published.len()), (Verdict::Alive, 1, 1));
    let reason = Reason::new("killed", "for the test");
    node.kill(&port, reason.clone());
    let dead = node.explain(&port).wait().unwrap();
    assert_eq!(dead.verdict, Verdict::Dead(reason));
    assert!(dead.summary().ends_with("killed: for the test"), "{dead}");
}

#[test]
fn of_a_stranger_nothing_is_known() {
    let elsewhere: Port = "x@127.0.0.1:1#b".parse().unwrap();
    let unknown = node().explain(&elsewhere).wait().unwrap();
    assert_eq!((unknown.verdict, unknown.subject), (Verdict::Unknown, Subject::Stranger));
}
