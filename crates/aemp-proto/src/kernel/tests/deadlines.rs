//! Deadlines: never early, not much late, and not counted while the own loop was away.

use std::time::Duration;

use super::world::{World, millis};
use crate::{
    id::PortId,
    kernel::{DialFailure, Event, Timing},
    time::Time,
};

fn timing(heartbeat: u64, session_timeout: u64) -> Timing {
    Timing { heartbeat: millis(heartbeat), session_timeout: millis(session_timeout), ..Timing::default() }
}

/// Two nodes with these timings; the first watches a port of the second.
fn watching(timings: [Timing; 2]) -> (World, PortId) {
    let mut world = World::new(0);
    for (n, timing) in timings.into_iter().enumerate() {
        world.timing = timing;
        world.add(&format!("n{n}@127.0.0.1:{}", 4000 + n));
    }
    let (_, id) = world.open(1);
    world.monitor(0, &id);
    world.pass(millis(100));
    (world, id)
}

/// From now on nobody reaches anybody, and nobody is told.
fn fall_silent(world: &mut World) {
    world.black_hole();
    close_all_addresses(world);
}

fn close_all_addresses(world: &mut World) {
    for n in 0..2 {
        let address = world.nodes[n].id.recipe()[0].clone();
        world.failures.insert(address, DialFailure::Unreachable("silent".into()));
    }
}

/// When the first node last heard something.
fn last_heard(world: &World) -> Time {
    world.nodes[0].kernel.connections.iter().map(|(_, connection)| connection.heard_at).max().unwrap()
}

/// How long after the last sign of life a monitor fires.
fn time_to_find(world: &mut World, since: Time, step: Duration) -> Duration {
    while world.nodes[0].fired.is_empty() {
        assert!(world.now.since(since) < millis(10_000_000), "it never fires");
        world.pass(step);
    }
    world.now.since(since)
}

fn broke(world: &World) -> bool {
    world.nodes.iter().any(|node| node.events.iter().any(|event| matches!(event, Event::ConnectionLost { .. })))
}

#[test]
fn a_silent_peer_is_found_within_half_as_much_again_as_the_deadline_and_never_before_it() {
    for (heartbeat, session_timeout) in [(5_000, 30_000), (200, 1_000), (1_000, 60_000), (20_000, 1_000), (50, 50)] {
        for phase in [0, 17, 50, 83] {
            let (mut world, _) = watching([timing(heartbeat, session_timeout); 2]);
            world.pass(millis(heartbeat * 7 + heartbeat * phase / 100));
            fall_silent(&mut world);
            let heard = last_heard(&world);
            let deadline = millis(3 * heartbeat + session_timeout);
            let found = time_to_find(&mut world, heard, deadline / 200);
            assert!(
                found >= deadline && found <= deadline * 3 / 2,
                "{found:?} in place of {deadline:?} to {:?}, with heartbeats every {heartbeat} ms",
                deadline * 3 / 2
            );
        }
    }
}

#[test]
fn the_deadline_is_that_of_the_slower_end() {
    let (mut world, _) = watching([timing(200, 1_000), timing(4_000, 1_000)]);
    world.pass(millis(60_000));
    assert!(!broke(&world));
    fall_silent(&mut world);
    let heard = last_heard(&world);
    let found = time_to_find(&mut world, heard, millis(50));
    assert!(found >= millis(13_000) && found <= millis(19_500), "{found:?}");
}

#[test]
fn a_peer_that_writes_one_octet_at_a_time_is_alive() {
    let (mut world, id) = watching([timing(1_000, 1_000); 2]);
    // An octet of what it sends arrives every second, and no whole frame for a minute.
    world.send(0, &id, &"y".repeat(1_000));
    for _ in 0..60 {
        world.wires[0].passes = [1, usize::MAX];
        world.pass(millis(1_000));
    }
    assert!(!broke(&world));
}

