//! The database of a node that is alone.

use std::{collections::BTreeMap, thread, time::Duration};

use aemp::{CallError, Change, Changes, DatabaseError, EntryError, Node, Port, Value};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser};

use crate::common::{QUIET, SOON, node, seen, settle};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    None,
    Of { octets: u64 },
}

#[test]
fn handles_may_go_to_other_threads() {
    fn check<T: Send + Sync>() {}
    check::<aemp::Database>();
    check::<Changes<u32>>();
    check::<aemp::Registration>();
    check::<aemp::FamilyWatch>();
    check::<aemp::Group<u32>>();
}

/// Waits for the next change, not for ever.
fn next<T: DeserializeOwned>(changes: &mut Changes<T>) -> Change<T> {
    for _ in 0..SOON.as_millis() {
        if let Some(change) = changes.try_next() {
            return change;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("no change within five seconds")
}

fn key(key: &str) -> String {
    key.to_owned()
}

#[test]
fn what_is_set_is_read() {
    let database = node().database();
    database.set("limits", "uploads", &Limit::Of { octets: 5 }).unwrap();
    database.set("limits", "downloads", &Limit::None).unwrap();
    let expected = [(key("downloads"), Limit::None), (key("uploads"), Limit::Of { octets: 5 })];
    assert_eq!(database.family("limits").wait(), Ok(BTreeMap::from(expected)));
    assert_eq!(database.keys("limits").wait(), Ok(vec![key("downloads"), key("uploads")]));
    assert_eq!(database.values("limits").wait(), Ok(vec![Limit::None, Limit::Of { octets: 5 }]));
    database.remove("limits", "downloads").unwrap();
    database.remove("limits", "never there").unwrap();
    assert_eq!(database.keys("limits").wait(), Ok(vec![key("uploads")]));
    assert_eq!(database.family::<u8>("another family").wait(), Ok(BTreeMap::new()));
}

#[test]
fn values_are_read_as_perl_nodes_mean_them() {
    let database = node().database();
    database.set("f", "text", "5").unwrap();
    database.set("f", "number", &5).unwrap();
    assert_eq!(database.values::<u8>("f").wait(), Ok(vec![5, 5]));
    assert_eq!(database.values::<String>("f").wait(), Ok(vec![key("5"), key("5")]));
}

#[test]
fn a_value_of_another_type_is_named() {
    let database = node().database();
    database.set("f", "odd", "no number").unwrap();
    let told = |error: CallError| match error {
        CallError::Decode(text) => text,
        other => panic!("{other}"),
    };
    let text = told(database.family::<u8>("f").wait().unwrap_err());
    assert!(text.contains("the value of \"odd\""), "{text}");
    told(database.values::<u8>("f").wait().unwrap_err());
}

#[test]
fn what_cannot_be_an_entry_is_refused_on_every_thread() {
    struct Unencodable;
    impl Serialize for Unencodable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(ser::Error::custom("never"))
        }
    }
    fn check(node: &Node) -> bool {
        let database = node.database();
        let refused = |error: EntryError| Err(DatabaseError::Entry(error));
        let long = "x".repeat(513);
        let large = "x".repeat(64 << 10);
        let too_large = EntryError::ValueTooLarge { size: large.len() + 5 };
        database.set(&long, "k", &1) == refused(EntryError::NameTooLong)
            && database.set("f", &long, &1) == refused(EntryError::NameTooLong)
            && database.remove("f", &long) == refused(EntryError::NameTooLong)
            && database.set("'l", "k", &1) == refused(EntryError::Reserved)
            && database.set("f", "k", &large) == refused(too_large)
            && matches!(database.set("f", "k", &Unencodable), Err(DatabaseError::Entry(EntryError::Unencodable(_))))
    }
    let node = node();
    assert!(check(&node));
    assert_eq!(node.run(|cx| check(&cx.node())).wait(), Ok(true));
    assert_eq!(node.database().keys("f").wait(), Ok(vec![]));
}

#[test]
fn one_entry_too_many_is_refused_on_every_thread_and_those_that_are_there_may_change() {
    let mut limits = aemp::Limits::default();
    limits.max_entries = 4;
    let node = Node::builder().anonymous().limits(limits).start().unwrap();
    let database = node.database();
    database.set("f", "a", &1).unwrap();
    database.set("f", "b", &1).unwrap();
    let too_many = Err(DatabaseError::Entry(EntryError::TooManyEntries { limit: 2 }));
    assert_eq!(database.set("f", "c", &1), too_many);
    assert_eq!(node.run(|cx| cx.database().set("f", "c", &1)).wait(), Ok(too_many));
    database.set("f", "a", &2).unwrap();
    assert_eq!(database.family::<u8>("f").wait(), Ok([(key("a"), 2), (key("b"), 1)].into()));
    database.remove("f", "a").unwrap();
    settle(&node);
    database.set("f", "c", &1).unwrap();
    assert_eq!(database.keys("f").wait(), Ok(vec![key("b"), key("c")]));
}

#[test]
fn a_watch_tells_all_and_then_what_changes() {
    let database = node().database();
    database.set("f", "a", &1).unwrap();
    let mut changes = database.watch::<i32>("f");
    assert_eq!(next(&mut changes), Change::Initial([(key("a"), 1)].into()));
    database.set("f", "b", &2).unwrap();
    assert_eq!(next(&mut changes), Change::Added { key: key("b"), value: 2 });
    database.set("f", "a", &3).unwrap();
    assert_eq!(next(&mut changes), Change::Changed { key: key("a"), value: 3 });
    database.remove("f", "b").unwrap();
    assert_eq!(next(&mut changes), Change::Removed { key: key("b") });
    database.set("another family", "a", &1).unwrap();
    thread::sleep(QUIET);
    assert_eq!(changes.try_next(), None);
}

