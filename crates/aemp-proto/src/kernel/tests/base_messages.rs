//! What goes to and comes from base peers while they are connected.

use super::{
    perl::{PERL, Perl, port, refused, wait, world},
    world::{World, millis},
};
use crate::{
    base::Framing,
    id::{PortId, PortKind, PortName, PortNumber},
    kernel::{Contract, Event, SendError},
    message::{EncodeError, cbor},
    reason::Reason,
    value::{Bytes, Value},
};

#[test]
fn messages_go_both_ways() {
    let mut world = world();
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    assert!(perl.say(&mut world, &format!("[\"{}\",\"hello\"]", id.name)));
    world.send(0, &port("b"), "hello yourself");
    assert_eq!(perl.hear(&mut world), r#"["b","hello yourself"]"#);
    assert_eq!(world.texts(0, here), ["hello"]);
}

#[test]
fn a_message_may_come_in_any_number_of_parts() {
    let mut world = world();
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    let text = format!("[\"{0}\",\"one\"] [\"{0}\",\"two\"]", id.name);
    for octet in text.chars() {
        assert!(perl.say(&mut world, &octet.to_string()));
    }
    assert_eq!(world.texts(0, here), ["one", "two"]);
}

#[test]
fn a_message_that_came_before_the_spawn_of_its_port_leaves_no_hole() {
    let mut world = World::new(2);
    let mut perl = Perl::connect(&mut world, None);
    let number = PortNumber::counted(1, PortKind::Spawned).unwrap();
    let name = PortName::Native { origin: world.nodes[1].incarnation.into(), number };
    let id = PortId::new(world.nodes[0].id.clone(), name.clone());
    assert!(perl.say(&mut world, &format!("[\"{name}\",\"too early\"]")));
    let now = world.now;
    world.nodes[1].kernel.spawn(&id.node, &name, "echo", now, |out| cbor::encode(&("arguments",), out)).unwrap();
    world.pass(millis(100));
    assert!(perl.say(&mut world, &format!("[\"{name}\",\"behind the hole\"]")));
    world.send(1, &id, "from its spawner");
    world.pass(millis(100));
    let port = world.nodes[0].kernel.resolve(&name).expect("it lives");
    assert_eq!(world.texts(0, port), ["from its spawner"]);
}

#[test]
fn what_was_queued_before_the_peer_was_met_is_said_in_order() {
    let mut world = world();
    let now = world.now;
    world.send(0, &port("b"), "first");
    let watch = world.monitor(0, &port("b"));
    let reply = world.call(0, &port("c"), 1);
    world.nodes[0].kernel.kill(&port("b"), &Reason::new("killed", "why not"), now);
    let large = Value::from(Bytes::from(vec![b'x'; 100_000]));
    world.nodes[0].kernel.send(&port("c"), None, now, |out| cbor::encode(&(&large,), out)).unwrap();
    world.send(0, &port("c"), "behind it");
    let on = port("").node;
    let name = PortName::Native {
        origin: world.nodes[0].incarnation.into(),
        number: PortNumber::counted(7, PortKind::Spawned).unwrap(),
    };
    world.nodes[0].kernel.spawn(&on, &name, "My::init", now, |out| cbor::encode(&(5,), out)).unwrap();
    world.nodes[0].kernel.demonitor(watch);
    world.outputs(0);
    let (dial, ..) = world.nodes[0].held.remove(0);
    let perl = Perl::connect(&mut world, Some(dial));
    let (text, x) = (perl.hear(&mut world), "x".repeat(100_000));
    // Large messages wait for their turn; the others keep their order.
    let expected = [
        r#"["b","first"]"#.to_owned(),
        r#"["","mon1","b"]"#.to_owned(),
        r#"["c","call"]"#.to_owned(),
        r#"["","kil1","b","killed","why not"]"#.to_owned(),
        format!(r#"["","AnyEvent::MP::_spawn","{name}","My::init",5]"#),
        r#"["","mon0","b"]"#.to_owned(),
        format!(r#"["c","{x}"]["c","behind it"]"#),
    ];
    assert_eq!(text, expected.concat());
    assert_eq!(world.nodes[0].kernel.unacknowledged(), 0);
    let _ = reply;
}

#[test]
fn a_call_is_answered_by_a_message_to_its_reply() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    let number = world.call(0, &port("b"), 5);
    assert_eq!(perl.hear(&mut world), r#"["b","call"]"#);
    let reply = PortName::Native { origin: world.nodes[0].incarnation.into(), number };
    assert!(perl.say(&mut world, &format!("[\"{reply}\",\"yes\"][\"{reply}\",\"again\"]")));
    assert_eq!(world.nodes[0].answers, [(number, Ok("yes".to_owned()))]);
}

#[test]
fn a_reply_of_the_peer_is_answered_by_a_message_and_its_absence_is_an_event() {
    let mut world = world();
    let perl = Perl::connect(&mut world, None);
    let now = world.now;
    world.nodes[0].kernel.answer(&port("r"), None, now, |out| cbor::encode(&("yes",), out)).unwrap();
    world.nodes[0].kernel.answer_failed(&port("s"), &Reason::new("no_reply", ""), now);
    assert_eq!(perl.hear(&mut world), r#"["r","yes"]"#);
    assert!(matches!(&world.nodes[0].events[..], [.., Event::MessageDropped { to, .. }] if *to == port("s")));
}

#[test]
fn a_message_that_perl_could_not_read_is_refused_at_its_sender() {
    let mut world = world();
    let perl = Perl::connect(&mut world, None);
    let now = world.now;
    let sent = world.nodes[0].kernel.send(&port("b"), None, now, |out| cbor::encode(&(f64::NAN,), out));
    assert!(matches!(sent, Err(SendError::Unreadable(EncodeError::NotFinite))));
    world.send(0, &port("b"), "the next one");
    assert_eq!(perl.hear(&mut world), r#"["b","the next one"]"#);
}

#[test]
fn one_that_was_sent_before_it_was_known_is_told_to_those_who_watch() {
    let mut world = world();
    let now = world.now;
    world.monitor(0, &port("b"));
    world.nodes[0].kernel.send(&port("b"), None, now, |out| cbor::encode(&(f64::NAN,), out)).unwrap();
    world.send(0, &port("b"), "behind it");
    world.send(0, &port("c"), "elsewhere");
    let perl = Perl::connect(&mut world, None);
    assert_eq!(perl.hear(&mut world), r#"["","mon1","b"]["c","elsewhere"]"#);
    assert_eq!(world.codes(0), ["unencodable"]);
}

#[test]
fn last_words_come_before_the_notice_of_a_death() {
    let mut world = world();
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    assert!(perl.say(&mut world, &format!("[\"\",\"mon1\",\"{}\"]", id.name)));
    let text = "x".repeat(100_000);
    world.send_from(0, &port("b"), Some(here), &text);
    world.nodes[0].kernel.close(here, Reason::new("error", "bad luck").with_details(vec![7.into()]));
    let expected = format!(r#"["b","{text}"]["","kil0","{}","error","bad luck",7]"#, id.name);
    assert_eq!(perl.hear(&mut world), expected);
}

#[test]
fn the_first_watch_is_told_and_the_end_of_the_last() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    let watches = [world.monitor(0, &port("b")), world.monitor(0, &port("b"))];
    assert_eq!(perl.hear(&mut world), r#"["","mon1","b"]"#);
    world.nodes[0].kernel.demonitor(watches[0]);
    assert_eq!(perl.hear(&mut world), "");
    world.nodes[0].kernel.demonitor(watches[1]);
    assert_eq!(perl.hear(&mut world), r#"["","mon0","b"]"#);
    world.monitor(0, &port("b"));
    world.monitor(0, &port("b"));
    assert!(perl.say(&mut world, r#"["","kil0","b","oops","a text",{"more":1}]["","kil0","b"]"#));
    assert_eq!(world.codes(0), ["oops", "oops"]);
}

#[test]
fn a_message_to_nobody_is_an_event_and_no_more() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    assert!(perl.say(&mut world, r#"["nobody",1][["nowhere"],1]"#));
    assert!(matches!(&world.nodes[0].events[..], [.., Event::MessageDropped { .. }, Event::RequestRefused { .. }]));
    assert_eq!((perl.hear(&mut world), refused(&mut world).len()), (String::new(), 1));
}

#[test]
fn what_is_no_message_ends_the_connection_and_says_so() {
    for bad in ["{}", "[\"\",", "1", "[\"\",\"a\"]x"] {
        let mut world = world();
        world.monitor(0, &port("b"));
        let mut perl = Perl::connect(&mut world, None);
        let lives = perl.say(&mut world, bad);
        wait(&mut world, millis(10));
        assert_eq!((lives, world.codes(0).len()), (bad == "[\"\",", usize::from(bad != "[\"\",")), "{bad}");
    }
}

#[test]
fn what_a_peer_holds_to_is_told() {
    let mut world = world();
    let node: PortId = PERL.parse().unwrap();
    world.monitor(0, &node);
    let contract = |world: &World| world.nodes[0].kernel.peer(&node.node).unwrap().contract;
    assert_eq!(contract(&world), None);
    Perl::connect(&mut world, None);
    let base = Contract::Base { sending: Framing::Json, receiving: Framing::Json, encrypted: false };
    assert_eq!(contract(&world), Some(base));
}
