//! How a slave finds its master again.

use std::time::Duration;

use super::network::{address, id, settings};
use crate::{
    directory::{Action, Directory, Form, Reached},
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
    slave.dialled(&address(1), &Reached::Nobody, at(2));
    // A program of the seed sends something to this node.
    slave.up(&id(1), Form::Native, at(3));
    actions(&mut slave);
    slave.tick(at(20));
    assert!(actions(&mut slave).contains(&Action::MasterFound(id(1))));
}
