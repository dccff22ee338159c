//! The part of a node that all threads share: its name, its inbox, and the numbers of its ports.

use std::{
    fmt, process,
    rc::Rc,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, ThreadId},
};

use aemp_proto::{
    id::{NodeId, Origin, PortId, PortKind, PortName, PortNumber},
    kernel::{LocalPort, PortNumbers},
    limits::Limits,
};
use serde::Serialize;
use tokio::sync::Notify;

use super::{
    dispatch::drop_quietly,
    engine::Engine,
    entries::Entries,
    inbox::{Inbox, Posted},
    stop::End,
};
use crate::{error::Stopped, event::Observers};

/// The part of a node that all threads share.
pub(crate) struct Shared {
    pub(crate) id: NodeId,
    pub(crate) origin: Origin,
    pub(crate) limits: Limits,
    pub(crate) observers: Observers,
    /// What it owns in the database.
    pub(crate) entries: Entries,
    pub(crate) end: End,
    process: u32,
    thread: OnceLock<ThreadId>,
    ports: Mutex<PortNumbers>,
    replies: AtomicU64,
    spawned: AtomicU64,
    inbox: Mutex<Doorstep>,
    /// Tells the loop that the inbox is no longer empty, or that other work waits.
    pub(crate) wake: Notify,
}

/// Where other threads leave what they have for the loop.
struct Doorstep {
    inbox: Inbox,
    open: bool,
    /// Whether the loop was told that there is something.
    woken: bool,
}

impl Shared {
    pub(crate) fn new(id: NodeId, origin: Origin, limits: Limits) -> Self {
        Self {
            id,
            origin,
            limits,
            observers: Observers::default(),
            entries: Entries::new(limits.max_entries),
            end: End::default(),
            process: process::id(),
            thread: OnceLock::new(),
            ports: Mutex::default(),
            replies: AtomicU64::new(0),
            spawned: AtomicU64::new(0),
            inbox: Mutex::new(Doorstep { inbox: Inbox::default(), open: true, woken: false }),
            wake: Notify::new(),
        }
    }

    /// Hands a command to the loop. What one thread hands in is carried out in order.
    pub(crate) fn post(&self, command: impl FnOnce(&Rc<Engine>) + Send + 'static) -> Result<(), Stopped> {
        let mut doorstep = self.enter()?;
        doorstep.inbox.push_command(Box::new(command));
        self.wake_from(doorstep);
        Ok(())
    }

    /// The same where a further command follows at once.
    pub(crate) fn post_first(&self, command: impl FnOnce(&Rc<Engine>) + Send + 'static) -> Result<(), Stopped> {
        self.enter()?.inbox.push_command(Box::new(command));
        Ok(())
    }

    /// Sends a message to a port of this node: at once on the node's own thread, through the loop from any other.
    pub(crate) fn send_here<M>(&self, port: LocalPort, message: M) -> Result<(), Stopped>
    where
        M: Serialize + Send + 'static,
    {
        if Engine::current().is_some() {
            return self.act(move |engine| engine.post_here(port, message));
        }
        let mut doorstep = self.enter()?;
        doorstep.inbox.push_message(port, message);
        self.wake_from(doorstep);
        Ok(())
    }

    fn wake_from(&self, mut doorstep: MutexGuard<'_, Doorstep>) {
        let must_wake = !std::mem::replace(&mut doorstep.woken, true);
        drop(doorstep);
        if must_wake {
            self.wake.notify_one();
        }
    }

