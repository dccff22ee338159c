//! The directory and the database over real kernels.

use super::World;
use crate::{
    directory::{Change, DatabaseError, Query},
    id::{PortKind, PortNumber},
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
