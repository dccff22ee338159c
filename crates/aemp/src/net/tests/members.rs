//! Nodes with a kernel and nothing around it: they count what they receive.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use aemp_proto::{
    id::{NodeId, PortId},
    kernel::{Delivery, Event, Kernel, LocalPort, Output, PortNumbers, Settings, Timing},
    limits::Limits,
    time::Time,
};
use tokio::{task::spawn_local, time::sleep};

use super::ends;
use crate::net::{Backlog, Host, Listeners, Network, TransportSettings};

/// One node.
#[derive(Clone)]
pub(super) struct Member(Rc<Inner>);

struct Inner {
    kernel: RefCell<Kernel>,
    network: OnceCell<Network<Member>>,
    port: LocalPort,
    start: Instant,
    received: Cell<u64>,
    octets: Cell<usize>,
    /// Something was delivered since the last turn.
    turn_is_due: Cell<bool>,
    events: RefCell<Vec<Event>>,
}

impl Member {
    /// A node with one port, which accepts connections at the sockets.
    pub(super) fn start(id: &NodeId, listeners: Option<Listeners>) -> Self {
        let transport = TransportSettings { ..ends::settings(id.as_str(), 1) };
        let mut kernel = Kernel::new(Settings {
            node: id.clone(),
            incarnation: transport.identity.incarnation(),
            addresses: Vec::new(),
            limits: Limits::default(),
            timing: Timing::default(),
            refused_is_death: Default::default(),
            wall_clock: Duration::ZERO,
            relay: false,
            seed: 1,
            seeds: Vec::new(),
            global: false,
        });
        let port = PortNumbers::default().take().unwrap();
        kernel.open(port);
        let member = Self(Rc::new(Inner {
            kernel: RefCell::new(kernel),
            network: OnceCell::new(),
            port,
            start: Instant::now(),
            received: Cell::new(0),
            octets: Cell::new(0),
            turn_is_due: Cell::new(false),
            events: RefCell::default(),
        }));
        let network = Network::new(member.clone(), transport).unwrap();
        listeners.into_iter().for_each(|listeners| network.serve(listeners));
        assert!(member.0.network.set(network).is_ok());
        spawn_local(member.clone().tick());
        member
    }

    pub(super) fn network(&self) -> &Network<Self> {
        self.0.network.get().unwrap()
    }

    pub(super) fn port(&self) -> PortId {
        self.0.kernel.borrow().port_id(self.0.port)
    }

    /// Sends a number, with so many octets behind it.
    pub(super) fn send(&self, to: &PortId, number: u64, padding: usize) {
        let encode = |out: &mut Vec<u8>| {
            out.extend_from_slice(&number.to_le_bytes());
            out.resize(out.len() + padding, 0);
            Ok::<_, ()>(())
        };
        self.kernel(|kernel, now| kernel.send(to, Some(self.0.port), now, encode)).unwrap();
    }

    /// Messages that came, numbered from 0 without a gap.
    pub(super) fn received(&self) -> u64 {
        self.0.received.get()
    }

    /// Octets that came in messages.
    pub(super) fn octets(&self) -> usize {
        self.0.octets.get()
    }

    /// Something was delivered, and no turn was taken since.
    pub(super) fn owes_turn(&self) -> bool {
        self.0.turn_is_due.get()
    }

    pub(super) fn has_seen(&self, event: impl Fn(&Event) -> bool) -> bool {
        self.0.events.borrow().iter().any(event)
    }

    /// Waits until something is so; 20 s at most.
    pub(super) async fn until(&self, condition: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !condition(self) {
            assert!(Instant::now() < end, "received {}; events {:?}", self.received(), self.0.events.borrow());
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn tick(self) {
        loop {
            sleep(Duration::from_millis(2)).await;
            if self.kernel(|kernel, now| kernel.deadline().is_some_and(|deadline| deadline <= now)) {
                self.kernel(Kernel::tick);
            }
            self.turn();
        }
    }
}

impl Host for Member {
    fn kernel<R>(&self, f: impl FnOnce(&mut Kernel, Time) -> R) -> R {
        f(&mut self.0.kernel.borrow_mut(), Time::new(self.0.start.elapsed()))
    }

    fn delivers_from(&self, _: Option<&NodeId>) {}

    fn deliver(&self, delivery: Delivery<'_>) {
        self.0.turn_is_due.set(true);
        let Delivery::Message { body, .. } = delivery else { panic!("{delivery:?}") };
        let (number, _) = body.as_slice().unwrap().split_first_chunk().unwrap();
        assert_eq!(u64::from_le_bytes(*number), self.0.received.get(), "in order, without a gap, once");
        self.0.received.set(self.0.received.get() + 1);
        self.0.octets.set(self.0.octets.get() + body.as_slice().unwrap().len());
    }

    fn event(&self, event: Event) {
        self.0.events.borrow_mut().push(event);
    }

    fn turn(&self) -> Backlog {
        self.0.turn_is_due.set(false);
        while let Some(output) = self.kernel(|kernel, _| kernel.poll()) {
            match output {
                Output::Dial { dial, expect, address } => self.network().dial(dial, expect, address),
                Output::CancelDial(dial) => self.network().cancel(dial),
                Output::Close(connection) => self.network().close(connection),
                Output::Event(event) => self.event(event),
                other => panic!("{other:?}"),
            }
        }
        while let Some(connection) = self.kernel(|kernel, _| kernel.next_writable()) {
            self.network().wake(connection);
        }
        Backlog::default()
    }
}
