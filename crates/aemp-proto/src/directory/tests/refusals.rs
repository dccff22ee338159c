//! What nodes may not do. A refused request changes nothing, and all pieces of what was refused go with it.

use super::network::{id, settings};
use crate::{
    directory::{
        Action, Change, Directory, Form, Message, Refusal,
        clock::Stamp,
        entry::{Changes, Encoded, Entry},
        name::Name,
        wire::Claim,
    },
    limits::Limits,
    time::Time,
};

/// A global node with a watcher, a slave `n1`, another global node `n2`, and a stranger `n3`.
struct Master(Directory);

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn set(key: &str, value: i64) -> Changes {
    let value = Encoded::of(&value.into()).unwrap();
    Changes::set(name("f"), name(key), Entry { stamp: Stamp(5), value })
}

fn many(count: i64) -> Changes {
    let mut all = set("0", 0);
    (1..count).for_each(|n| all.set.extend(set(&n.to_string(), n).set));
    all
}

fn slave(left: u32, part: Vec<Changes>) -> Message {
    Message::Slave(Stamp(1), Stamp(1), Vec::new(), left, part)
}

fn claim(owner: usize, part: Vec<Changes>) -> Claim {
    Claim { owner: id(owner), since: Stamp(1), part }
}

impl Master {
    fn new() -> Self {
        let mut limits = Limits::default();
        (limits.max_entries, limits.max_owners, limits.max_database_watches, limits.max_seeds) = (4, 2, 2, 1);
        limits.max_owned = 400;
        let mut master = Self(Directory::new(&crate::kernel::Settings { global: true, limits, ..settings(0, &[]) }));
        master.0.watch("f", Time::ZERO).unwrap();
        (1..4).for_each(|n| master.0.up(&id(n), Form::Native, Time::ZERO));
        master.hear(1, slave(0, vec![set("of slave", 1)])).unwrap();
        master.hear(2, Message::Global(Stamp(1))).unwrap();
        master.hear(2, Message::Set(Stamp(1), 0, vec![claim(2, vec![set("of global", 2)])])).unwrap();
        master.changes();
        master
    }

    fn hear(&mut self, from: usize, message: Message) -> Result<(), Refusal> {
        self.0.receive(&id(from), message, Time::ZERO)
    }

    fn changes(&mut self) -> Vec<Change> {
        let actions = std::iter::from_fn(|| self.0.next_action());
        actions
            .filter_map(|action| if let Action::Changed { change, .. } = action { Some(change) } else { None })
            .collect()
    }

    fn refuses(&mut self, from: usize, message: Message, refusal: &Refusal) {
        let shown = format!("{message:?}");
        assert_eq!(self.hear(from, message).as_ref(), Err(refusal), "{shown}");
        assert_eq!(self.changes(), [], "{shown}");
    }
}

#[test]
fn nobody_changes_what_is_not_its_own() {
    let mut master = Master::new();
    let update = |owner: usize| Message::Update(Stamp(9), id(owner), Some(Stamp(9)), vec![set("x", 1)]);
    master.refuses(1, update(0), &Refusal::NotItsOwn { owner: id(0) });
    master.refuses(1, update(2), &Refusal::NotItsOwn { owner: id(2) });
    master.refuses(3, update(3), &Refusal::NotASlave);
    master.refuses(1, Message::Set(Stamp(9), 0, Vec::new()), &Refusal::NotAGlobal);
    master.refuses(3, Message::Set(Stamp(9), 0, Vec::new()), &Refusal::NotAGlobal);
    master.refuses(2, slave(0, Vec::new()), &Refusal::GlobalAlready);
    // What only a master says is not listened to.
    master.hear(1, Message::Changed(Stamp(9), name("f"), Vec::new(), vec![name("of slave")])).unwrap();
    assert_eq!(master.changes(), []);
}

