//! What one member can cost the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::network::{address, id, settings};
use crate::{
    directory::{
        Action, Change, Directory, Form, Message, Reached, Refusal,
        clock::Stamp,
        entry::{Changes, Encoded, Entry},
        name::Name,
        wire::Claim,
    },
    id::NodeId,
    kernel::Settings,
    limits::Limits,
    time::Time,
    value::Value,
};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn set(key: &str, stamp: u64, value: &str) -> Changes {
    let value = Encoded::of(&value.into()).unwrap();
    Changes::set(name("f"), name(key), Entry { stamp: Stamp(stamp), value })
}

fn changes(directory: &mut Directory) -> Vec<Change> {
    let actions = std::iter::from_fn(|| directory.next_action());
    actions.filter_map(|action| if let Action::Changed { change, .. } = action { Some(change) } else { None }).collect()
}

fn global(limits: Limits) -> Directory {
    let mut global = Directory::new(&Settings { global: true, limits, ..settings(0, &[]) });
    global.up(&id(1), Form::Native, Time::ZERO);
    global
}

#[test]
fn a_key_that_is_named_more_than_once_makes_no_room() {
    let limits = Limits { max_entries: 2, max_owned: 2_000, ..Limits::default() };
    let mut global = global(limits);
    let mut hear = |message| global.receive(&id(1), message, Time::ZERO);
    let large = || set("large", 1, &"x".repeat(1_000));
    hear(Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, vec![large()])).unwrap();
    let mut update = |changes| hear(Message::Update(Stamp(1), id(1), Some(Stamp(1)), changes));
    let too_large = Err(Refusal::TooLarge { owner: id(1), limit: 2_000 });
    let another = || set("another", 1, &"x".repeat(1_500));
    let removed = |count| Changes { removed: vec![name("large"); count], ..Changes::none(name("f")) };
    assert_eq!(update(vec![removed(2), large(), another()]), too_large);
    assert_eq!(update(vec![large(), large(), another()]), too_large);
    let three = Changes { set: ["a", "b", "c"].map(|key| set(key, 1, "").set).concat(), ..removed(2) };
    assert_eq!(update(vec![three]), Err(Refusal::TooManyEntries { owner: id(1), limit: 2 }));
    assert_eq!(update(vec![removed(2), another()]), Ok(()));
}

#[test]
fn all_that_a_slave_watches_is_told_by_a_master_that_waits_for_others() {
    let limits = Limits { max_queries: 1, max_database_watches: 4, ..Limits::default() };
    let mut master = Directory::new(&Settings { limits, ..settings(0, &[7]) });
    master.up(&id(1), Form::Native, Time::ZERO);
    let mut hear = |message| master.receive(&id(1), message, Time::ZERO);
    hear(Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, Vec::new())).unwrap();
    let families = ["a", "b", "c", "d"].map(name);
    hear(Message::Find(Stamp(1), id(9))).unwrap();
    for family in &families {
        hear(Message::Watch(Stamp(1), family.clone())).unwrap();
    }
    hear(Message::ReadKeys(Stamp(1), name("f"), name("1"))).unwrap();
    master.tick(Time::new(Duration::from_secs(1)));
    let actions = std::iter::from_fn(|| master.next_action());
    let told = actions.filter_map(|action| match action {
        Action::Send { message: Message::Content(_, family, ..), .. } => Some(family),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), families);
}

/// If each change took longer by the number of owners, this would take minutes.
#[test]
fn a_key_that_all_have_costs_no_more_than_others() {
    let mut global = global(Limits::default());
    global.watch("f", Time::ZERO).unwrap();
    let claim = |owner| Claim { owner: id(owner), since: Stamp(1), part: vec![set("key", 5, &owner.to_string())] };
    let all = Message::Set(Stamp(1), 0, (2..50_000).map(claim).collect());
    for message in [Message::Global(Stamp(1)), all, Message::Set(Stamp(1), 0, Vec::new())] {
        global.receive(&id(1), message, Time::ZERO).unwrap();
    }
    let [_, added, removed] = &changes(&mut global)[..] else { panic!("the content, and two changes") };
    assert_eq!(added.added, [("key".to_owned(), "9999".into())]);
    assert_eq!(removed.removed, ["key"]);
}

