//! The directory and the database over real kernels.

use std::collections::BTreeMap;

use super::{World, world::millis};
use crate::{
    directory::{Change, DatabaseError, Query},
    id::{PortId, PortKind, PortNumber},
    kernel::Event,
    message::cbor,
    value::Value,
};

fn added(entries: &[(&str, i64)]) -> Change {
    let entry = |(key, value): &(&str, i64)| ((*key).to_owned(), Value::from(*value));
    Change { added: entries.iter().map(entry).collect(), ..Change::default() }
}

#[test]
fn a_node_on_its_own_has_a_database() {
    let mut world = World::new(1);
    let now = world.now;
    let kernel = &mut world.nodes[0].kernel;
    kernel.db_set("colours", "red", &1.into(), now).unwrap();
    let watch = kernel.db_watch("colours", now).unwrap();
    kernel.db_set("colours", "green", &2.into(), now).unwrap();
    kernel.db_set("colours", "red", &3.into(), now).unwrap();
    kernel.db_remove("colours", "green", now).unwrap();
    kernel.db_remove("colours", "green", now).unwrap();
    kernel.db_unwatch(watch, now);
    kernel.db_set("colours", "blue", &4.into(), now).unwrap();
    world.drive();
    let told: Vec<_> = world.nodes[0].changes.iter().map(|(_, change)| change.clone()).collect();
    let changed = Change { changed: vec![("red".into(), 3.into())], ..Change::default() };
    let removed = Change { removed: vec!["green".into()], ..Change::default() };
    assert_eq!(told, [added(&[("red", 1)]), added(&[("green", 2)]), changed, removed]);
    let number = PortNumber::counted(1, PortKind::Reply).unwrap();
    world.nodes[0].kernel.db_read(&Query::Keys("colours".into()), number, now);
    world.drive();
    assert_eq!(world.nodes[0].answers, [(number, Ok("found".into()))]);
}

#[test]
fn what_the_nodes_say_about_themselves_cannot_be_written() {
    let mut world = World::new(1);
    let now = world.now;
    let kernel = &mut world.nodes[0].kernel;
    assert_eq!(kernel.db_set("'g", "me", &Value::Null, now), Err(DatabaseError::Reserved));
    assert_eq!(kernel.db_remove("'l", "me", now), Err(DatabaseError::Reserved));
    let long = "x".repeat(513);
    assert_eq!(kernel.db_set(&long, "key", &Value::Null, now), Err(DatabaseError::NameTooLong));
    let large = Value::Text("x".repeat(65_536));
    assert_eq!(kernel.db_set("f", "key", &large, now), Err(DatabaseError::ValueTooLarge { size: 65_541 }));
}

/// A member gives a program the ID of another node's port to answer to, and words that change the entries of the program's node.
#[test]
fn a_program_is_not_made_to_change_what_its_node_owns() {
    let mut world = World::new(0);
    world.global = true;
    world.add("global@127.0.0.1:1");
    (world.global, world.seeds) = (false, vec!["127.0.0.1:1".parse().unwrap()]);
    world.add("slave@127.0.0.1:2");
    let now = world.now;
    world.nodes[1].kernel.db_set("f", "own", &1.into(), now).unwrap();
    world.nodes[0].kernel.db_watch("f", now).unwrap();
    world.pass(millis(5000));
    let to: PortId = "global@127.0.0.1:1".parse().unwrap();
    let removal: BTreeMap<&str, Value> =
        [("family", "f".into()), ("set", Value::Array(Vec::new())), ("removed", Value::Array(vec!["own".into()]))]
            .into();
    let (late, now) = (1_u64 << 62, world.now);
    let words = |out: &mut Vec<u8>| cbor::encode(&("g_upd", late, "slave@127.0.0.1:2", Some(late), [&removal]), out);
    world.nodes[1].kernel.send(&to, None, now, words).unwrap();
    world.nodes[1].kernel.answer(&to, None, now, words).unwrap();
    world.pass(millis(1000));
    assert!(world.nodes[0].changes.iter().all(|(_, change)| change.removed.is_empty()), "{:?}", world.nodes[0].changes);
    assert_eq!(world.nodes[1].events.iter().filter(|event| matches!(event, Event::MessageDropped { .. })).count(), 2);
}
