//! Sessions come and go.

use std::time::Duration;

use super::network::{address, id, settings};
use crate::{
    directory::{
        Action, Directory, Form, Message, Reached,
        clock::Stamp,
        entry::{Changes, Encoded, Entry},
        name::Name,
        wire::Claim,
    },
    kernel::Settings,
    time::Time,
};

fn at(seconds: u64) -> Time {
    Time::ZERO.after(Duration::from_secs(seconds))
}

fn actions(slave: &mut Directory) -> Vec<Action> {
    std::iter::from_fn(|| slave.next_action()).collect()
}

#[test]
fn a_seed_that_came_back_by_itself_is_the_master_again() {
    let mut slave = Directory::new(&settings(0, &[1]));
    slave.dialled(&address(1), &Reached::Node(id(1)), at(0));
    slave.up(&id(1), Form::Native, at(0));
    assert!(actions(&mut slave).contains(&Action::MasterFound(id(1))));
    slave.lost(&id(1), at(1));
    while actions(&mut slave).iter().any(|action| matches!(action, Action::Dial { .. })) {
        slave.dialled(&address(1), &Reached::Nobody, at(2));
    }
    // A program of the seed sends something to this node.
    slave.up(&id(1), Form::Native, at(3));
    actions(&mut slave);
    slave.tick(at(20));
    assert!(actions(&mut slave).contains(&Action::MasterFound(id(1))));
}

#[test]
fn what_was_for_a_lost_session_does_not_go_into_the_next_one() {
    let mut global = Directory::new(&Settings { global: true, ..settings(0, &[]) });
    for n in [1, 2] {
        global.up(&id(n), Form::Native, at(0));
        global.receive(&id(n), Message::Global(Stamp(1)), at(0)).unwrap();
        global.receive(&id(n), Message::Set(Stamp(1), 0, Vec::new()), at(0)).unwrap();
    }
    actions(&mut global);
    global.lost(&id(1), at(1));
    global.lost(&id(2), at(1));
    let sends = |action: &Action| matches!(action, Action::Send { .. });
    assert!(!actions(&mut global).iter().any(sends));
}

/// A global node with a watcher, and another one that has told it of an entry of its own.
fn two_globals() -> Directory {
    let mut global = Directory::new(&Settings { global: true, ..settings(0, &[]) });
    global.watch("f", at(0)).unwrap();
    content(&mut global, at(0));
    actions(&mut global);
    global
}

fn content(global: &mut Directory, now: Time) {
    let value = Encoded::of(&1.into()).unwrap();
    let set = Changes::set(Name::new("f").unwrap(), Name::new("k").unwrap(), Entry { stamp: Stamp(5), value });
    global.up(&id(1), Form::Native, now);
    global.receive(&id(1), Message::Global(Stamp(1)), now).unwrap();
    let claim = Claim { owner: id(1), since: Stamp(1), part: vec![set] };
    global.receive(&id(1), Message::Set(Stamp(1), 0, vec![claim]), now).unwrap();
}

fn watcher_was_told(global: &mut Directory) -> Vec<usize> {
    let told = |action| if let Action::Changed { change, .. } = action { Some(change.removed.len()) } else { None };
    actions(global).into_iter().filter_map(told).collect()
}

#[test]
fn a_global_node_that_comes_back_in_time_has_taken_nothing_with_it() {
    let mut global = two_globals();
    global.lost(&id(1), at(1));
    global.tick(at(10));
    content(&mut global, at(10));
    global.tick(at(60));
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
}

#[test]
fn a_global_node_that_stays_away_takes_its_entries_with_it() {
    let mut global = two_globals();
    global.lost(&id(1), at(1));
    global.tick(at(10));
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
    global.tick(at(12));
    assert_eq!(watcher_was_told(&mut global), [1]);
}

#[test]
fn a_slave_that_becomes_global_is_told_nothing_more_as_a_watcher() {
    let mut master = Directory::new(&Settings { global: true, ..settings(0, &[]) });
    master.up(&id(1), Form::Native, at(0));
    let registered = Message::Slave(Stamp(1), Stamp(1), Vec::new(), 0, Vec::new());
    let watches = Message::Watch(Stamp(1), Name::fixed("f"));
    for message in [registered, watches, Message::Global(Stamp(1)), Message::Set(Stamp(1), 0, Vec::new())] {
        master.receive(&id(1), message, at(0)).unwrap();
    }
    actions(&mut master);
    master.set("f", "k", &1.into(), at(0)).unwrap();
    let told = actions(&mut master);
    assert!(matches!(&told[..], [Action::Send { message: Message::Update(..), .. }]), "{told:?}");
}

/// Another process of the global node that was lost is back, without its slave.
fn restarted() -> Directory {
    let mut global = two_globals();
    let of_slave = |since| Message::Update(Stamp(9), id(2), Some(Stamp(since)), vec![entry("of slave")]);
    global.receive(&id(1), of_slave(2), at(1)).unwrap();
    actions(&mut global);
    global.lost(&id(1), at(1));
    global.up(&id(1), Form::Native, at(2));
    global.receive(&id(1), Message::Global(Stamp(20)), at(2)).unwrap();
    let claim = Claim { owner: id(1), since: Stamp(20), part: vec![entry("k")] };
    global.receive(&id(1), Message::Set(Stamp(20), 0, vec![claim]), at(2)).unwrap();
    global
}

