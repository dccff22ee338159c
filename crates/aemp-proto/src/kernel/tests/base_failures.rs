//! Connections with base peers that end, fall silent, or are two.

use super::{
    World,
    perl::{PERL, Perl, established, port, wait, world},
    world::millis,
};
use crate::{
    base::Framing,
    id::{Incarnation, PortId},
    kernel::{Contract, DialFailure, Event},
    link::{Authenticated, Role},
    reason::ReasonCode,
    wire::frame::kind,
};

const QUESTION: &str = r#"["","time","n0@127.0.0.1:4000","devnull"]"#;
const ANSWER: &str = r#"["","devnull",1700000000.5]"#;

fn is_base(world: &World) -> bool {
    let node: PortId = PERL.parse().unwrap();
    world.nodes[0].kernel.peer(&node.node).is_some_and(|peer| matches!(peer.contract, Some(Contract::Base { .. })))
}

#[test]
fn a_broken_connection_fires_all_watches_and_loses_all_calls() {
    let mut world = world();
    let perl = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    world.monitor(0, &PERL.parse().unwrap());
    perl.hear(&mut world);
    let call = world.call(0, &port("b"), 1);
    perl.hear(&mut world);
    world.send(0, &port("c"), "never written");
    perl.hang_up(&mut world);
    assert_eq!(world.codes(0), ["unreachable", "unreachable"]);
    let [(number, Err(reason))] = &world.nodes[0].answers[..] else { panic!("{:?}", world.nodes[0].answers) };
    assert_eq!((*number, reason.code()), (call, &ReasonCode::Unreachable));
    let dropped = |event: &Event| matches!(event, Event::MessageDropped { to, .. } if *to == port("c"));
    assert!(world.nodes[0].events.iter().any(dropped), "{:?}", world.nodes[0].events);
    assert_eq!((world.nodes[0].kernel.peers().len(), world.nodes[0].kernel.census().fences), (0, 0));
}

#[test]
fn a_watch_tells_how_many_messages_were_delivered_at_most() {
    let mut world = world();
    let perl = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    world.send(0, &port("b"), "one");
    world.send(0, &port("b"), "two");
    perl.hear(&mut world);
    world.send(0, &port("b"), "never written");
    perl.hang_up(&mut world);
    assert_eq!(world.nodes[0].fired[0].1.delivered(), Some(0..=2));
}

#[test]
fn after_a_loss_the_next_connection_begins_anew() {
    let mut world = world();
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, &format!("[\"\",\"mon1\",\"{}\"]", id.name));
    perl.hang_up(&mut world);
    assert_eq!(world.nodes[0].kernel.census().watched, 0);
    world.nodes[0].kernel.close(here, crate::reason::Reason::normal());
    let perl = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    world.send(0, &port("b"), "hello");
    assert_eq!(perl.hear(&mut world), r#"["","mon1","b"]["b","hello"]"#);
    assert_eq!(world.codes(0), [""; 0]);
}

#[test]
fn a_watch_alone_connects_and_fires_if_that_cannot_be() {
    let mut world = world();
    world.monitor(0, &PERL.parse().unwrap());
    world.outputs(0);
    assert_eq!(world.nodes[0].held.len(), 1);
    wait(&mut world, world_timeout());
    assert_eq!(world.codes(0), ["unreachable"]);
    // What is declared dead while nobody knows what the peer holds to is forgotten when it is met.
    world.monitor(0, &port("b"));
    let perl = Perl::connect(&mut world, None);
    assert_eq!(perl.hear(&mut world), r#"["","mon1","b"]"#);
}

fn world_timeout() -> std::time::Duration {
    crate::kernel::Timing::default().session_timeout + millis(1000)
}

#[test]
fn a_silent_peer_is_asked_and_given_up_after_three_heartbeats() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    world.monitor(0, &PERL.parse().unwrap());
    perl.hear(&mut world);
    wait(&mut world, millis(4_990));
    assert_eq!(perl.hear(&mut world), "");
    wait(&mut world, millis(20));
    assert_eq!(perl.hear(&mut world), QUESTION);
    assert!(perl.say(&mut world, ANSWER));
    wait(&mut world, millis(14_900));
    assert_eq!((perl.hear(&mut world).as_str(), world.codes(0)), (QUESTION, vec![]));
    wait(&mut world, millis(200));
    assert_eq!(world.codes(0), ["unreachable"]);
}

#[test]
fn time_in_which_the_node_was_away_is_not_counted() {
    let mut world = world();
    let perl = Perl::connect(&mut world, None);
    world.monitor(0, &PERL.parse().unwrap());
    world.now = world.now.after(millis(60_000));
    let now = world.now;
    world.nodes[0].kernel.was_away(millis(59_000), now);
    wait(&mut world, millis(100));
    assert_eq!(world.codes(0), [""; 0]);
    drop(perl);
}

