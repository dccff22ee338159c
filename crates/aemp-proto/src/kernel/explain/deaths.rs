//! The latest deaths of ports of this node.

use std::collections::VecDeque;

use crate::{id::PortName, kernel::LocalPort, reason::Reason, time::Time};

/// How many deaths are remembered.
const MAX_DEATHS: usize = 256;
/// Further names of a dead port that are remembered, the newest.
const MAX_NAMES: usize = 16;

#[derive(Clone, Debug)]
struct Death {
    at: Time,
    port: LocalPort,
    further_names: Vec<PortName>,
    reason: Reason,
}

/// The latest deaths of ports of this node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deaths(VecDeque<Death>);

impl Deaths {
    pub(crate) fn note(&mut self, at: Time, port: LocalPort, mut further_names: Vec<PortName>, reason: &Reason) {
        if self.0.len() >= MAX_DEATHS {
            self.0.pop_front();
        }
        let first = further_names.len().saturating_sub(MAX_NAMES);
        further_names.drain(..first);
        self.0.push_back(Death { at, port, further_names, reason: super::history::brief(reason) });
    }

    /// When and why the port of this name died; `direct` is the port that the name tells by itself.
    pub(crate) fn find(&self, name: &PortName, direct: Option<LocalPort>) -> Option<(Time, &Reason)> {
        let is_its = |death: &&Death| Some(death.port) == direct || death.further_names.contains(name);
        self.0.iter().rev().find(is_its).map(|death| (death.at, &death.reason))
    }
}