/// If the part were copied for each change, this would take minutes.
#[test]
fn a_change_of_a_part_that_does_not_count_costs_no_more_than_others() {
    let mut global = global(Limits::default());
    let mut hear = |message| global.receive(&id(1), message, Time::ZERO);
    hear(Message::Global(Stamp(1))).unwrap();
    let mut part = set("0", 1, "");
    (1..50_000).for_each(|key| part.set.extend(set(&key.to_string(), 1, "").set));
    let claim = Claim { owner: id(0), since: Stamp(1), part: vec![part] };
    hear(Message::Set(Stamp(1), 0, vec![claim])).unwrap();
    for stamp in 0..10_000 {
        hear(Message::Update(Stamp(1), id(0), Some(Stamp(1)), vec![set("0", stamp, "")])).unwrap();
    }
}

/// If each piece took longer by what has arrived, this would take minutes.
#[test]
fn a_piece_costs_no_more_the_more_has_arrived() {
    let mut global = global(Limits::default());
    let mut hear = |message| global.receive(&id(1), message, Time::ZERO);
    hear(Message::Global(Stamp(1))).unwrap();
    let claim = |owner| Claim { owner: id(owner), since: Stamp(1), part: vec![set("key", 1, "")] };
    hear(Message::Set(Stamp(1), 50_000, (2..50_002).map(claim).collect())).unwrap();
    for left in (0..50_000).rev() {
        hear(Message::Set(Stamp(1), left, vec![claim(2)])).unwrap();
    }
}

/// If what others claim were looked through for each of these, it would take minutes.
#[test]
fn a_global_node_that_claims_nothing_costs_nothing() {
    let mut global = global(Limits::default());
    global.up(&id(2), Form::Native, Time::ZERO);
    let mut hear = |from, message| global.receive(&id(from), message, Time::ZERO).unwrap();
    hear(1, Message::Global(Stamp(1)));
    hear(2, Message::Global(Stamp(1)));
    let claim = |owner| Claim { owner: id(owner), since: Stamp(1), part: vec![set("key", 1, "")] };
    hear(1, Message::Set(Stamp(1), 0, (2..50_000).map(claim).collect()));
    for _ in 0..50_000 {
        hear(2, Message::Set(Stamp(1), 0, Vec::new()));
    }
}

#[test]
fn what_a_global_node_repeats_is_not_told_again() {
    let mut global = global(Limits::default());
    global.up(&id(2), Form::Native, Time::ZERO);
    let mut said = |from, message| {
        global.receive(&id(from), message, Time::ZERO).unwrap();
        std::iter::from_fn(|| global.next_action()).collect::<Vec<_>>()
    };
    said(1, Message::Global(Stamp(1)));
    said(2, Message::Global(Stamp(1)));
    let all = || Message::Set(Stamp(1), 0, Vec::new());
    assert_ne!(said(1, all()), []);
    assert_eq!(said(1, all()), []);
}

/// Half-precision numbers need three octets where they are kept, and nine where they are read.
#[test]
fn an_answer_that_grows_when_it_is_encoded_is_still_no_larger_than_a_message() {
    let limits = Limits { max_message: 10_000, ..Limits::default() };
    let mut global = global(limits);
    let half = [0xf9, 0x3e, 0x00];
    let halves = [&[0x99, 0x07, 0xd0][..], &half.repeat(2_000)].concat();
    let value = Encoded::try_from(crate::value::Bytes::from(halves)).unwrap();
    let part = Changes { set: vec![(name("k"), Stamp(1), value)], ..Changes::none(name("f")) };
    let mut hear = |message| global.receive(&id(1), message, Time::ZERO).unwrap();
    hear(Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, vec![part]));
    hear(Message::ReadFamily(Stamp(1), name("f"), name("1")));
    let replies = std::iter::from_fn(|| global.next_action()).filter_map(|action| match action {
        Action::Send { message: Message::Reply(_, _, octets), .. } => Some(octets.map(|octets| octets.len())),
        _ => None,
    });
    assert_eq!(replies.collect::<Vec<_>>(), [None]);
}

#[test]
fn a_change_that_is_too_much_for_one_message_comes_in_several() {
    let mut global = global(Limits::default());
    global.up(&id(2), Form::Native, Time::ZERO);
    let mut said = |from, message| {
        global.receive(&id(from), message, Time::ZERO).unwrap();
        std::iter::from_fn(|| global.next_action()).collect::<Vec<_>>()
    };
    said(2, Message::Watch(Stamp(1), name("f")));
    let value = "x".repeat(60_000);
    let mut part = set("k0", 1, &value);
    (1..40).for_each(|key| part.set.extend(set(&format!("k{key}"), 1, &value).set));
    let told = said(1, Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, vec![part]));
    let pieces = told.iter().filter_map(|action| match action {
        Action::Send { to, message: Message::Changed(_, _, set, _) } if *to == id(2) => Some(set.len()),
        _ => None,
    });
    assert_eq!(pieces.collect::<Vec<_>>(), [18, 18, 4]);
    let told = said(1, Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, vec![set("new", 2, "")]));
    let changed = told.iter().filter_map(|action| match action {
        Action::Send { message: Message::Changed(_, _, set, removed), .. } => Some((set.len(), removed.len())),
        _ => None,
    });
    assert_eq!(changed.collect::<Vec<_>>(), [(1, 40)]);
}

