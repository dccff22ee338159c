//! Why a port is considered dead or alive.

use super::{World, world::millis};
use crate::{
    id::{PortId, PortKind, PortName, PortNumber},
    kernel::{Absence, Certificate, DialFailure, Explanation, Happening, Link, Subject, Verdict},
    reason::Reason,
};

fn explain(world: &World, n: usize, port: &PortId) -> Explanation {
    world.nodes[n].kernel.explain(port, world.now)
}

/// The kinds of happenings.
fn story(explanation: &Explanation) -> Vec<&'static str> {
    let kind = |what: &Happening| match what {
        Happening::Opened => "opened",
        Happening::Died { .. } => "died",
        Happening::DeclaredDead { .. } => "declared dead",
        Happening::SessionBegan { .. } => "began",
        Happening::BasePeerConnected => "connected",
        Happening::ConnectionLost { .. } => "lost",
        Happening::Resumed { .. } => "resumed",
        Happening::SessionFailed { .. } => "failed",
        Happening::NotReached { .. } => "not reached",
        Happening::ImpostorRefused => "impostor",
        Happening::Misbehaved { .. } => "misbehaved",
        Happening::PortsDeclaredDead { .. } => "ports declared dead",
        Happening::Retired => "retired",
        Happening::Congested { .. } => "congested",
    };
    assert!(explanation.story.is_sorted_by_key(|moment| std::cmp::Reverse(moment.ago)), "the oldest first");
    explanation.story.iter().map(|moment| kind(&moment.what)).collect()
}

/// Nodes 0 and 1 cannot reach each other.
fn part(world: &mut World) {
    for n in 0..2 {
        let address = world.nodes[n].id.recipe()[0].clone();
        world.failures.insert(address, DialFailure::Unreachable("no route".into()));
    }
    world.cut();
}