#[test]
fn a_watch_tells_what_is_of_another_type() {
    let database = node().database();
    database.set("f", "good", &1).unwrap();
    database.set("f", "odd", "odd").unwrap();
    let mut changes = database.watch::<i32>("f");
    assert_eq!(next(&mut changes), Change::Initial([(key("good"), 1)].into()));
    let unreadable = |change| match change {
        Change::Unreadable { key, value, error } => (key, value, error.contains("another form")),
        other => panic!("{other:?}"),
    };
    assert_eq!(unreadable(next(&mut changes)), (key("odd"), Value::from("odd"), true));
    database.set("f", "good", &[true]).unwrap();
    assert_eq!(unreadable(next(&mut changes)), (key("good"), Value::Array(vec![true.into()]), true));
}

#[test]
fn a_watch_that_is_not_ready_can_be_given_up_without_loss() {
    let database = node().database();
    let mut changes = database.watch::<i32>("f");
    assert_eq!(changes.wait(), Some(Change::Initial([].into())));
    futures_lite::future::block_on(async {
        assert!(futures_lite::future::poll_once(changes.next()).await.is_none());
    });
    database.set("f", "a", &1).unwrap();
    assert_eq!(changes.wait(), Some(Change::Added { key: key("a"), value: 1 }));
}

#[test]
fn a_watch_ends_with_its_node() {
    let node = node();
    let mut changes = node.database().watch::<i32>("f");
    assert_eq!(changes.wait(), Some(Change::Initial([].into())));
    let waiting = thread::spawn(move || changes.wait());
    node.stop().wait().unwrap();
    assert_eq!(waiting.join().unwrap(), None);
    assert_eq!(node.database().watch::<i32>("f").wait(), None);
    assert_eq!(node.database().keys("f").wait(), Err(CallError::Stopped));
    assert_eq!(node.database().set("f", "k", &1), Err(DatabaseError::Stopped(aemp::Stopped)));
}

#[derive(Deserialize, Serialize)]
enum Told {
    Begin,
    End,
    #[serde(skip)]
    Changed(Change<i32>),
}

/// A port that watches the family `f` from the first message on, until the last.
fn watcher(node: &Node) -> (Port<Told>, crate::common::Seen<Change<i32>>) {
    let (sender, seen) = seen();
    let mut watches = Vec::new();
    let port = node.port(move |cx, told: Told| match told {
        Told::Begin => watches.push(cx.watch_family("f", Told::Changed)),
        Told::End => watches.clear(),
        Told::Changed(change) => sender.send(change).unwrap(),
    });
    (port, seen)
}

#[test]
fn changes_arrive_as_messages_until_the_watch_is_dropped() {
    let node = node();
    let database = node.database();
    let (port, seen) = watcher(&node);
    database.set("f", "a", &1).unwrap();
    node.send(&port, Told::Begin);
    seen.is(Change::Initial([(key("a"), 1)].into()));
    database.set("f", "a", &2).unwrap();
    seen.is(Change::Changed { key: key("a"), value: 2 });
    node.send(&port, Told::End);
    database.set("f", "a", &3).unwrap();
    seen.nothing_more();
}

#[test]
fn a_watch_of_a_handler_ends_with_its_port() {
    let node = node();
    let (port, seen) = watcher(&node);
    node.send(&port, Told::Begin);
    seen.is(Change::Initial([].into()));
    node.kill(&port, aemp::Reason::normal());
    node.database().set("f", "a", &1).unwrap();
    settle(&node);
    seen.nothing_more();
}

#[test]
fn a_value_whose_type_panics_kills_the_port_that_watches() {
    #[derive(Debug)]
    struct Bomb;
    impl<'de> Deserialize<'de> for Bomb {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("a bomb was read")
        }
    }
    let node = node();
    let port = node.port(|cx, (): ()| cx.watch_family("f", |_: Change<Bomb>| ()).forever());
    let monitor = node.monitor(&port);
    node.database().set("f", "a", &1).unwrap();
    node.send(&port, ());
    assert_eq!(monitor.wait().code().as_str(), "panic");
}

#[test]
fn a_registered_port_is_an_entry_until_it_dies() {
    let node = node();
    let database = node.database();
    let port = node.port(|_, (): ()| ());
    database.register("ports", &port).unwrap().forever();
    assert_eq!(database.family::<()>("ports").wait(), Ok([(port.to_string(), ())].into()));
    let mut changes = database.watch::<()>("ports");
    next(&mut changes);
    node.kill(&port, aemp::Reason::normal());
    assert_eq!(next(&mut changes), Change::Removed { key: port.to_string() });
    database.register("ports", &port).unwrap().forever();
    settle(&node);
    assert_eq!(database.keys("ports").wait(), Ok(vec![]));
}

#[test]
fn a_registration_ends_when_the_last_of_its_guards_is_dropped() {
    let node = node();
    let database = node.database();
    let port = node.port(|_, (): ()| ());
    let guards = [0, 1].map(|_| database.register("ports", &port).unwrap());
    let [first, second] = guards;
    drop(first);
    assert_eq!(database.keys("ports").wait(), Ok(vec![port.to_string()]));
    drop(second);
    assert_eq!(database.keys("ports").wait(), Ok(vec![]));
}