#[test]
fn what_waits_in_the_socket_of_a_blocked_loop_is_a_sign_of_life() {
    for phase in 0..10 {
        let (mut world, _) = watching([timing(5_000, 30_000), timing(200, 30_000)]);
        world.pass(millis(20_000 + 500 * phase));
        // Its own heartbeats have come lately, those of the other side may be nearly 5 s old.
        world.nodes[1].up = false;
        world.pass(millis(14_000));
        world.nodes[1].up = true;
        world.pass(millis(60_000));
        assert!(!broke(&world), "after {phase}");
        assert_eq!((world.live_wires(), world.wires.len()), (1, 1));
    }
}

/// The second node loses the connection, is away for a minute, in which the network heals, and comes back.
fn comes_back(knows_that_it_was_away: bool) -> World {
    let away = millis(60_000);
    let (mut world, _) = watching([timing(5_000, 600_000), timing(5_000, 30_000)]);
    let (_, watched) = world.open(0);
    world.monitor(1, &watched);
    world.pass(millis(100));
    close_all_addresses(&mut world);
    world.cut();
    world.pass(millis(1_000));
    world.nodes[1].up = false;
    world.dial_at_once = false;
    world.failures.clear();
    world.pass(away);
    world.dial_at_once = true;
    world.nodes[1].up = true;
    let now = world.now;
    if knows_that_it_was_away {
        world.nodes[1].kernel.was_away(away, now);
    }
    world.nodes[1].kernel.tick(now);
    world.release_dials();
    world.pass(millis(60_000));
    world
}

#[test]
fn time_in_which_the_own_loop_was_away_does_not_count_for_the_session_timeout() {
    let world = comes_back(true);
    assert_eq!((world.codes(0), world.codes(1)), (vec![], vec![]));
    assert_eq!(world.live_wires(), 1);
    // Unless it knows, it has given the session up.
    assert_eq!(comes_back(false).codes(1), ["unreachable"]);
}

#[test]
fn the_absence_of_the_own_loop_puts_a_death_off_by_no_more_than_it_lasted() {
    let (mut world, _) = watching([timing(5_000, 30_000); 2]);
    fall_silent(&mut world);
    let heard = last_heard(&world);
    world.pass(millis(20_000));
    world.nodes[0].up = false;
    world.pass(millis(10_000));
    world.nodes[0].up = true;
    let now = world.now;
    world.nodes[0].kernel.was_away(millis(10_000), now);
    let found = time_to_find(&mut world, heard, millis(100));
    assert!(found >= millis(45_000) && found <= millis(56_000), "{found:?}");
}

#[test]
fn silence_in_which_the_own_loop_was_away_is_not_held_against_the_peer() {
    let (mut world, _) = watching([Timing::default(); 2]);
    world.now = world.now.after(Duration::from_secs(60));
    let now = world.now;
    world.nodes[0].kernel.was_away(Duration::from_secs(60), now);
    world.nodes[0].kernel.tick(now);
    assert!(world.nodes[0].kernel.peers()[0].connected);
}

#[test]
fn an_absence_that_is_told_as_longer_than_the_silence_earns_the_peer_no_more_time() {
    let (mut world, _) = watching([Timing::default(); 2]);
    let now = world.now;
    world.nodes[0].kernel.was_away(Duration::from_secs(600), now);
    fall_silent(&mut world);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.codes(0), ["unreachable"]);
}

#[test]
fn a_first_frame_that_came_while_the_own_loop_was_away_is_not_late() {
    let mut world = World::new(2);
    let (port, id) = world.open(1);
    world.dial_at_once = false;
    world.send(0, &id, "hello");
    world.drive();
    world.release_dials();
    world.wires[0].passes = [usize::MAX, 0];
    world.drive();
    world.now = world.now.after(Duration::from_secs(10));
    let now = world.now;
    world.nodes[0].kernel.was_away(Duration::from_secs(10), now);
    world.nodes[0].kernel.tick(now);
    world.wires[0].passes[1] = usize::MAX;
    world.drive();
    assert_eq!((world.texts(1, port), world.wires.len()), (vec!["hello"], 1));
}

#[test]
fn a_peer_that_says_it_is_silent_for_very_long_is_believed_a_minute() {
    let (mut world, _) = watching([timing(5_000, 30_000), timing(100_000_000, 30_000)]);
    fall_silent(&mut world);
    world.pass(Duration::from_secs(300));
    assert_eq!(world.codes(0), ["unreachable"]);
}