#[test]
fn a_port_that_was_declared_dead_has_its_whole_story_told() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    world.cut();
    world.pass(millis(1000));
    part(&mut world);
    world.pass(millis(5000));
    let missing = explain(&world, 0, &id);
    assert_eq!(missing.verdict, Verdict::Unknown);
    assert_eq!(
        missing.summary(),
        "not known to be dead: its node has not been connected for 5 s (last attempt: no route)"
    );

    world.pass(millis(32_000));
    let dead = explain(&world, 0, &id);
    assert!(matches!(&dead.verdict, Verdict::Dead(reason) if reason.code().as_str() == "unreachable"), "{dead}");
    let mut kinds = story(&dead);
    // Both sides dialled, so the session was resumed twice.
    kinds.dedup();
    assert_eq!(kinds, ["began", "lost", "resumed", "lost", "failed", "declared dead"]);
    assert_eq!(
        dead.summary(),
        "dead here for 7 s: unreachable: no route; its node does not know that yet",
        "the session was given up after 30 of 37 s"
    );
    let Subject::There(there) = &dead.subject else { panic!("{dead}") };
    assert_eq!((there.session, there.watches), (2, 0));
    assert_eq!(there.fence.as_ref().map(|fence| (fence.session, fence.certificate)), Some((1, Certificate::Owed)));

    world.failures.clear();
    let (_, other) = world.open(1);
    world.send(0, &other, "connect");
    world.pass(millis(10_000));
    let settled = explain(&world, 0, &id);
    assert!(settled.summary().ends_with("there, it lives on under another name"), "{settled}");
    assert_eq!(story(&settled).last(), Some(&"began"));
    let text = settled.to_string();
    for part in ["first contact: session 1", "the connection broke: cut", "connection 2", "contact again: session 2"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_living_port_of_the_own_node_shows_who_watches_it_and_where_it_is_known() {
    let mut world = World::new(3);
    world.pass(millis(5000));
    let now = world.now;
    world.nodes[1].kernel.tell_time(now);
    let (port, id) = world.open(1);
    world.nodes[1].kernel.publish("it", port);
    world.monitor(1, &id);
    world.monitor(0, &id);
    world.pass(millis(7000));
    let (sender, reason) = (world.nodes[2].id.clone(), Reason::new("bad_message", "not a number"));
    world.send(2, &id, "hello");
    world.pass(millis(100));
    let _ = world.nodes[1].kernel.refuse(port, &sender, &reason);
    let alive = explain(&world, 1, &id);
    assert_eq!((&alive.verdict, story(&alive)), (&Verdict::Alive, vec!["opened"]));
    assert_eq!(alive.story[0].ago, millis(7100));
    let Subject::Here(here) = &alive.subject else { panic!("{alive}") };
    assert_eq!(here.names.len(), 2);
    assert_eq!((here.watches, here.watchers.clone()), (1, vec![world.nodes[0].id.clone()]));
    assert_eq!(here.closed_for, [(sender, reason)]);
    let text = alive.to_string();
    for part in ["it has 2 names", "published as it", "n0@", "closed for n2@", "7 s ago: the port was opened"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_dead_port_of_the_own_node_shows_why_and_since_when_until_that_is_forgotten() {
    let mut world = World::new(1);
    let (port, id) = world.open(0);
    let (lasting, _) = world.open(0);
    world.nodes[0].kernel.close(port, Reason::new("panic", "it was too much"));
    world.now = world.now.after(millis(3000));
    let dead = explain(&world, 0, &id);
    assert_eq!(dead.summary(), "dead for 3 s: panic: it was too much");
    assert_eq!((&dead.subject, story(&dead)), (&Subject::Nowhere(Absence::Remembered), vec!["died"]));
    for _ in 0..256 {
        let (port, _) = world.open(0);
        world.nodes[0].kernel.close(port, Reason::normal());
    }
    let dead = explain(&world, 0, &id);
    assert_eq!((&dead.subject, story(&dead)), (&Subject::Nowhere(Absence::Forgotten), vec![]));
    assert!(world.nodes[0].kernel.is_alive(lasting));
}

#[test]
fn names_that_no_port_ever_had_are_told_apart() {
    let world = World::new(2);
    let [own, other] = [0, 1].map(|n| world.nodes[n].kernel.settings().incarnation.into());
    let node = &world.nodes[0].id;
    let cases = [
        (own, PortKind::Port, Absence::NeverMade),
        (own, PortKind::Renamed, Absence::NeverMade),
        (other, PortKind::Port, Absence::OtherRun),
        (other, PortKind::Spawned, Absence::NotStarted),
    ];
    for (origin, kind, absence) in cases {
        let number = PortNumber::counted(7, kind).unwrap();
        let explanation = explain(&world, 0, &PortId::new(node.clone(), PortName::Native { origin, number }));
        assert_eq!(explanation.subject, Subject::Nowhere(absence), "{explanation}");
        assert!(matches!(&explanation.verdict, Verdict::Dead(reason) if reason.code().as_str() == "no_such_port"));
    }
}

#[test]
fn a_death_that_the_other_node_told_is_remembered_if_anybody_had_asked() {
    let mut world = World::new(2);
    let ((port, id), (unwatched, unwatched_id)) = (world.open(1), world.open(1));
    world.monitor(0, &id);
    world.send(0, &unwatched_id, "hello");
    world.pass(millis(100));
    assert_eq!(explain(&world, 0, &id).summary(), "alive: its node is connected, and would tell its death");
    for port in [port, unwatched] {
        world.nodes[1].kernel.close(port, Reason::new("error", "no more"));
    }
    world.pass(millis(1000));
    let dead = explain(&world, 0, &id);
    assert_eq!(dead.verdict, Verdict::Dead(Reason::new("error", "no more")));
    assert_eq!(story(&dead), ["began", "died"]);
    let unknown = explain(&world, 0, &unwatched_id);
    assert_eq!(unknown.summary(), "not known to be dead, and not watched from here: its node is connected");
}

#[test]
fn another_run_of_a_node_is_seen_in_the_story_and_in_the_name() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    let node = PortId::of_node(world.nodes[1].id.clone());
    world.monitor(0, &node);
    world.send(0, &id, "hello");
    world.pass(millis(100));
    world.restart(1);
    world.pass(millis(10_000));
    world.monitor(0, &node);
    world.pass(millis(1000));
    let explanation = explain(&world, 0, &id);
    let Subject::There(there) = &explanation.subject else { panic!("{explanation}") };
    assert!(there.other_run && there.link == Link::Connected, "{explanation}");
    assert!(explanation.to_string().contains("another run took the node's place"), "{explanation}");
}

#[test]
fn what_is_remembered_of_a_peer_has_a_limit() {
    let mut world = World::new(2);
    let (_, id) = world.open(1);
    for n in 0..100 {
        world.send(0, &id, &format!("{n}"));
        world.pass(millis(500));
        world.cut();
    }
    world.pass(millis(500));
    let story = explain(&world, 0, &id).story;
    assert_eq!(story.len(), 64);
    assert!(matches!(story[63].what, Happening::Resumed { .. }), "{story:?}");
}

#[test]
fn the_story_of_a_peer_outlives_what_else_was_known_of_it() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    assert_eq!(explain(&world, 0, &id).subject, Subject::Stranger);
    world.monitor(0, &id);
    world.pass(millis(100));
    world.nodes[1].kernel.close(port, Reason::new("error", "over"));
    world.pass(millis(100));
    world.nodes[1].kernel.goodbye();
    world.pass(millis(1000));
    assert!(world.nodes[0].kernel.peers().is_empty());
    let explanation = explain(&world, 0, &id);
    assert_eq!((&explanation.subject, story(&explanation)), (&Subject::Stranger, vec!["began", "died", "failed"]));
    assert_eq!(explanation.verdict, Verdict::Dead(Reason::new("error", "over")));
}

#[test]
fn ports_that_are_declared_dead_in_a_row_are_counted_together() {
    let mut world = World::new(2);
    let ports: Vec<_> = (0..5).map(|_| world.open(1)).collect();
    world.send(0, &ports[0].1, "hello");
    world.pass(millis(100));
    let key = world.nodes[0].kernel.by_node[&world.nodes[1].id];
    for (_, id) in &ports {
        world.nodes[0].kernel.fence(key, &id.name, &Reason::new("overload", "too much"));
    }
    let explanation = explain(&world, 0, &ports[1].1);
    assert_eq!(story(&explanation), ["began", "ports declared dead", "declared dead"]);
    assert!(explanation.to_string().contains("5 ports were declared dead"), "{explanation}");
}

#[test]
fn a_port_that_is_dead_with_its_whole_incarnation_says_so() {
    let mut world = World::new(0);
    world.limits.max_fences = 3;
    world.add("a@127.0.0.1:1");
    world.add("b@127.0.0.1:2");
    let ports: Vec<_> = (0..5).map(|_| world.open(1)).collect();
    for (_, id) in &ports {
        world.monitor(0, id);
    }
    world.pass(millis(100));
    part(&mut world);
    world.pass(millis(40_000));
    let dead = explain(&world, 0, &ports[0].1);
    assert!(dead.summary().starts_with("dead here, with the whole run of its node: retired"), "{dead}");
    assert_eq!(story(&dead).last(), Some(&"retired"));
}