#[test]
fn each_limit_is_named_in_what_it_refuses() {
    let mut master = Master::new();
    let many_of = |owner| Refusal::TooManyEntries { owner: id(owner), limit: 4 };
    master.refuses(1, slave(0, vec![many(5)]), &many_of(1));
    master.refuses(2, Message::Set(Stamp(1), 0, vec![claim(7, vec![many(5)])]), &many_of(7));
    master.refuses(1, Message::Update(Stamp(1), id(1), Some(Stamp(1)), vec![many(4)]), &many_of(1));
    let large = Encoded::of(&"x".repeat(500).into()).unwrap();
    let large = Changes { set: vec![(name("k"), Stamp(1), large)], ..Changes::none(name("f")) };
    master.refuses(1, slave(0, vec![large.clone()]), &Refusal::TooLarge { owner: id(1), limit: 400 });
    let update = Message::Update(Stamp(1), id(8), Some(Stamp(1)), vec![large]);
    master.refuses(2, update, &Refusal::TooLarge { owner: id(8), limit: 400 });
    let owners = (5..8).map(|owner| claim(owner, vec![set("k", 1)])).collect();
    master.refuses(2, Message::Set(Stamp(1), 0, owners), &Refusal::TooManyOwners { limit: 2 });
    master.hear(2, Message::Update(Stamp(1), id(5), Some(Stamp(1)), Vec::new())).unwrap();
    let update = Message::Update(Stamp(1), id(6), Some(Stamp(1)), Vec::new());
    master.refuses(2, update, &Refusal::TooManyOwners { limit: 2 });
    let seeds = (1..3).map(super::network::address).collect();
    master.refuses(3, Message::Slave(Stamp(1), Stamp(1), seeds, 0, Vec::new()), &Refusal::TooManySeeds { limit: 1 });
    for family in ["a", "b"] {
        master.hear(3, Message::Watch(Stamp(1), name(family))).unwrap();
    }
    master.refuses(3, Message::Watch(Stamp(1), name("c")), &Refusal::TooManyWatches { limit: 2 });
}

#[test]
fn all_that_one_global_node_answers_for_has_a_limit() {
    let limits = Limits { max_claimed: 4_000, ..Limits::default() };
    let full = Refusal::Full { limit: 4_000 };
    let mut master = Master(Directory::new(&crate::kernel::Settings { global: true, limits, ..settings(0, &[]) }));
    (1..4).for_each(|n| master.0.up(&id(n), Form::Native, Time::ZERO));
    master.hear(1, Message::Global(Stamp(1))).unwrap();
    let large = |key: &str| {
        let value = Encoded::of(&"x".repeat(1_000).into()).unwrap();
        Changes { set: vec![(name(key), Stamp(1), value)], ..Changes::none(name("f")) }
    };
    let three = || ["a", "b", "c"].map(large).to_vec();
    // Of another global node, in its content and later.
    let claims = |last: &str| vec![claim(1, three()), claim(7, vec![large(last)])];
    master.refuses(1, Message::Set(Stamp(1), 0, claims("d")), &full);
    master.hear(1, Message::Set(Stamp(1), 0, vec![claim(1, three())])).unwrap();
    let update = |owner: usize| Message::Update(Stamp(2), id(owner), Some(Stamp(2)), vec![large("d")]);
    master.refuses(1, update(1), &full);
    master.refuses(1, update(7), &full);
    // Of this node's slaves together.
    master.hear(2, slave(0, three())).unwrap();
    master.refuses(3, slave(0, vec![large("d")]), &full);
    master.refuses(2, update(2), &full);
}

#[test]
fn a_part_counts_when_all_its_pieces_are_there_and_none_was_refused() {
    let mut master = Master::new();
    master.hear(1, slave(2, vec![set("a", 1)])).unwrap();
    master.hear(1, slave(1, vec![set("b", 2)])).unwrap();
    assert_eq!(master.changes(), []);
    master.hear(1, slave(0, vec![set("c", 3)])).unwrap();
    let [change] = &master.changes()[..] else { panic!("one change") };
    assert_eq!((change.added.len(), change.removed.len()), (3, 1), "{change:?}");
    // A piece is missing, so what follows belongs to nothing.
    master.hear(1, slave(2, vec![set("d", 1)])).unwrap();
    master.refuses(1, slave(0, vec![set("e", 1)]), &Refusal::OutOfTurn);
    // The second piece is too much, and the third does not count without it.
    master.hear(1, slave(2, vec![set("d", 1)])).unwrap();
    master.refuses(1, slave(1, vec![many(4)]), &Refusal::TooManyEntries { owner: id(1), limit: 4 });
    master.hear(1, slave(0, vec![set("e", 1)])).unwrap();
    assert_eq!(master.changes(), []);
}

#[test]
fn a_node_that_is_not_global_is_asked_for_nothing() {
    let mut plain = Directory::new(&settings(0, &[]));
    plain.up(&id(1), Form::Native, Time::ZERO);
    let asked = plain.receive(&id(1), Message::Watch(Stamp(1), name("f")), Time::ZERO);
    assert_eq!(asked, Err(Refusal::NotAsked));
}

#[test]
fn what_was_given_up_makes_room() {
    let mut master = Master::new();
    for round in 0..5 {
        // A global node speaks for itself and one other at most, one after the other.
        let one = |since| Message::Update(Stamp(1), id(10 + round), since, vec![set("of another", 1)]);
        master.hear(2, one(Some(Stamp(1)))).unwrap();
        master.hear(2, one(None)).unwrap();
        for family in ["a", "b"] {
            master.hear(3, Message::Watch(Stamp(1), name(&format!("{family}{round}")))).unwrap();
        }
        master.0.lost(&id(3), Time::ZERO);
        master.0.up(&id(3), Form::Native, Time::ZERO);
    }
}