    /// The inbox, if the loop runs. The system is asked for the process only now and then: it takes as long as all the rest.
    fn enter(&self) -> Result<MutexGuard<'_, Doorstep>, Stopped> {
        let doorstep = match self.inbox.try_lock() {
            Ok(doorstep) => doorstep,
            Err(_) => {
                // In a forked child, the lock may be held by a thread that does not exist.
                self.check_process()?;
                lock(&self.inbox)
            }
        };
        if doorstep.inbox.len() == 0 || doorstep.inbox.len().is_power_of_two() {
            self.check_process()?;
        }
        if doorstep.open { Ok(doorstep) } else { Err(Stopped) }
    }

    /// Carries a command out at once on the node's own thread, and hands it to the loop from any other.
    pub(crate) fn act(&self, command: impl FnOnce(&Rc<Engine>) + Send + 'static) -> Result<(), Stopped> {
        match Engine::current() {
            Some(engine) if std::ptr::eq(&*engine.shared, self) => {
                command(&engine);
                engine.rouse();
                Ok(())
            }
            _ => self.post(command),
        }
    }

    /// The same where a further command follows at once.
    pub(crate) fn act_first(&self, command: impl FnOnce(&Rc<Engine>) + Send + 'static) -> Result<(), Stopped> {
        if Engine::current().is_some() { self.act(command) } else { self.post_first(command) }
    }

    /// The port of this node that an ID names, if the name says which.
    #[inline(always)]
    pub(crate) fn own_port(&self, id: &PortId) -> Option<LocalPort> {
        match &id.name {
            PortName::Native { origin, number }
                if *origin == self.origin && number.kind() == PortKind::Port && id.node == self.id =>
            {
                Some(LocalPort { slot: number.slot(), generation: number.generation() })
            }
            _ => None,
        }
    }

    /// Commands that the loop has not taken yet; not known, and none, while another thread hands one in.
    pub(crate) fn waiting(&self) -> usize {
        self.inbox.try_lock().map_or(0, |doorstep| doorstep.inbox.len())
    }

    /// Whether a command handed in now would be carried out.
    pub(crate) fn check_running(&self) -> Result<(), Stopped> {
        self.check_process()?;
        if lock(&self.inbox).open { Ok(()) } else { Err(Stopped) }
    }

    /// Swaps what was posted with `empty`.
    pub(super) fn take_posted(&self, empty: &mut Vec<Posted>) {
        let mut doorstep = lock(&self.inbox);
        doorstep.woken = false;
        doorstep.inbox.take(empty);
    }

    /// From now on nothing can be posted. What was posted and not taken is dropped.
    pub(super) fn close(&self) {
        let mut doorstep = lock(&self.inbox);
        doorstep.open = false;
        let rest = std::mem::take(&mut doorstep.inbox);
        drop(doorstep);
        drop_quietly(rest);
    }

    /// A number for a new port, so that its ID is known before the loop knows of it.
    ///
    /// # Panics
    ///
    /// Panics if 2^32 ports are open.
    pub(crate) fn take_port(&self) -> Result<LocalPort, Stopped> {
        self.check_process()?;
        Ok(self.take_port_here())
    }

    /// The same on the node's own thread: where that is, the loop is.
    ///
    /// # Panics
    ///
    /// Panics if 2^32 ports are open.
    pub(crate) fn take_port_here(&self) -> LocalPort {
        lock(&self.ports).take().expect("fewer than 2^32 ports are open")
    }

    /// Makes room where ports have died.
    pub(super) fn give_ports_back(&self, dead: impl Iterator<Item = LocalPort>) {
        let mut ports = lock(&self.ports);
        dead.for_each(|port| ports.give_back(port));
    }

    /// The ID of a port of this node under its first name.
    pub(crate) fn port_id(&self, port: LocalPort) -> PortId {
        self.own(port.number())
    }

    /// A new name for the answer to a call.
    pub(crate) fn reply_number(&self) -> PortNumber {
        count(&self.replies, PortKind::Reply)
    }

    /// A new name for a port that is spawned at some node.
    pub(crate) fn spawned_name(&self) -> PortName {
        PortName::Native { origin: self.origin, number: count(&self.spawned, PortKind::Spawned) }
    }

    /// The ID that a number of this node makes.
    pub(crate) fn own(&self, number: PortNumber) -> PortId {
        PortId::new(self.id.clone(), PortName::Native { origin: self.origin, number })
    }

    /// Says that the calling thread runs the loop.
    pub(super) fn enter_thread(&self) {
        self.thread.set(thread::current().id()).expect("a node has one thread");
    }

    /// # Panics
    ///
    /// Panics on the node's own thread, which would wait for itself.
    #[track_caller]
    pub(crate) fn check_may_wait(&self) {
        assert!(
            self.thread.get() != Some(&thread::current().id()),
            "this would wait for ever: a handler waits for its own node; use `cx.call`, `cx.task` or `.await` in a task"
        );
    }

    /// A forked child has the memory of the node, but not its thread.
    pub(crate) fn check_process(&self) -> Result<(), Stopped> {
        if process::id() == self.process { Ok(()) } else { Err(Stopped) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.id).finish()
    }
}

fn count(counter: &AtomicU64, kind: PortKind) -> PortNumber {
    PortNumber::counted(counter.fetch_add(1, Ordering::Relaxed), kind).expect("2^62 names take longer than a lifetime")
}

/// Nothing that holds one of these locks can leave what it guards half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
