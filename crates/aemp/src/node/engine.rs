//! The state of a node, on its own thread.
//!
//! Invariant: no part of it is borrowed while code of the user runs: handlers, other closures, and the
//! destructors of messages and closures. What is taken out of a table is dropped after the borrow.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use aemp_proto::{
    id::NodeId,
    kernel::{Event, Kernel, LocalPort, Output, Settings},
    time::Time,
};

use super::{
    calls::Calls,
    clock::Clock,
    database::FamilyWatches,
    groups::Groups,
    jobs::Job,
    network::Network,
    peers::Peers,
    ports::Ports,
    queue::{QueueIndex, Queues, Token},
    registrations::Registrations,
    renamed::Renamed,
    shared::Shared,
    spawn::Services,
    stop::Stopping,
    timers::Timers,
    watches::Watches,
};

/// Local messages and other work done in one turn, before sockets and timers are looked at again.
const BUDGET: usize = 1_024;

thread_local! {
    /// The engine that this thread runs, so that guards dropped by a handler act at once.
    static CURRENT: RefCell<Option<Rc<Engine>>> = const { RefCell::new(None) };
}

/// The state of a node, on its own thread.
pub(crate) struct Engine {
    pub(crate) shared: Arc<Shared>,
    kernel: RefCell<Kernel>,
    pub(super) clock: Clock,
    /// Absent before the start and after the end: it holds the engine.
    pub(super) network: RefCell<Option<Network>>,
    pub(super) ports: RefCell<Ports>,
    pub(super) queues: Queues,
    pub(super) tokens: RefCell<VecDeque<Token>>,
    pub(super) jobs: RefCell<VecDeque<Job>>,
    /// Ports that died in this turn: their places are given back together, since other threads take some as well.
    pub(super) graves: RefCell<Vec<LocalPort>>,
    pub(super) timers: RefCell<Timers>,
    pub(super) watches: Watches,
    pub(super) family_watches: FamilyWatches,
    pub(super) registrations: Registrations,
    pub(super) groups: Groups,
    pub(super) calls: Calls,
    pub(super) services: Services,
    pub(super) peers: Peers,
    pub(super) renamed: Renamed,
    pub(super) stopping: Stopping,
    /// The peer whose frames are being handled.
    pub(super) source: RefCell<Option<NodeId>>,
    /// When the loop will wake up by itself, while it sleeps.
    pub(super) alarm: Cell<Option<Time>>,
    pub(super) asleep: Cell<bool>,
    /// A connection hands in frames, or takes the turn behind them, which wakes the loop if anything is left.
    pub(super) attended: Cell<bool>,
    /// Local messages and jobs that were handled so far.
    pub(super) handled: Cell<u64>,
    /// How long a stop waits for acknowledgement.
    pub(super) stop_timeout: Duration,
}

impl Engine {
    pub(super) fn new(shared: Arc<Shared>, settings: Settings, clock: Clock, stop_timeout: Duration) -> Rc<Self> {
        Rc::new(Self {
            shared,
            kernel: RefCell::new(Kernel::new(settings)),
            clock,
            network: RefCell::default(),
            ports: RefCell::default(),
            queues: Queues::new(),
            tokens: RefCell::default(),
            jobs: RefCell::default(),
            graves: RefCell::default(),
            timers: RefCell::default(),
            watches: Watches::default(),
            family_watches: FamilyWatches::default(),
            registrations: Registrations::default(),
            groups: Groups::default(),
            calls: Calls::default(),
            services: Services::default(),
            peers: Peers::default(),
            renamed: Renamed::default(),
            stopping: Stopping::default(),
            source: RefCell::default(),
            alarm: Cell::new(None),
            asleep: Cell::new(false),
            attended: Cell::new(false),
            handled: Cell::new(0),
            stop_timeout,
        })
    }

