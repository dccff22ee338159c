//! What one member can cost the others.

use super::network::{id, settings};
use crate::{
    directory::{
        Action, Directory, Form, Message, Refusal,
        clock::Stamp,
        entry::{Changes, Encoded, Entry},
        name::Name,
        wire::Claim,
    },
    kernel::Settings,
    limits::Limits,
    time::Time,
};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn set(key: &str, stamp: u64, value: &str) -> Changes {
    let value = Encoded::of(&value.into()).unwrap();
    Changes::set(name("f"), name(key), Entry { stamp: Stamp(stamp), value })
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
