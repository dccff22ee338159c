//! Processes of which so many names are dead that they are dead as a whole for another node.

use super::Oracle;
use crate::sim::facts::Process;

impl Oracle {
    /// A process declares the process of a node dead as a whole: whatever they lose from now on is lost for good reason.
    pub(in crate::sim) fn retired(&mut self, process: Process, node: usize) {
        let own = self.facts.process(process).node;
        self.contacts.estrange(own, node);
    }

    /// Whether a node has declared a whole process of the other one dead.
    pub(in crate::sim) fn is_estranged(&self, a: usize, b: usize) -> bool {
        self.contacts.is_estranged(a, b)
    }
}