    /// Makes this the engine of the calling thread.
    pub(super) fn enter_thread(self: &Rc<Self>) {
        self.shared.enter_thread();
        CURRENT.set(Some(Rc::clone(self)));
    }

    pub(super) fn leave_thread() {
        drop(CURRENT.take());
    }

    /// The engine that the calling thread runs. A thread that ends, and drops what its other variables held, runs none.
    pub(crate) fn current() -> Option<Rc<Self>> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// Runs `work` on the kernel with the present time.
    pub(crate) fn kernel<R>(&self, work: impl FnOnce(&mut Kernel, Time) -> R) -> R {
        let (mut kernel, now) = (self.kernel.borrow_mut(), self.clock.now());
        kernel.tell_time(now);
        work(&mut kernel, now)
    }

    /// Tells observers.
    pub(crate) fn event(self: &Rc<Self>, event: Event) {
        self.peers.notice(self, &event);
        self.tell_groups(&event);
        self.shared.observers.tell(event);
    }

    /// Puts a token into the run queue, which has so many now.
    #[inline(always)]
    pub(super) fn push_token(&self, token: Token) -> usize {
        let mut tokens = self.tokens.borrow_mut();
        tokens.push_back(token);
        let count = tokens.len();
        drop(tokens);
        self.rouse();
        count
    }

    /// What a task did while the loop sleeps may have left the kernel something to send, or another deadline.
    #[inline]
    pub(super) fn rouse(&self) {
        if self.asleep.get() && !self.attended.get() {
            self.wake();
        }
    }

    #[cold]
    pub(super) fn wake(&self) {
        self.asleep.set(false);
        self.shared.wake.notify_one();
    }

    /// Carries the kernel's wishes out and does a bounded part of what waits. Whether anything is left.
    pub(super) fn turn(self: &Rc<Self>) -> bool {
        self.clock.read();
        self.carry_out();
        for _ in 0..BUDGET {
            let token = self.tokens.borrow_mut().pop_front();
            match token {
                Some(Token { queue: QueueIndex::JOBS, .. }) => self.run_job(),
                Some(token) => self.dispatch_waiting(token),
                None => break,
            }
            self.handled.set(self.handled.get() + 1);
        }
        self.carry_out();
        self.clear_graves();
        !self.tokens.borrow().is_empty()
    }

    fn clear_graves(&self) {
        let mut graves = self.graves.borrow_mut();
        if !graves.is_empty() {
            self.shared.give_ports_back(graves.drain(..));
        }
    }

    fn carry_out(self: &Rc<Self>) {
        while let Some(output) = self.kernel(|kernel, _| kernel.poll()) {
            self.carry_out_one(output);
        }
        while let Some(connection) = self.kernel(|kernel, _| kernel.next_writable()) {
            self.on_network(|network| network.wake(connection));
        }
    }

    fn carry_out_one(self: &Rc<Self>, output: Output) {
        match output {
            Output::Fired { watch, reason } => self.push_job(Job::Fire(watch, reason)),
            Output::Answer { number, result } => self.answered(number, result),
            Output::Event(event) => self.event(event),
            Output::Kill { port, reason } => self.push_job(Job::Kill(port, reason)),
            Output::Renamed { port, old, id, dropped } => {
                self.renamed(port, old.clone(), id.clone(), dropped.as_ref());
                self.rename_registered(&old, &id);
            }
            Output::Dial { dial, expect, address } => {
                self.on_network(|network| network.dial(dial, expect, address));
            }
            Output::CancelDial(dial) => self.on_network(|network| network.cancel(dial)),
            Output::Resolve { seed } => self.on_network(|network| network.resolve(seed)),
            Output::Changed { watch, change } => self.family_changed(watch, change),
            Output::Close(connection) => self.on_network(|network| network.close(connection)),
        }
    }

    /// Does something with the network, which every running node has.
    pub(super) fn on_network(&self, work: impl FnOnce(&Network)) {
        if let Some(network) = &*self.network.borrow() {
            work(network);
        }
    }
}