fn entry(key: &str) -> Changes {
    let value = Encoded::of(&1.into()).unwrap();
    Changes::set(Name::new("f").unwrap(), Name::new(key).unwrap(), Entry { stamp: Stamp(5), value })
}

#[test]
fn a_global_node_that_is_started_anew_has_taken_nothing_of_its_slaves_with_it() {
    let mut global = restarted();
    global.tick(at(10));
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
    // The slave registers with the new process, and has another key by now.
    let registered = Message::Update(Stamp(30), id(2), Some(Stamp(30)), vec![entry("of slave"), entry("new")]);
    global.receive(&id(1), registered, at(10)).unwrap();
    global.tick(at(60));
    assert_eq!(watcher_was_told(&mut global), [0], "a key is added, and none removed");
    let again = Message::Update(
        Stamp(31),
        id(2),
        Some(Stamp(30)),
        vec![Changes::remove(Name::new("f").unwrap(), Name::new("new").unwrap())],
    );
    global.receive(&id(1), again, at(60)).unwrap();
    assert_eq!(watcher_was_told(&mut global), [1], "as ever");
}

#[test]
fn what_the_same_process_does_not_claim_any_more_is_gone_at_once() {
    let mut global = two_globals();
    let of_slave = Message::Update(Stamp(9), id(2), Some(Stamp(2)), vec![entry("of slave")]);
    global.receive(&id(1), of_slave, at(1)).unwrap();
    actions(&mut global);
    global.lost(&id(1), at(1));
    content(&mut global, at(2));
    assert_eq!(watcher_was_told(&mut global), [1]);
}

/// The next process of the global node, with a slave that has so much.
fn restart(global: &mut Directory, second: u64, owner: usize, text: &str) {
    let value = Encoded::of(&text.into()).unwrap();
    let key = Name::new(&second.to_string()).unwrap();
    let part = vec![Changes::set(Name::new("g").unwrap(), key, Entry { stamp: Stamp(5), value })];
    global.lost(&id(1), at(second));
    global.up(&id(1), Form::Native, at(second));
    global.receive(&id(1), Message::Global(Stamp(40 + second)), at(second)).unwrap();
    let since = Stamp(40 + second);
    let claims = vec![Claim { owner: id(1), since, part: vec![entry("k")] }, Claim { owner: id(owner), since, part }];
    global.receive(&id(1), Message::Set(since, 0, claims), at(second)).unwrap();
}

#[test]
fn of_former_processes_no_more_is_kept_than_one_may_claim() {
    let mut global = restarted();
    // The second process ends as well.
    restart(&mut global, 3, 3, "");
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
    global.limits.max_claimed = 1_000;
    restart(&mut global, 4, 4, &"x".repeat(900));
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
    restart(&mut global, 5, 5, &"x".repeat(900));
    assert_eq!(watcher_was_told(&mut global), [1], "what was kept of the first one had to go");
}

#[test]
fn of_former_processes_no_more_owners_are_kept_than_one_may_have() {
    let mut global = restarted();
    global.limits.max_owners = 3;
    restart(&mut global, 3, 3, "");
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
    restart(&mut global, 4, 4, "");
    assert_eq!(watcher_was_told(&mut global), [1], "the slave of the first one had to go");
}

#[test]
fn what_is_kept_of_a_former_process_refuses_nothing_that_the_present_one_claims() {
    let mut global = restarted();
    global.limits.max_owners = 2;
    let registered = Message::Update(Stamp(30), id(9), Some(Stamp(30)), vec![entry("of another")]);
    global.receive(&id(1), registered, at(3)).unwrap();
    assert_eq!(watcher_was_told(&mut global), [1], "one is added, and what was kept is removed for it");
    let one_more = Message::Update(Stamp(31), id(10), Some(Stamp(31)), vec![entry("too much")]);
    assert!(global.receive(&id(1), one_more, at(3)).is_err());
}

#[test]
fn what_a_slave_removed_before_it_registers_anew_is_gone_with_that() {
    let mut global = restarted();
    let registered = Message::Update(Stamp(30), id(2), Some(Stamp(30)), vec![entry("new")]);
    global.receive(&id(1), registered, at(3)).unwrap();
    assert_eq!(watcher_was_told(&mut global), [1], "one is added and one removed");
}

#[test]
fn slaves_that_do_not_register_anew_are_gone_with_the_grace() {
    let mut global = restarted();
    global.tick(at(10));
    assert_eq!(watcher_was_told(&mut global), [0; 0]);
    global.tick(at(12));
    assert_eq!(watcher_was_told(&mut global), [1]);
    let mut unclaimed = restarted();
    unclaimed.receive(&id(1), Message::Update(Stamp(30), id(2), None, Vec::new()), at(3)).unwrap();
    assert_eq!(watcher_was_told(&mut unclaimed), [1], "or when the new process says so");
}
