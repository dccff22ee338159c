//! What a dead port still has to say comes before the answer to anybody who asks for it.

use crate::{id::PortName, kernel::LocalPort};

use super::Session;

impl Session {
    /// A port died that had these names, besides the one that its number makes.
    pub(crate) fn keep_names(&mut self, port: LocalPort, names: &[PortName]) {
        self.lanes.keep_names(port, names);
    }

    /// Behind which frame of this side the peer knows of all deaths: no number yet if that has to wait for others.
    pub(crate) const fn last_notice(&self) -> u64 {
        if self.lanes.holds_notices() { u64::MAX } else { self.last_notice }
    }
}
