//! Slaves that change their master, and nodes that change their role.

use std::time::Duration;

use super::network::{FAMILY, Network, address, id, settings};
use crate::{
    directory::{Action, Change, Directory, Form, Message, Reached, Role, clock::Stamp, entry::Encoded, name::Name},
    kernel::Settings,
    time::Time,
};

fn master_of(network: &Network, n: usize) -> Option<usize> {
    let Role::Slave(slave) = &network.nodes[n].directory.role else { return None };
    (0..network.nodes.len()).find(|other| Some(id(*other)) == slave.master)
}

fn keys(network: &Network, n: usize) -> Vec<String> {
    network.nodes[n].seen.clone().unwrap_or_default().into_keys().collect()
}

/// Two global nodes and their slaves, of which one knows both.
fn two_masters() -> Network {
    let mut all: Vec<Settings> = [vec![0, 1], vec![0, 1], vec![0, 1], vec![0], vec![1]]
        .into_iter()
        .enumerate()
        .map(|(n, seeds)| settings(n, &seeds))
        .collect();
    all[2].wall_clock = Duration::from_secs(1);
    let mut network = Network::new(all);
    network.act();
    network.pass(5);
    network
}

#[test]
fn what_a_slave_removes_is_gone_though_its_former_master_has_not_missed_it_yet() {
    let mut network = two_masters();
    network.set(2, "k", 1);
    network.settle();
    let former = master_of(&network, 2).unwrap();
    network.cut(2, former, [0, 0]);
    network.settle_but(Some((former, 2)));
    assert_eq!(master_of(&network, 2), Some(1 - former));
    network.remove(2, "k");
    network.settle_but(Some((former, 2)));
    for n in 0..5 {
        assert_eq!(keys(&network, n), [""; 0], "n{n}");
    }
}

#[test]
fn who_has_seen_an_entry_writes_later_whatever_its_wall_clock_says() {
    let mut network = two_masters();
    network.set(3, "k", 3);
    network.settle();
    // Its clock is far behind.
    network.set(2, "k", 2);
    network.settle();
    for n in 0..5 {
        assert_eq!(network.nodes[n].seen.as_ref().unwrap()["k"], 2.into(), "n{n}");
    }
}

#[test]
fn a_global_node_that_is_dead_for_good_is_in_no_list() {
    let mut network = two_masters();
    network.crash(1);
    network.pass(30);
    let union = &network.nodes[0].directory.replica.union;
    let global: Vec<_> = union.keys("'g").map(|key| key.as_str().to_owned()).collect();
    assert_eq!(global, ["n0"]);
    let listening: Vec<_> = union.keys("'l").map(|key| key.as_str().to_owned()).collect();
    assert_eq!(listening, ["n0", "n2", "n3"], "the last has no other seed");
}

#[test]
fn a_slave_that_is_made_global_and_its_new_slave_see_no_gap() {
    let mut all: Vec<Settings> =
        [vec![0], vec![0], vec![]].iter().enumerate().map(|(n, seeds)| settings(n, seeds)).collect();
    all[2].seeds = vec![address(1)];
    let mut network = Network::new(all);
    network.parts = vec![0, 0, 1];
    network.act();
    network.pass(2);
    network.set(0, "k", 1);
    network.settle();
    assert_eq!((master_of(&network, 1), keys(&network, 1)), (Some(0), vec!["k".to_owned()]));
    let told = network.nodes[1].told;
    network.parts = vec![0; 3];
    // What the former master says of its claims takes its time, and all else goes on.
    let end = network.now.after(Duration::from_millis(500));
    while master_of(&network, 2) != Some(1) {
        network.tick_until(end);
        network.settle_but(Some((1, 0)));
    }
    network.settle();
    assert!(matches!(network.nodes[1].directory.role, Role::Global { .. }));
    assert_eq!(network.nodes[1].told, told, "it is told nothing, because nothing changed");
    assert_eq!((network.nodes[2].told, keys(&network, 2)), (1, vec!["k".to_owned()]));
}

#[test]
fn content_that_has_arrived_in_part_does_not_mix_with_that_of_the_next_master() {
    let mut slave = Directory::new(&settings(0, &[1, 2]));
    let watch = slave.watch(FAMILY, Time::ZERO).unwrap();
    let name = |text: &str| Name::new(text).unwrap();
    for (master, key, left) in [(1, "old", 1), (2, "new", 0)] {
        slave.dialled(&address(1), &Reached::Nobody, Time::ZERO);
        slave.dialled(&address(2), &Reached::Nobody, Time::ZERO);
        slave.dialled(&address(master), &Reached::Node(id(master)), Time::ZERO);
        slave.up(&id(master), Form::Native, Time::ZERO);
        let piece = vec![(name(key), Encoded::of(&1.into()).unwrap())];
        slave.receive(&id(master), Message::Content(Stamp(1), name(FAMILY), left, piece), Time::ZERO).unwrap();
        slave.lost(&id(master), Time::ZERO);
    }
    let told: Vec<_> =
        std::iter::from_fn(|| slave.next_action()).filter(|action| matches!(action, Action::Changed { .. })).collect();
    let change = Change { added: vec![("new".to_owned(), 1.into())], ..Change::default() };
    assert_eq!(told, [Action::Changed { watch, change }]);
}
