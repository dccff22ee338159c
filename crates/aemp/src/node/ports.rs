//! The ports of a node: their handlers, and what dies with them.

use aemp_proto::{
    directory::DatabaseWatch,
    id::PortNumber,
    kernel::{LocalPort, WatchId},
};
use rustc_hash::FxHashSet;
use tokio::task::AbortHandle;

use super::{handler::Handler, queue::QueueIndex, timers::TimerId};

/// What belongs to a port and ends with it.
#[derive(Default)]
pub(super) struct Owned {
    pub(super) watches: FxHashSet<WatchId>,
    pub(super) families: FxHashSet<DatabaseWatch>,
    pub(super) timers: FxHashSet<TimerId>,
    pub(super) calls: FxHashSet<PortNumber>,
    pub(super) tasks: Vec<AbortHandle>,
}

/// What is left of a dead port, to be dropped outside all borrows.
pub(super) struct Remains {
    pub(super) handler: Option<Box<dyn Handler>>,
    pub(super) owned: Option<Box<Owned>>,
}

#[derive(Default)]
struct Slot {
    alive: bool,
    generation: u32,
    /// Messages in the run queue.
    waiting: u32,
    queue: Option<QueueIndex>,
    /// Absent while it runs, and before a spawned port has one.
    handler: Option<Box<dyn Handler>>,
    owned: Option<Box<Owned>>,
}

/// All ports of a node.
#[derive(Default)]
pub(super) struct Ports {
    slots: Vec<Slot>,
}

impl Ports {
    /// A port begins to live; messages to it are encoded until it has a handler.
    pub(super) fn open(&mut self, port: LocalPort) {
        let index = port.slot as usize;
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, Slot::default);
        }
        self.slots[index] = Slot { alive: true, generation: port.generation, ..Slot::default() };
    }

    /// Gives a living port its handler, or gives the handler back if the port is dead.
    pub(super) fn install(
        &mut self,
        port: LocalPort,
        queue: QueueIndex,
        handler: Box<dyn Handler>,
    ) -> Option<Box<dyn Handler>> {
        let Some(slot) = self.slot(port) else { return Some(handler) };
        slot.queue = Some(queue);
        slot.handler.replace(handler)
    }

    /// The queue for the next message to a port; `None` if it is dead.
    #[inline]
    pub(super) fn accept(&mut self, port: LocalPort) -> Option<QueueIndex> {
        let slot = self.slot(port)?;
        slot.waiting += 1;
        Some(slot.queue.unwrap_or(QueueIndex::ENCODED))
    }

    /// A waiting message is about to be handled.
    #[inline]
    pub(super) fn no_longer_waits(&mut self, port: LocalPort) {
        if let Some(slot) = self.slot(port) {
            slot.waiting = slot.waiting.saturating_sub(1);
        }
    }

    /// Takes the handler of a port out for one message.
    #[inline]
    pub(super) fn begin(&mut self, port: LocalPort) -> Option<(Box<dyn Handler>, QueueIndex)> {
        let slot = self.slot(port)?;
        Some((slot.handler.take()?, slot.queue?))
    }

    /// The same for a message that waited in the run queue.
    #[inline]
    pub(super) fn begin_waiting(&mut self, port: LocalPort) -> Option<(Box<dyn Handler>, QueueIndex)> {
        let slot = self.slot(port)?;
        slot.waiting = slot.waiting.saturating_sub(1);
        Some((slot.handler.take()?, slot.queue?))
    }

    /// Puts a handler back, or gives it back if the port died in between.
    #[inline]
    pub(super) fn end(&mut self, port: LocalPort, handler: Box<dyn Handler>) -> Option<Box<dyn Handler>> {
        match self.slot(port) {
            Some(slot) => {
                slot.handler = Some(handler);
                None
            }
            None => Some(handler),
        }
    }

    #[inline]
    pub(super) fn is_alive(&self, port: LocalPort) -> bool {
        self.slots.get(port.slot as usize).is_some_and(|slot| slot.alive && slot.generation == port.generation)
    }

    /// What belongs to a living port.
    pub(super) fn owned(&mut self, port: LocalPort) -> Option<&mut Owned> {
        Some(self.slot(port)?.owned.get_or_insert_default())
    }

    /// What belongs to a port, if it is alive and anything does.
    pub(super) fn owned_if_any(&mut self, port: LocalPort) -> Option<&mut Owned> {
        self.slot(port)?.owned.as_deref_mut()
    }

    /// The port is dead from now on; `None` if it was.
    pub(super) fn close(&mut self, port: LocalPort) -> Option<Remains> {
        let slot = self.slot(port)?;
        slot.alive = false;
        Some(Remains { handler: slot.handler.take(), owned: slot.owned.take() })
    }

    /// The port with the most waiting messages.
    pub(super) fn greediest(&self) -> Option<LocalPort> {
        let living = self.slots.iter().enumerate().filter(|(_, slot)| slot.alive);
        let (index, slot) = living.max_by_key(|(_, slot)| slot.waiting)?;
        Some(LocalPort { slot: u32::try_from(index).ok()?, generation: slot.generation })
    }

    /// All living ports.
    pub(super) fn living(&self) -> Vec<LocalPort> {
        let living = self.slots.iter().zip(0..).filter(|(slot, _)| slot.alive);
        living.map(|(slot, index)| LocalPort { slot: index, generation: slot.generation }).collect()
    }

    #[inline]
    fn slot(&mut self, port: LocalPort) -> Option<&mut Slot> {
        self.slots.get_mut(port.slot as usize).filter(|slot| slot.alive && slot.generation == port.generation)
    }
}

#[cfg(test)]
mod tests {
    use aemp_proto::{id::PortName, kernel::LocalPort, reason::Reason};

    use crate::{Node, Port};

    fn place(port: &Port<()>) -> LocalPort {
        match port.id().name {
            PortName::Native { number, .. } => LocalPort { slot: number.slot(), generation: number.generation() },
            ref other => panic!("{other}"),
        }
    }

    #[test]
    fn the_places_of_dead_ports_are_used_again() {
        let node = Node::builder().unconfigured().anonymous().secret("of a node without peers").start().unwrap();
        let open_and_kill = || {
            let run = node.run(|cx| {
                let port = cx.port(|_, (): ()| {});
                cx.kill(&port, Reason::normal());
                place(&port)
            });
            run.wait().unwrap()
        };
        let (first, next) = (open_and_kill(), open_and_kill());
        assert_eq!(next, LocalPort { generation: first.generation + 1, ..first });
    }
}
