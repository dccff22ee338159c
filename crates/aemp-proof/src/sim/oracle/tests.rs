//! Kills and calls that arrive although a message before them did not.

use aemp_proto::id::{Incarnation, PortId};

use super::{Bounds, Guarantee, Oracle};
use crate::sim::facts::{Name, Port, Process};

#[test]
fn a_kill_reaches_a_port_that_messages_before_its_spawn_did_not() {
    let mut run = Run::new();
    run.oracle.sending(run.sender, run.name, None);
    let port = run.spawn();
    assert_eq!(run.kill(port), None);
}

#[test]
fn a_kill_that_overtakes_a_message_is_noticed() {
    let mut run = Run::new();
    let port = run.spawn();
    run.oracle.sending(run.sender, run.name, None);
    assert_eq!(run.kill(port), Some(Guarantee::Order));
}

#[test]
fn a_kill_that_overtakes_a_message_is_noticed_where_an_earlier_one_came_behind_the_spawn() {
    let mut run = Run::new();
    let first = run.oracle.sending(run.sender, run.name, None);
    let port = run.spawn();
    run.oracle.received(run.host, port, first, 0);
    run.oracle.sending(run.sender, run.name, None);
    assert_eq!(run.kill(port), Some(Guarantee::Order));
}

#[test]
fn a_call_of_a_name_that_was_used_before_its_spawn_must_not_arrive() {
    let mut run = Run::new();
    let message = run.oracle.sending(run.sender, run.name, None);
    let port = run.spawn();
    let reply: PortId = "n0#reply".parse().expect("a port ID");
    run.oracle.call_arrived(port, &reply, message.stream, 1, 0);
    assert_eq!(run.violated(), Some(Guarantee::Order));
}

/// A process uses a name that a second one has made for a port of a third one.
struct Run {
    oracle: Oracle,
    sender: Process,
    host: Process,
    id: PortId,
    name: Name,
}

impl Run {
    fn new() -> Self {
        let bounds = Bounds { prompt: 1, recovery: 1, patience: 1, session_timeout: 10 };
        let mut oracle = Oracle::new(3, bounds);
        let mut process = |node: u8| oracle.facts.add_process(node.into(), Incarnation([node; 16]));
        let (sender, spawner, host) = (process(0), process(1), process(2));
        let id: PortId = "n2#port".parse().expect("a port ID");
        let name = oracle.promised(spawner, 2, id.clone(), 0).expect("the name is new");
        Self { oracle, sender, host, id, name }
    }

    fn spawn(&mut self) -> Port {
        self.oracle.spawn_arrived(self.host, &self.id, 0).expect("it was promised")
    }

    fn kill(&mut self, port: Port) -> Option<Guarantee> {
        let reason = self.oracle.killing(self.sender, self.name, 0);
        self.oracle.kill_arrived(0, port, &reason, 0);
        self.violated()
    }

    fn violated(&self) -> Option<Guarantee> {
        self.oracle.violation().map(|violation| violation.guarantee)
    }
}
