//! Some directories, the sessions between them, and the clock.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use crate::{
    directory::{Action, Change, Directory, Form, Message, Reached},
    id::{Address, Incarnation, NodeId},
    kernel::{RefusedIsDeath, Settings, Timing},
    limits::Limits,
    time::Time,
    value::Value,
};

/// What one side of a session is told, in this order.
#[derive(Clone, Debug)]
enum Item {
    Up,
    Message(Message),
    Lost,
}

/// A session: what is on its way to either end. Neither end has a new one before it learned of the end of this one.
#[derive(Clone, Debug, Default)]
struct Session {
    queues: [VecDeque<Item>; 2],
    /// Whether an end may send.
    is_up: [bool; 2],
    is_cut: bool,
}

/// A node, and what its watcher was told.
pub(super) struct Node {
    pub(super) directory: Directory,
    pub(super) is_up: bool,
    pub(super) seen: Option<BTreeMap<String, Value>>,
    /// How often it was told something.
    pub(super) told: usize,
    pub(super) refused: Vec<String>,
    settings: Settings,
}

/// The family that all watch.
pub(super) const FAMILY: &str = "family";

pub(super) struct Network {
    pub(super) now: Time,
    pub(super) nodes: Vec<Node>,
    sessions: BTreeMap<(usize, usize), Session>,
    /// Nodes of different parts do not reach each other.
    pub(super) parts: Vec<u8>,
}

pub(super) fn id(n: usize) -> NodeId {
    format!("n{n}").parse().unwrap()
}

pub(super) fn address(n: usize) -> Address {
    format!("10.0.0.{}:1", n + 1).parse().unwrap()
}

pub(super) fn settings(n: usize, seeds: &[usize]) -> Settings {
    Settings {
        node: id(n),
        incarnation: Incarnation([0; 16]),
        addresses: vec![address(n)],
        limits: Limits::default(),
        timing: Timing::default(),
        refused_is_death: RefusedIsDeath::Never,
        seed: n as u64,
        wall_clock: Duration::from_secs(1_000),
        seeds: seeds.iter().copied().map(address).collect(),
        global: false,
    }
}

impl Network {
    pub(super) fn new(all: Vec<Settings>) -> Self {
        let parts = vec![0; all.len()];
        let nodes = all.into_iter().map(Node::start).collect();
        Self { now: Time::ZERO, nodes, sessions: BTreeMap::new(), parts }
    }