#[test]
fn a_second_connection_waits_while_the_first_is_asked_and_goes_if_it_answers() {
    let mut world = world();
    let mut first = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    first.hear(&mut world);
    let mut second = Perl::connect(&mut world, None);
    assert_eq!(first.hear(&mut world), QUESTION);
    assert!(second.say(&mut world, r#"["","mon1","x"]"#));
    assert_eq!(second.hear(&mut world), "");
    assert!(first.say(&mut world, ANSWER));
    assert!(!second.say(&mut world, "[]"));
    wait(&mut world, millis(3_000));
    assert_eq!((world.codes(0).len(), is_base(&world)), (0, true));
}

#[test]
fn the_first_connection_is_not_given_up_because_the_own_loop_was_away() {
    let mut world = world();
    let mut first = Perl::connect(&mut world, None);
    let mut second = Perl::connect(&mut world, None);
    assert_eq!(first.hear(&mut world), QUESTION);
    world.now = world.now.after(millis(60_000));
    let now = world.now;
    world.nodes[0].kernel.was_away(millis(59_000), now);
    wait(&mut world, millis(500));
    assert!(first.say(&mut world, ANSWER));
    assert!(!second.say(&mut world, "[]"), "the first one lives");
}

#[test]
fn a_second_connection_takes_over_behind_the_failure_of_a_silent_first() {
    let mut world = world();
    let first = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    first.hear(&mut world);
    let mut second = Perl::connect(&mut world, None);
    assert!(second.say(&mut world, r#"["","mon1","x"]"#));
    wait(&mut world, millis(2_100));
    assert_eq!(world.codes(0), ["unreachable"]);
    world.monitor(0, &port("b"));
    assert!(second.say(&mut world, "[]"));
    assert_eq!(second.hear(&mut world), r#"["","mon1","b"]["","kil0","x","no_such_port","the node has no such port"]"#);
}

#[test]
fn whoever_waits_may_not_say_without_end() {
    let mut world = world();
    let _first = Perl::connect(&mut world, None);
    let mut second = Perl::connect(&mut world, None);
    assert!(second.say(&mut world, &format!("[\"x\",\"{}\"]", "x".repeat(1 << 19))));
    assert!(!second.say(&mut world, &format!("[\"x\",\"{}\"]", "x".repeat(1 << 19))));
}

/// A native node with the peer's ID.
fn native(role: Role) -> Authenticated {
    let node: PortId = PERL.parse().unwrap();
    Authenticated { node: node.node, incarnation: Incarnation([9; 16]), role, nonce: [1; 32], same_host: true }
}

#[test]
fn a_native_node_takes_over_only_from_a_base_peer_that_is_silent() {
    for answers in [true, false] {
        let mut world = world();
        let mut perl = Perl::connect(&mut world, None);
        world.monitor(0, &port("b"));
        perl.hear(&mut world);
        let now = world.now;
        let newcomer = world.nodes[0].kernel.attach(&native(Role::Acceptor), None, now, now);
        world.receive(0, newcomer, &super::hostile::hello_octets());
        assert_eq!(perl.hear(&mut world), QUESTION);
        if answers {
            perl.say(&mut world, ANSWER);
        }
        wait(&mut world, millis(2_100));
        assert_eq!((is_base(&world), world.codes(0).len()), (answers, usize::from(!answers)));
    }
}

#[test]
fn a_base_connection_under_the_id_of_a_native_session_is_refused() {
    let mut world = world();
    let now = world.now;
    let session = world.nodes[0].kernel.attach(&native(Role::Acceptor), None, now, now);
    world.receive(0, session, &super::hostile::hello_octets());
    world.receive(0, session, &super::hostile::frame(kind::START, &[1]));
    let mut perl = Perl::connect(&mut world, None);
    assert!(!perl.say(&mut world, "[]"));
    world.nodes[0].kernel.closed(session, "cut", now);
    let mut perl = Perl::connect(&mut world, None);
    assert!(!perl.say(&mut world, "[]"), "it may want to resume");
    assert!(world.nodes[0].events.iter().any(|event| matches!(event, Event::NodeIdInUse { .. })));
    assert!(!is_base(&world));
}

#[test]
fn what_waits_is_written_before_a_node_leaves() {
    let mut world = world();
    let perl = Perl::connect(&mut world, None);
    world.send(0, &port("b"), "goodbye");
    world.nodes[0].kernel.goodbye();
    assert_eq!(perl.hear(&mut world), r#"["b","goodbye"]"#);
    assert_eq!(world.nodes[0].kernel.peers().len(), 0);
}

/// Whoever is a member of the base network can take the ID of a native node that is away.
#[test]
fn a_base_peer_under_the_id_of_a_native_node_does_not_raise_its_dead() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    let (other, living) = world.open(1);
    let (bound, private) = world.open(1);
    world.nodes[1].kernel.make_private(bound);
    world.monitor(0, &id);
    world.monitor(0, &private);
    world.pass(millis(100));
    let address = world.nodes[1].id.recipe()[0].clone();
    world.failures.insert(address, DialFailure::Unreachable("no route".into()));
    world.failures.insert(world.nodes[0].id.recipe()[0].clone(), DialFailure::Unreachable("no route".into()));
    world.cut();
    world.pass(millis(40_000));
    assert_eq!(world.codes(0), ["unreachable"; 2]);
    let (taken, now) = (established(world.nodes[1].id.as_str(), Framing::Json), world.now);
    let connection = world.nodes[0].kernel.attach_base(&taken, None, now);
    world.outputs(0);
    world.nodes[0].kernel.closed(connection, "the other side closed the connection", now);
    world.outputs(0);
    world.failures.clear();
    world.send(0, &living, "to the living");
    world.send(0, &id, "to the dead");
    world.pass(millis(10_000));
    assert_eq!((world.texts(1, other), world.texts(1, port)), (vec!["to the living"], vec![]));
    assert!(!world.nodes[1].kernel.is_alive(bound), "it dies with who declared it dead");
}
