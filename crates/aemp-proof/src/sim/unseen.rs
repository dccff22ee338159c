//! Processes that are replaced while somebody cannot see it.

use super::{census::Counted, swarm::SECOND, world::World};

impl World {
    /// Another process takes a node's place. A second node can reach neither until it has given up; of the new one it may
    /// hear from others.
    pub(super) fn replace_unseen(&mut self, node: usize, other: usize) {
        let until = self.beyond_the_timeout();
        self.take_down(&[(node, other), (other, node)], until, Counted::LinkDown);
        self.crash(node, (self.now + SECOND).min(until), false);
    }
}