    /// Carries out what nodes want, until nobody wants anything.
    pub(super) fn act(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            for n in 0..self.nodes.len() {
                while let Some(action) = self.nodes[n].directory.next_action() {
                    busy = true;
                    self.carry_out(n, action);
                }
            }
        }
    }

    fn carry_out(&mut self, n: usize, action: Action) {
        match action {
            Action::Send { to, message } => {
                let to = self.nodes.iter().position(|node| node.settings.node == to).unwrap();
                let (pair, end) = pair(n, to);
                let session = self.sessions.get_mut(&pair).filter(|session| session.is_up[end] && !session.is_cut);
                if let Some(session) = session {
                    session.queues[1 - end].push_back(Item::Message(message));
                }
            }
            Action::Changed { change, .. } => self.nodes[n].note(&change),
            Action::Dial { address, .. } => self.dial(n, &address),
            Action::SendBase { .. } => unreachable!("no node is a base peer"),
            Action::Resolve { .. } => unreachable!("no seed is a name"),
            Action::Answer { .. } | Action::Found { .. } => {}
            Action::MasterFound(_) | Action::MasterLost(_) | Action::BecameGlobal => {}
        }
    }

    fn dial(&mut self, n: usize, to: &Address) {
        let there = self.nodes.iter().position(|node| node.settings.addresses.contains(to));
        let there = there.filter(|there| self.nodes[*there].is_up && self.parts[*there] == self.parts[n]);
        let now = self.now;
        let reached = match there {
            Some(there) if there == n => Reached::Itself,
            Some(there) if self.connect(n, there) => Reached::Node(id(there)),
            _ => Reached::Nobody,
        };
        self.nodes[n].directory.dialled(to, &reached, now);
    }

    /// A session between two nodes begins, or goes on; false if that cannot be.
    fn connect(&mut self, n: usize, there: usize) -> bool {
        let (pair, _) = pair(n, there);
        match self.sessions.get(&pair) {
            Some(session) => !session.is_cut,
            None => {
                let queues = [VecDeque::from([Item::Up]), VecDeque::from([Item::Up])];
                self.sessions.insert(pair, Session { queues, ..Session::default() });
                true
            }
        }
    }

    /// All queues in which something can arrive now.
    pub(super) fn ready(&self) -> Vec<((usize, usize), usize)> {
        let ready = |(pair, session): (&(usize, usize), &Session)| {
            let passes = session.is_cut || self.parts[pair.0] == self.parts[pair.1];
            let pair = *pair;
            [0, 1].into_iter().filter(move |_| passes).map(move |end| (pair, end)).collect::<Vec<_>>()
        };
        let all: Vec<_> = self.sessions.iter().flat_map(ready).collect();
        all.into_iter().filter(|(pair, end)| !self.sessions[pair].queues[*end].is_empty()).collect()
    }

    /// Lets one thing arrive.
    pub(super) fn arrive(&mut self, (pair, end): ((usize, usize), usize)) {
        let Some(session) = self.sessions.get_mut(&pair) else { return };
        let Some(item) = session.queues[end].pop_front() else { return };
        let ends = [pair.0, pair.1];
        let (here, there, now) = (ends[end], id(ends[1 - end]), self.now);
        session.is_up[end] |= matches!(item, Item::Up);
        let over = session.is_cut && session.queues.iter().all(VecDeque::is_empty);
        if over {
            self.sessions.remove(&pair);
        }
        let node = &mut self.nodes[here];
        if node.is_up {
            match item {
                Item::Up => node.directory.up(&there, Form::Native, now),
                Item::Message(message) => {
                    if let Err(refusal) = node.directory.receive(&there, message, now) {
                        node.refused.push(format!("n{here} refuses {there}: {refusal}"));
                    }
                }
                Item::Lost => node.directory.lost(&there, now),
            }
        }
        self.act();
    }

    /// A session fails: of what is on its way, only the first things arrive at either end.
    pub(super) fn cut(&mut self, one: usize, other: usize, arrive: [usize; 2]) {
        let Some(session) = self.sessions.get_mut(&pair(one, other).0).filter(|session| !session.is_cut) else {
            return;
        };
        session.is_cut = true;
        for (queue, arrive) in session.queues.iter_mut().zip(arrive) {
            queue.truncate(arrive);
            queue.push_back(Item::Lost);
        }
    }

    /// A process ends; its peers learn it sooner or later.
    pub(super) fn crash(&mut self, n: usize) {
        self.nodes[n].is_up = false;
        for other in 0..self.nodes.len() {
            self.cut(n, other, [usize::MAX; 2]);
        }
    }

    /// Another process begins under the same ID, with a clock that is wrong by something.
    pub(super) fn restart(&mut self, n: usize, wall_clock: Duration) {
        self.crash(n);
        // What is still on its way to the dead process is nothing to its successor.
        for (pair, session) in &mut self.sessions {
            let ends = [pair.0, pair.1];
            (0..2).filter(|end| ends[*end] == n).for_each(|end| session.queues[end].clear());
        }
        self.sessions.retain(|_, session| !session.is_cut || session.queues.iter().any(|queue| !queue.is_empty()));
        let old = &self.nodes[n];
        let settings = Settings { wall_clock, seed: old.settings.seed + 1000, ..old.settings.clone() };
        let mut node = Node::start(settings);
        // Its clock stands where the network's does.
        node.directory.tick(self.now);
        self.nodes[n] = node;
        self.act();
    }

    pub(super) fn set(&mut self, n: usize, key: &str, value: i64) {
        if self.nodes[n].is_up {
            let now = self.now;
            self.nodes[n].directory.set(FAMILY, key, &value.into(), now).unwrap();
            self.act();
        }
    }

    pub(super) fn remove(&mut self, n: usize, key: &str) {
        if self.nodes[n].is_up {
            let now = self.now;
            self.nodes[n].directory.remove(FAMILY, key, now).unwrap();
            self.act();
        }
    }

    /// Everything that is on its way arrives.
    pub(super) fn settle(&mut self) {
        self.settle_but(None);
    }

    /// Everything arrives, but for what one node (the first) is to hear of another.
    pub(super) fn settle_but(&mut self, deaf: Option<(usize, usize)>) {
        self.act();
        let is_heard = |(pair, end): &((usize, usize), usize)| {
            let (here, there) = if *end == 0 { *pair } else { (pair.1, pair.0) };
            deaf != Some((here, there))
        };
        while let Some(next) = self.ready().into_iter().find(is_heard) {
            self.arrive(next);
        }
    }

    /// Lets the time pass to the next deadline, but no further than to `end`.
    pub(super) fn tick_until(&mut self, end: Time) {
        let due = self.nodes.iter().filter(|node| node.is_up).filter_map(|node| node.directory.deadline()).min();
        self.now = due.unwrap_or(end).clamp(self.now, end);
        let now = self.now;
        for node in self.nodes.iter_mut().filter(|node| node.is_up) {
            node.directory.tick(now);
        }
        self.act();
    }

    /// Lets time pass, in which everything arrives at once.
    pub(super) fn pass(&mut self, seconds: u64) {
        let end = self.now.after(Duration::from_secs(seconds));
        self.settle();
        while self.now < end {
            self.tick_until(end);
            self.settle();
        }
    }
}

impl Node {
    fn start(settings: Settings) -> Self {
        let mut directory = Directory::new(&settings);
        directory.watch(FAMILY, Time::ZERO).unwrap();
        Self { directory, is_up: true, seen: None, told: 0, refused: Vec::new(), settings }
    }

    /// The watcher is told something: it has to fit what it was told before.
    fn note(&mut self, change: &Change) {
        if self.seen.is_none() {
            assert!(change.changed.is_empty() && change.removed.is_empty(), "the first is the content: {change:?}");
        }
        self.told += 1;
        let seen = self.seen.get_or_insert_default();
        for (key, value) in &change.added {
            assert!(seen.insert(key.clone(), value.clone()).is_none(), "{key} was there before: {change:?}");
        }
        for (key, value) in &change.changed {
            let before = seen.insert(key.clone(), value.clone());
            assert!(before.is_some_and(|before| before != *value), "{key} has had no other value: {change:?}");
        }
        for key in &change.removed {
            assert!(seen.remove(key).is_some(), "{key} was not there: {change:?}");
        }
    }
}

/// The key of a session, and which end of it `n` is.
fn pair(n: usize, other: usize) -> ((usize, usize), usize) {
    ((n.min(other), n.max(other)), usize::from(n > other))
}
