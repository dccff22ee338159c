//! What base peers ask of the node port, and what they should not.

use super::{
    perl::{PERL, Perl, port, refused, world},
    world::millis,
};
use crate::{id::PortName, time::Time, wire::write::MAX_REASON};

#[test]
fn a_port_may_be_watched_and_no_longer() {
    let mut world = world();
    let (watched, id) = world.open(0);
    let (other, other_id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, &format!(r#"["","mon1","{}"]["","mon1","{}"]["","mon0","{0}"]"#, id.name, other_id.name));
    world.nodes[0].kernel.close(watched, crate::reason::Reason::new("error", ""));
    world.nodes[0].kernel.close(other, crate::reason::Reason::normal());
    assert_eq!(perl.hear(&mut world), format!(r#"["","kil0","{}"]"#, other_id.name));
}

#[test]
fn a_port_that_is_not_there_is_dead_at_once() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, r#"["","mon1",17]"#);
    assert_eq!(perl.hear(&mut world), r#"["","kil0","17","no_such_port","the node has no such port"]"#);
}

#[test]
fn a_port_may_be_killed() {
    let mut world = world();
    let (victim, id) = world.open(0);
    let watch = world.monitor(0, &id);
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, &format!(r#"["","kil1","{}","mine",7,true]"#, id.name));
    assert!(!world.nodes[0].kernel.is_alive(victim));
    let [(fired, reason)] = &world.nodes[0].fired[..] else { panic!() };
    assert_eq!((*fired, reason.code().as_str(), reason.text()), (watch, "mine", "7"));
}

/// All who watch the port are told the reason, so it may be no longer than that of a native peer.
#[test]
fn a_long_reason_is_cut() {
    let mut world = world();
    let (_, id) = world.open(0);
    world.monitor(0, &id);
    let mut perl = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    let long = "x".repeat(1 << 20);
    perl.say(&mut world, &format!(r#"["","kil1","{}","mine","{long}"]["","kil0","b","{long}"]"#, id.name));
    let lengths = world.nodes[0].fired.iter().map(|(_, reason)| reason.code().as_str().len() + reason.text().len());
    assert_eq!(lengths.map(|length| length <= MAX_REASON).collect::<Vec<_>>(), [true; 2]);
}

#[test]
fn a_service_may_be_started_under_a_name_of_the_peer() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    let asked =
        r#"["","AnyEvent::MP::_spawn","RuNiQb","echo","arg"]["","AnyEvent::MP::_spawn","RuNiQc","other","arg"]"#;
    perl.say(&mut world, asked);
    let name: PortName = "RuNiQb".parse().unwrap();
    assert_eq!(world.nodes[0].spawned.len(), 2);
    assert!(world.nodes[0].kernel.resolve(&name).is_some());
    perl.say(&mut world, r#"["RuNiQb","hello"]["","mon1","RuNiQc"]"#);
    assert_eq!(world.nodes[0].received.len(), 1);
    assert_eq!(perl.hear(&mut world), r#"["","kil0","RuNiQc","no_such_service","other"]"#);
}

#[test]
fn questions_are_answered() {
    let mut world = world();
    world.now = Time::ZERO.after(millis(1_500));
    let mut perl = Perl::connect(&mut world, None);
    for (asked, answer) in [
        (format!(r#"["","can","mon1","{PERL}#r","it can"]"#), r#"["r","it can","1"]"#),
        (format!(r#"["","can","snd","{PERL}#r"]"#), r#"["r",""]"#),
        (format!(r#"["","can","My::function","{PERL}#r"]"#), r#"["r",""]"#),
        (format!(r#"["","time","{PERL}#r","it is",1]"#), r#"["r","it is",1,1.5]"#),
        (format!(r#"["","time","{PERL}"]"#), r#"["",1.5]"#),
        (r#"["","devnull",1,2]["",""][][""]["",null]"#.to_owned(), ""),
    ] {
        assert!(perl.say(&mut world, &asked));
        assert_eq!(perl.hear(&mut world), answer, "{asked}");
    }
    assert_eq!(refused(&mut world), [""; 0]);
}

/// Requests that are malformed or not allowed, each with a word of the error.
const BAD: [(&str, &str); 27] = [
    (r#"["",["mon1"]]"#, "without a tag"),
    (r#"["",{"a":1}]"#, "without a tag"),
    (r#"["","mon1"]"#, "missing"),
    (r#"["","mon1",["b"]]"#, "none"),
    (r#"["","mon1","a\u0000b"]"#, "none"),
    (r#"["","mon0"]"#, "missing"),
    (r#"["","mon0",{}]"#, "none"),
    (r#"["","kil0"]"#, "missing"),
    (r#"["","kil0",""]"#, "node port"),
    (r#"["","kil0",[]]"#, "none"),
    (r#"["","kil1"]"#, "missing"),
    (r#"["","kil1",""]"#, "node port"),
    (r#"["","kil1",null,"oops"]"#, "node port"),
    (r#"["","kil1",[1]]"#, "none"),
    (r#"["","can"]"#, "missing"),
    (r#"["","can","mon1"]"#, "missing"),
    (r#"["","can",[],"a"]"#, "none"),
    (r#"["","can","mon1","a b"]"#, "none"),
    (r#"["","time"]"#, "missing"),
    (r#"["","time",["x"]]"#, "none"),
    (r#"["","time","elsewhere#r"]"#, "relays no messages"),
    (r#"["","snd","elsewhere#r","x"]"#, "relays no messages"),
    (r#"["","eval","die"]"#, "runs no programs"),
    (r#"["","AnyEvent::MP::_spawn"]"#, "missing"),
    (r#"["","AnyEvent::MP::_spawn","","echo"]"#, "may be given"),
    (r#"["","POSIX::_exit",1]"#, "no such request"),
    (r#"["","g_slave",5]"#, "directory"),
];

#[test]
fn whatever_is_malformed_or_not_allowed_is_refused_and_all_goes_on() {
    let mut world = world();
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    world.monitor(0, &port("b"));
    perl.hear(&mut world);
    for (asked, word) in BAD {
        assert!(perl.say(&mut world, asked), "{asked}");
        let told = refused(&mut world);
        assert!(matches!(&told[..], [one] if one.contains(word)), "{asked}: {told:?}");
        assert_eq!(perl.hear(&mut world), "", "{asked}");
    }
    perl.say(&mut world, &format!("[\"{}\",\"still here\"]", id.name));
    assert_eq!((world.texts(0, here), world.codes(0)), (vec!["still here"], vec![]));
}

#[test]
fn a_name_that_looks_like_those_of_native_nodes_is_not_given() {
    let mut world = world();
    let (_, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, &format!(r#"["","AnyEvent::MP::_spawn","{}","echo","x"]"#, id.name));
    assert_eq!((refused(&mut world).len(), world.nodes[0].spawned.len()), (1, 0));
}

#[test]
fn relays_are_carried_out_only_where_they_are_allowed() {
    let mut world = world();
    world.nodes[0].kernel.settings.relay = true;
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, &format!(r#"["","snd","{id}","hello"]["","snd","{PERL}#b","back",1]"#));
    assert_eq!(world.texts(0, here), ["hello"]);
    assert_eq!(perl.hear(&mut world), r#"["b","back",1]"#);
}

#[test]
fn a_peer_that_asks_and_does_not_read_costs_no_more_than_its_limit() {
    let mut world = super::World::new(0);
    world.limits.max_unacknowledged = 1 << 16;
    world.limits.control_room = 1 << 16;
    world.add("n0@127.0.0.1:4000");
    world.dial_at_once = false;
    let mut perl = Perl::connect(&mut world, None);
    for n in 0..20_000 {
        if !perl.say(&mut world, &format!(r#"["","time","{PERL}#r{n}"]["","mon1","nobody{n}"]"#)) {
            break;
        }
        assert!(world.nodes[0].kernel.unacknowledged() <= 1 << 18);
    }
    assert!(!perl.say(&mut world, "[]"), "its session fails in the end");
}
