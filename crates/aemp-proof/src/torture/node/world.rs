//! What the ports of one node share: whom they know, what they have numbered, and the log.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aemp::Port;

use super::{
    message::{Head, Message},
    record::{Kind, Record},
};
use crate::{random::Random, torture::journal::Journal};

/// Ports of others that are used at one time; who is learned beyond them is forgotten.
const MAX_LIVING: usize = 60;

/// What the ports of one node share. No lock is held while the node is used.
#[derive(Debug)]
pub(super) struct World {
    pub(super) run: String,
    pub(super) node: String,
    pub(super) peers: Vec<Peer>,
    pub(super) journal: Journal,
    state: Mutex<State>,
}

/// Another node.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) id: aemp::NodeId,
    /// That of its proxy.
    pub(super) address: String,
}

#[derive(Debug)]
struct State {
    random: Random,
    /// All names that were ever used.
    used: BTreeMap<String, Numbers>,
    living: Vec<Port<Message>>,
    /// Those whose monitors have fired.
    dead: Vec<Port<Message>>,
    counter: u64,
    own_ports: u64,
    is_resting: bool,
}

/// How many messages were sent to a name.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    sent: u64,
    lossy: u64,
}

impl World {
    pub(super) fn new(run: String, node: String, peers: Vec<Peer>, journal: Journal, seed: u64) -> Self {
        let state = State {
            random: Random::new(seed),
            used: BTreeMap::new(),
            living: Vec::new(),
            dead: Vec::new(),
            counter: 0,
            own_ports: 0,
            is_resting: false,
        };
        Self { run, node, peers, journal, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn with_random<T>(&self, choose: impl FnOnce(&mut Random) -> T) -> T {
        choose(&mut self.state().random)
    }

    /// A number that this run has not used for anything.
    pub(super) fn draw(&self) -> u64 {
        let mut state = self.state();
        state.counter += 1;
        state.counter
    }

    pub(super) fn is_resting(&self) -> bool {
        self.state().is_resting
    }

    pub(super) fn rest(&self) {
        self.state().is_resting = true;
        self.journal.note(&Record::Resting {});
    }

    pub(super) fn own_ports(&self) -> u64 {
        self.state().own_ports
    }

    /// A port of another node that may be used from now on.
    pub(super) fn learn(&self, port: &Port<Message>) {
        let mut state = self.state();
        let is_known = state.living.contains(port) || state.dead.contains(port);
        if port.node_id().as_str() != self.node && !is_known && state.living.len() < MAX_LIVING {
            state.living.push(port.clone());
        }
    }

    /// The port is dead under this name.
    pub(super) fn bury(&self, port: &Port<Message>) {
        let mut state = self.state();
        state.living.retain(|other| other != port);
        if !state.dead.contains(port) {
            state.dead.push(port.clone());
        }
    }

    pub(super) fn choose_living(&self) -> Option<Port<Message>> {
        let State { random, living, .. } = &mut *self.state();
        if living.is_empty() { None } else { Some(living[random.index(living.len())].clone()) }
    }

    /// One of those that were buried lately.
    pub(super) fn choose_dead(&self) -> Option<Port<Message>> {
        let State { random, dead, .. } = &mut *self.state();
        let recent = &dead[dead.len().saturating_sub(20)..];
        if recent.is_empty() { None } else { Some(recent[random.index(recent.len())].clone()) }
    }

    /// All names that were ever used.
    pub(super) fn used(&self) -> Vec<String> {
        self.state().used.keys().cloned().collect()
    }

    /// Remembers that the name is used.
    pub(super) fn use_name(&self, name: &str) {
        self.state().used.entry(name.to_owned()).or_default();
    }

    /// The head of the next message to a port; the message is in the log.
    pub(super) fn number(&self, sender: u64, to: &Port<Message>, size: usize, kind: Kind) -> Head {
        let name = to.to_string();
        let number = {
            let mut state = self.state();
            let Numbers { sent, lossy } = state.used.entry(name.clone()).or_default();
            let last = if kind == Kind::Lossy { lossy } else { sent };
            *last += 1;
            *last
        };
        self.journal.note(&Record::Send { port: sender, name: &name, number, size, kind });
        Head { run: self.run.clone(), sender, name, number }
    }
}

/// The life of a port: the log says when it ends, before anybody else can know.
pub(super) struct Life {
    world: std::sync::Arc<World>,
    pub(super) port: u64,
}

impl Life {
    pub(super) fn begin(world: &std::sync::Arc<World>, port: u64) -> Self {
        world.state().own_ports += 1;
        Self { world: std::sync::Arc::clone(world), port }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.world.journal.note(&Record::Died { port: self.port });
        self.world.state().own_ports -= 1;
    }
}
