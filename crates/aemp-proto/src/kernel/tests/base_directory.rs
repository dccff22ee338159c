//! Base peers as slaves, masters and equals, over the connections of real kernels.

use super::{
    World,
    perl::{Perl, refused, world},
};
use crate::{directory::Change, id::Address, value::Value};

#[test]
fn a_base_peer_registers_and_is_told_what_changes() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, r#"["","g_slave"]["","g_slave",{"fam":{"its":1}}]["","g_mon1","fam"]"#);
    assert_eq!(perl.hear(&mut world), r#"["","g_global"]["","g_chg1","fam",{"its":1}]"#);
    let now = world.now;
    world.nodes[0].kernel.db_set("fam", "ours", &2.into(), now).unwrap();
    world.outputs(0);
    assert_eq!(perl.hear(&mut world), r#"["","g_chg2","fam",{"ours":2},[]]"#);
    let watch = world.nodes[0].kernel.db_watch("fam", now).unwrap();
    world.outputs(0);
    perl.hang_up(&mut world);
    let added = vec![("its".to_owned(), 1.into()), ("ours".to_owned(), 2.into())];
    let removed = Change { removed: vec!["its".to_owned()], ..Change::default() };
    let told = [(watch, Change { added, ..Change::default() }), (watch, removed)];
    assert_eq!(world.nodes[0].changes, told);
}

#[test]
fn a_base_peer_that_a_seed_leads_to_is_the_master() {
    let mut world = World::new(0);
    world.dial_at_once = false;
    world.seeds = vec!["127.0.0.1:9".parse::<Address>().unwrap()];
    world.add("n0@127.0.0.1:4000");
    world.outputs(0);
    let (dial, ..) = world.nodes[0].held[0].clone();
    let mut perl = Perl::connect(&mut world, Some(dial));
    world.outputs(0);
    let part = r#"["","g_slave",{"'l":{"n0@127.0.0.1:4000":["127.0.0.1:4000"]}}]"#;
    assert_eq!(perl.hear(&mut world), format!(r#"["","g_slave"]{part}"#));
    let now = world.now;
    let watch = world.nodes[0].kernel.db_watch("fam", now).unwrap();
    world.outputs(0);
    assert_eq!(perl.hear(&mut world), r#"["","g_mon1","fam"]"#);
    perl.say(&mut world, r#"["","g_chg1","fam",{"k":"v"}]"#);
    let added = Change { added: vec![("k".to_owned(), "v".into())], ..Change::default() };
    assert_eq!(world.nodes[0].changes, [(watch, added)]);
}

#[test]
fn a_base_peer_that_is_a_seed_of_a_global_node_is_asked_to_be_global() {
    let mut world = World::new(0);
    world.dial_at_once = false;
    world.seeds = vec!["127.0.0.1:9".parse::<Address>().unwrap()];
    world.global = true;
    world.add("n0@127.0.0.1:4000");
    world.outputs(0);
    let (dial, ..) = world.nodes[0].held[0].clone();
    let mut perl = Perl::connect(&mut world, Some(dial));
    world.outputs(0);
    assert_eq!(perl.hear(&mut world), r#"["","g_global"]["","g_slave"]"#);
    perl.say(&mut world, r#"["","g_global"]"#);
    assert!(perl.hear(&mut world).starts_with(r#"["","g_set""#));
}

#[test]
fn what_is_malformed_is_refused_and_the_peer_goes_on() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, r#"["","g_upd","fam",7]["","g_nothing"]["","g_set",{}]["","g_mon1","fam"]["","g_slave",{}]"#);
    assert_eq!(refused(&mut world).len(), 4);
    perl.say(&mut world, r#"["","g_db_keys","fam","b"]"#);
    assert_eq!(perl.hear(&mut world), r#"["","g_global"]["","g_reply","b",[]]"#);
}

#[test]
fn a_value_that_perl_cannot_read_is_nothing_to_a_base_peer() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, r#"["","g_slave",{}]["","g_mon1","fam"]"#);
    assert_eq!(perl.hear(&mut world), r#"["","g_global"]["","g_chg1","fam",{}]"#);
    let now = world.now;
    world.nodes[0].kernel.db_set("fam", "odd", &f64::NAN.into(), now).unwrap();
    world.outputs(0);
    assert_eq!(perl.hear(&mut world), r#"["","g_chg2","fam",{"odd":null},[]]"#);
    perl.say(&mut world, r#"["","g_db_family","fam","b"]["","g_db_values","fam","c"]"#);
    assert_eq!(perl.hear(&mut world), r#"["","g_reply","b",{"odd":null}]["","g_reply","c",[null]]"#);
}

#[test]
fn the_deepest_value_that_can_be_set_is_told_to_a_base_peer() {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, r#"["","g_slave",{}]["","g_mon1","fam"]"#);
    perl.hear(&mut world);
    let now = world.now;
    let deep = |levels| (1..levels).fold(Value::Array(Vec::new()), |inner, _| Value::Array(vec![inner]));
    let most = (1..=world.limits.max_depth).rev().find(|levels| {
        let set = world.nodes[0].kernel.db_set("fam", "deep", &deep(*levels), now);
        set.is_ok()
    });
    world.outputs(0);
    let shown = ["[".repeat(most.unwrap()), "]".repeat(most.unwrap())].concat();
    assert_eq!(perl.hear(&mut world), format!(r#"["","g_chg2","fam",{{"deep":{shown}}},[]]"#));
    perl.say(&mut world, r#"["","g_db_family","fam","b"]"#);
    assert_eq!(perl.hear(&mut world), format!(r#"["","g_reply","b",{{"deep":{shown}}}]"#));
}

#[test]
fn a_global_base_peer_is_told_nothing_in_place_of_what_perl_cannot_read() {
    let mut world = world();
    let now = world.now;
    world.nodes[0].kernel.db_set("fam", "odd", &f64::NAN.into(), now).unwrap();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, r#"["","g_slave"]["","g_global"]"#);
    let part = r#"{"'g":{"n0@127.0.0.1:4000":null},"'l":{"n0@127.0.0.1:4000":["127.0.0.1:4000"]},"fam":{"odd":null}}"#;
    assert_eq!(perl.hear(&mut world), format!(r#"["","g_global"]["","g_set",{part}]"#));
}
