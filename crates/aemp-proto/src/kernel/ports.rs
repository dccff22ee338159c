//! The ports of this node: which live, under which names, and who watches them.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use rustc_hash::FxHashMap;

use crate::{
    id::{Origin, PortKind, PortName},
    time::Time,
};

use super::{LocalPort, WatchId, arena::Key, few::Few};

/// Names that a port keeps: the oldest then dies as a name.
const MAX_NAMES: usize = 1_000;

/// The ports of this node.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    origin: Origin,
    slots: Vec<Slot>,
    /// Names that do not tell their port: those that a spawner made.
    names: BTreeMap<PortName, LocalPort>,
    published: FxHashMap<Box<str>, LocalPort>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    generation: u32,
    state: State,
    /// When it began to live, in seconds since the start of the clock.
    opened: u32,
    /// The watches of this node.
    watches: Few<WatchId>,
    /// What only few ports have.
    extra: Option<Box<Extra>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum State {
    #[default]
    NeverUsed,
    Alive,
    Dead,
}

#[derive(Clone, Debug, Default)]
struct Extra {
    /// The name that its spawner made, then those that it was given when peers had declared the newest one dead.
    names: VecDeque<PortName>,
    /// It dies with whoever declares it dead.
    private: bool,
    /// Peers of whose ports it shares the death, with how often.
    links: BTreeMap<Key, u32>,
    watchers: Few<(Key, PortName)>,
    published: Vec<Box<str>>,
}

/// What a dead port leaves: who is to be told.
#[derive(Debug, Default)]
pub(crate) struct Remains {
    /// The names that it had besides the one that its number makes, the newest last.
    pub(crate) further_names: Vec<PortName>,
    /// Watches of this node.
    pub(crate) watches: Few<WatchId>,
    /// Peers, with the name under which they watched.
    pub(crate) watchers: Few<(Key, PortName)>,
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Ports {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { origin, slots, names, published } = self;
        view.put(origin);
        for Slot { generation, state, opened: _, watches, extra } in slots {
            // Watches of this node differ by their keys only.
            view.put(&(generation, state, watches.len(), extra.is_some()));
            if let Some(extra) = extra {
                extra.feed(view);
            }
        }
        view.sorted(names, |view, port| view.put(port));
        view.sorted(published, |view, port| view.put(port));
    }
}

#[cfg(any(test, feature = "simulation"))]
impl super::fingerprint::Feed for Extra {
    fn feed<H: std::hash::Hasher>(&self, view: &mut super::fingerprint::View<'_, H>) {
        let Self { names, private, links, watchers, published } = self;
        view.put(&(names, private, published));
        for (peer, count) in links {
            view.peer(*peer);
            view.put(count);
        }
        for (peer, name) in watchers.iter() {
            view.peer(*peer);
            view.put(name);
        }
    }
}