#[test]
fn made_up_global_nodes_are_tried_in_rounds_of_few() {
    let mut global = global(Limits { max_seeds: 100, ..Limits::default() });
    let addresses = |n: u64| (0..90).map(|port| Value::from(format!("10.0.{n}.1:{}", port + 1))).collect();
    let in_family = |family, key: &str, value: &Value| {
        let entry = Entry { stamp: Stamp(1), value: Encoded::of(value).unwrap() };
        Changes::set(name(family), name(key), entry)
    };
    let part = (0..9).flat_map(|n| {
        let node = format!("made-up-{n}");
        [in_family("'g", &node, &Value::Null), in_family("'l", &node, &Value::Array(addresses(n)))]
    });
    let message = Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, part.collect());
    global.receive(&id(1), message, Time::ZERO).unwrap();
    let mut now = Time::ZERO;
    let mut rounds = [0; 20].map(|_| {
        now = global.deadline().unwrap().max(now);
        global.tick(now);
        let mut tried = BTreeMap::new();
        while let Some(action) = global.next_action() {
            if let Action::Dial { address, expect: Some(node) } = action {
                *tried.entry(node).or_insert(0) += 1;
                global.dialled(&address, &Reached::Nobody, now);
            }
        }
        tried
    });
    assert!(
        rounds.iter().all(|tried| tried.values().sum::<usize>() <= 100 && tried.values().all(|tries| *tries <= 32))
    );
    let tried: BTreeSet<NodeId> = rounds.iter_mut().flat_map(std::mem::take).map(|(node, _)| node).collect();
    assert_eq!(tried.len(), 9, "each has its turn");
}

/// A slave of `n1`, which watches the family `f`, for whose content there are 1,000 octets.
fn slave() -> Directory {
    let limits = Limits { max_claimed: 1_000, ..Limits::default() };
    let mut slave = Directory::new(&Settings { limits, ..settings(0, &[1]) });
    slave.watch("f", Time::ZERO).unwrap();
    slave.dialled(&address(1), &Reached::Node(id(1)), Time::ZERO);
    slave.up(&id(1), Form::Native, Time::ZERO);
    slave
}

fn pair(key: &str, octets: usize) -> (Name, Encoded) {
    (name(key), Encoded::of(&"x".repeat(octets).into()).unwrap())
}

#[test]
fn a_master_that_never_ends_its_content_fills_no_memory() {
    let mut slave = slave();
    let mut content = |left, key| {
        slave.receive(&id(1), Message::Content(Stamp(1), name("f"), left, vec![pair(key, 900)]), Time::ZERO)
    };
    let refusal = Err(Refusal::FamilyTooLarge { limit: 1_000 });
    assert_eq!(["a", "b", "c", "d"].map(|key| content(9, key)), [Ok(()), Ok(()), refusal.clone(), refusal.clone()]);
    // With its last piece it is over, and the next content is another.
    assert_eq!(content(0, "e"), refusal);
    assert_eq!(content(0, "f"), Ok(()));
    let told = changes(&mut slave);
    assert!(matches!(&told[..], [change] if change.added.len() == 1), "{told:?}");
}

#[test]
fn a_master_that_sets_more_and_more_fills_no_memory() {
    let mut slave = slave();
    let mut hear = |message| slave.receive(&id(1), message, Time::ZERO);
    hear(Message::Content(Stamp(1), name("f"), 0, Vec::new())).unwrap();
    let mut set = |key| hear(Message::Changed(Stamp(1), name("f"), vec![pair(key, 900)], Vec::new()));
    let refusal = Err(Refusal::FamilyTooLarge { limit: 1_000 });
    assert_eq!(["a", "a", "b", "c"].map(&mut set), [Ok(()), Ok(()), Ok(()), refusal]);
    hear(Message::Changed(Stamp(1), name("f"), Vec::new(), vec![name("a")])).unwrap();
    let mut set = |key| hear(Message::Changed(Stamp(1), name("f"), vec![pair(key, 900)], Vec::new()));
    assert_eq!(set("c"), Ok(()));
    assert_eq!(changes(&mut slave).len(), 5, "the content, and what was not refused and is different");
}
