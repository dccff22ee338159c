//! Groups at one node.

use std::{collections::BTreeSet, thread};

use aemp::{CallError, Group, NoMember, Node, Port, Reason};

use crate::common::{QUIET, SOON, Seen, node, settle, sink};

fn members(node: &Node, group: &Group<u32>, count: usize) -> Vec<(Port<u32>, Seen<u32>)> {
    let members: Vec<_> = (0..count).map(|_| sink(node)).collect();
    for (port, _) in &members {
        group.join(port).unwrap().forever();
    }
    settle(node);
    assert_eq!(group.members().len(), count);
    members
}

#[test]
fn a_message_for_nobody_is_given_back() {
    let node = node();
    let group = node.group::<u32>("workers");
    assert_eq!(group.send_next(5), Err(NoMember { message: 5 }));
    assert_eq!(group.send_one("key", 6).unwrap_err().message, 6);
    assert_eq!(group.send_all(7).unwrap_err().message, 7);
    assert_eq!((group.members(), group.next(), group.choose("key")), (vec![], None, None));
}

#[test]
fn a_group_is_ready_when_it_has_a_member() {
    let node = node();
    let group = node.group::<u32>("workers");
    assert_eq!(group.ready().timeout(QUIET).wait(), Err(CallError::TimedOut));
    let waiting = thread::spawn({
        let group = group.clone();
        move || group.ready().timeout(SOON).wait()
    });
    let (port, seen) = sink(&node);
    let _member = group.join(&port).unwrap();
    assert_eq!(waiting.join().unwrap(), Ok(()));
    assert_eq!(group.ready().wait(), Ok(()));
    assert_eq!(group.send_next(5), Ok(port));
    seen.is(5);
}

#[test]
fn the_members_take_turns() {
    let node = node();
    let group = node.group::<u32>("workers");
    let members = members(&node, &group, 3);
    let chosen: Vec<_> = (0..6).map(|number| group.send_next(number).unwrap()).collect();
    assert_eq!(chosen[..3], chosen[3..]);
    assert_eq!(chosen.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), 3);
    for (port, seen) in members {
        let first = u32::try_from(chosen.iter().position(|chosen| *chosen == port).unwrap()).unwrap();
        seen.is(first);
        seen.is(first + 3);
    }
}

#[test]
fn all_members_get_what_is_sent_to_all() {
    let node = node();
    let group = node.group::<u32>("workers");
    let members = members(&node, &group, 3);
    assert_eq!(group.send_all(5).unwrap(), group.members());
    for (_, seen) in members {
        seen.is(5);
        seen.nothing_more();
    }
}

#[test]
fn a_key_has_one_member_for_all_groups_until_that_leaves() {
    let node = node();
    let group = node.group::<u32>("workers");
    let _members = members(&node, &group, 5);
    let other = node.group::<u32>("workers");
    settle(&node);
    let keys: Vec<String> = (0..50).map(|key| key.to_string()).collect();
    let before: Vec<_> = keys.iter().map(|key| group.choose(key).unwrap()).collect();
    assert!(keys.iter().zip(&before).all(|(key, member)| other.choose(key).as_ref() == Some(member)));
    let gone = before[0].clone();
    node.kill(&gone, Reason::normal());
    settle(&node);
    for (key, member) in keys.iter().zip(before) {
        let now = group.choose(key).unwrap();
        assert!(if member == gone { now != gone } else { now == member }, "{key}");
    }
}

#[test]
fn a_dead_member_is_chosen_no_more_though_the_database_names_it() {
    let node = node();
    let group = node.group::<u32>("workers");
    let [(alive, _), (dead, _)] = members(&node, &group, 2).try_into().ok().unwrap();
    // An entry that nobody removes, as of a node that cannot tell the database.
    node.database().set("others", &dead.to_string(), &()).unwrap();
    node.database().set("others", &alive.to_string(), &()).unwrap();
    node.database().set("others", "no port ID", &()).unwrap();
    let others = node.group::<u32>("others");
    settle(&node);
    assert_eq!(others.members().len(), 2);
    node.kill(&dead, Reason::normal());
    settle(&node);
    assert_eq!(others.members(), [alive]);
    assert_eq!(node.database().keys("others").wait().unwrap().len(), 3);
}

#[test]
fn a_member_leaves_with_its_registration() {
    let node = node();
    let group = node.group::<u32>("workers");
    let (port, _) = sink(&node);
    let member = group.join(&port).unwrap();
    settle(&node);
    assert_eq!(group.members(), [port]);
    drop(member);
    settle(&node);
    assert_eq!(group.members(), []);
}

#[test]
fn nobody_waits_for_the_group_of_a_stopped_node() {
    let node = node();
    let group = node.group::<u32>("workers");
    let ready = group.ready();
    node.stop().wait().unwrap();
    assert_eq!(ready.wait(), Err(CallError::Stopped));
    assert_eq!(group.ready().wait(), Err(CallError::Stopped));
    assert_eq!(node.group::<u32>("workers").ready().wait(), Err(CallError::Stopped));
}