impl Ports {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, slots: Vec::new(), names: BTreeMap::new(), published: FxHashMap::default() }
    }

    pub(crate) fn open(&mut self, port: LocalPort, now: Time) {
        let slot = port.slot as usize;
        if slot >= self.slots.len() {
            self.slots.resize(slot.saturating_add(1), Slot::default());
        }
        if let Some(place) = self.slots.get_mut(slot) {
            let opened = u32::try_from(now.since_start().as_secs()).unwrap_or(u32::MAX);
            *place = Slot { generation: port.generation, state: State::Alive, opened, ..Slot::default() };
        }
    }

    /// Opens a port under a further name; false if the name is taken.
    pub(crate) fn open_as(&mut self, port: LocalPort, name: PortName, now: Time) -> bool {
        if self.resolve(&name).is_some() {
            return false;
        }
        self.open(port, now);
        self.names.insert(name.clone(), port);
        if let Some(extra) = self.extra(port) {
            extra.names.push_back(name);
        }
        true
    }

    fn slot(&self, port: LocalPort) -> Option<&Slot> {
        self.slots
            .get(port.slot as usize)
            .filter(|slot| slot.state == State::Alive && slot.generation == port.generation)
    }

    fn slot_mut(&mut self, port: LocalPort) -> Option<&mut Slot> {
        self.slots
            .get_mut(port.slot as usize)
            .filter(|slot| slot.state == State::Alive && slot.generation == port.generation)
    }

    fn extra(&mut self, port: LocalPort) -> Option<&mut Extra> {
        self.slot_mut(port).map(|slot| &mut **slot.extra.get_or_insert_default())
    }

    pub(crate) fn is_alive(&self, port: LocalPort) -> bool {
        self.slot(port).is_some()
    }

    /// The port that a name names by itself, dead or alive.
    pub(crate) fn direct(&self, name: &PortName) -> Option<LocalPort> {
        match name {
            PortName::Native { origin, number } if *origin == self.origin => LocalPort::of_number(*number),
            _ => None,
        }
    }

    /// Whether the name is that of a port of this node that has not begun to live.
    pub(crate) fn is_ahead(&self, name: &PortName) -> bool {
        self.direct(name).is_some_and(|port| {
            let slot = self.slots.get(port.slot as usize);
            slot.is_none_or(|slot| slot.state == State::NeverUsed || slot.generation < port.generation)
        })
    }

    /// The living port with this name.
    pub(crate) fn resolve(&self, name: &PortName) -> Option<LocalPort> {
        let port = self.direct(name).or_else(|| self.names.get(name).copied())?;
        self.is_alive(port).then_some(port)
    }

    /// The newest name of a port.
    pub(crate) fn name(&self, port: LocalPort) -> PortName {
        let given = self.slot(port).and_then(|slot| slot.extra.as_ref()?.names.back().cloned());
        given.unwrap_or_else(|| self.first_name(port))
    }

    /// The name that a port's number makes.
    pub(crate) fn first_name(&self, port: LocalPort) -> PortName {
        PortName::Native { origin: self.origin, number: port.number() }
    }

    /// All names of a port.
    pub(crate) fn names(&self, port: LocalPort) -> Vec<PortName> {
        self.further_names(port).into_iter().chain([self.first_name(port)]).collect()
    }

    /// The names of a port but for the one that its number makes.
    pub(crate) fn further_names(&self, port: LocalPort) -> Vec<PortName> {
        self.extra_of(port).map_or(Vec::new(), |extra| extra.names.iter().cloned().collect())
    }

    /// When a living port began to live, to the second.
    pub(crate) fn opened_at(&self, port: LocalPort) -> Option<Time> {
        self.slot(port).map(|slot| Time::new(Duration::from_secs(slot.opened.into())))
    }

    fn extra_of(&self, port: LocalPort) -> Option<&Extra> {
        self.slot(port)?.extra.as_deref()
    }

    pub(crate) fn is_private(&self, port: LocalPort) -> bool {
        self.extra_of(port).is_some_and(|extra| extra.private)
    }

    /// How many watches of this node there are on a port.
    pub(crate) fn watches(&self, port: LocalPort) -> usize {
        self.slot(port).map_or(0, |slot| slot.watches.len())
    }

    /// The peers that watch a port, once for each name under which they do.
    pub(crate) fn watchers(&self, port: LocalPort) -> impl Iterator<Item = Key> {
        self.extra_of(port).into_iter().flat_map(|extra| extra.watchers.iter().map(|(key, _)| *key))
    }

    /// The names under which a port is published.
    pub(crate) fn published_names(&self, port: LocalPort) -> Vec<Box<str>> {
        self.extra_of(port).map_or(Vec::new(), |extra| extra.published.clone())
    }

    /// Gives a living port a further name. If it has too many, the oldest is dropped, and those who watch the port under it
    /// are to be told.
    pub(crate) fn rename(&mut self, port: LocalPort, name: PortName) -> (Option<PortName>, Vec<(Key, PortName)>) {
        let Some(extra) = self.extra(port) else { return (None, Vec::new()) };
        extra.names.push_back(name.clone());
        let dropped = if extra.names.len() > MAX_NAMES { extra.names.pop_front() } else { None };
        let mourners: Vec<_> =
            extra.watchers.iter().filter(|(_, watched)| Some(watched) == dropped.as_ref()).cloned().collect();
        extra.watchers.retain(|(_, watched)| Some(watched) != dropped.as_ref());
        self.names.insert(name, port);
        if let Some(dropped) = &dropped {
            self.names.remove(dropped);
        }
        (dropped, mourners)
    }

    /// The port dies with whoever declares it dead.
    pub(crate) fn make_private(&mut self, port: LocalPort) {
        if let Some(extra) = self.extra(port) {
            extra.private = true;
        }
    }

    /// The port shares the death of a port of the peer, or does so no longer.
    pub(crate) fn link(&mut self, port: LocalPort, peer: Key) {
        if let Some(extra) = self.extra(port) {
            let count = extra.links.entry(peer).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn unlink(&mut self, port: LocalPort, peer: Key) {
        let Some(extra) = self.slot_mut(port).and_then(|slot| slot.extra.as_mut()) else { return };
        if let Some(count) = extra.links.get_mut(&peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                extra.links.remove(&peer);
            }
        }
    }

    /// Whether the port lives and dies with a peer: it was spawned by its incarnation (whose names have `origin`), is
    /// linked with one of its ports, or is private.
    pub(crate) fn is_bound_to(&self, port: LocalPort, peer: Key, origin: Option<Origin>) -> bool {
        let Some(extra) = self.slot(port).and_then(|slot| slot.extra.as_ref()) else { return false };
        let spawned = |name: &PortName| matches!(name, PortName::Native { origin: by, number } if Some(*by) == origin && number.kind() == PortKind::Spawned);
        extra.private || extra.links.contains_key(&peer) || extra.names.iter().any(spawned)
    }

    /// The living ports for which that holds.
    pub(crate) fn bound_to(&self, peer: Key, origin: Option<Origin>) -> Vec<LocalPort> {
        let ports = (0..).zip(&self.slots).map(|(slot, state)| LocalPort { slot, generation: state.generation });
        ports.filter(|port| self.is_bound_to(*port, peer, origin)).collect()
    }

    /// Adds a watch of this node.
    pub(crate) fn watch(&mut self, port: LocalPort, watch: WatchId) {
        if let Some(slot) = self.slot_mut(port) {
            slot.watches.insert(watch);
        }
    }

    pub(crate) fn unwatch(&mut self, port: LocalPort, watch: WatchId) {
        if let Some(slot) = self.slot_mut(port) {
            slot.watches.remove(&watch);
        }
    }

    /// Adds a watching peer; false if the port is dead.
    pub(crate) fn add_watcher(&mut self, port: LocalPort, peer: Key, name: PortName) -> bool {
        self.extra(port).map(|extra| extra.watchers.insert((peer, name))).is_some()
    }

    pub(crate) fn remove_watcher(&mut self, port: LocalPort, peer: Key, name: &PortName) {
        if let Some(extra) = self.slot_mut(port).and_then(|slot| slot.extra.as_mut()) {
            extra.watchers.remove(&(peer, name.clone()));
        }
    }

    pub(crate) fn publish(&mut self, name: &str, port: LocalPort) {
        self.unpublish(name);
        if let Some(extra) = self.extra(port) {
            extra.published.push(name.into());
            self.published.insert(name.into(), port);
        }
    }

    pub(crate) fn unpublish(&mut self, name: &str) {
        let port = self.published.remove(name);
        if let Some(extra) = port.and_then(|port| self.slot_mut(port)).and_then(|slot| slot.extra.as_mut()) {
            extra.published.retain(|other| &**other != name);
        }
    }

    pub(crate) fn published(&self, name: &str) -> Option<LocalPort> {
        self.published.get(name).copied()
    }

    /// A port is dead from now on; `None` if it was before.
    pub(crate) fn close(&mut self, port: LocalPort) -> Option<Remains> {
        let slot = self.slot_mut(port)?;
        slot.state = State::Dead;
        let watches = std::mem::take(&mut slot.watches);
        let Some(extra) = slot.extra.take() else { return Some(Remains { watches, ..Remains::default() }) };
        for name in &extra.names {
            self.names.remove(name);
        }
        for name in &extra.published {
            if self.published.get(name) == Some(&port) {
                self.published.remove(name);
            }
        }
        Some(Remains { further_names: extra.names.into(), watches, watchers: extra.watchers })
    }
}
