//! The port that keeps a node busy, and that carries out what the parent orders.

use std::{sync::Arc, time::Duration};

use aemp::{CallError, Cx, Outcome, Port, Receive};

use super::{
    message::{Message, Order},
    record::Record,
    worker::Worker,
    world::World,
};

/// The name under which keepers are published.
const KEEPER: &str = "keeper";
/// Ports under published names, which are opened again when they die.
const WORKERS: usize = 8;
const TICK: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(2);

/// The port that keeps a node busy.
pub(super) struct Keeper {
    world: Arc<World>,
    port: u64,
    /// The published names that nobody has.
    vacant: Vec<usize>,
    /// The peers that are to be called in the audit.
    unreached: Vec<usize>,
    is_begun: bool,
}

impl Keeper {
    pub(super) fn new(world: &Arc<World>) -> Self {
        let (world, port) = (Arc::clone(world), world.draw());
        Self { world, port, vacant: (0..WORKERS).collect(), unreached: Vec::new(), is_begun: false }
    }

    fn tick(&mut self, cx: &Cx<Message>) {
        if !self.is_begun {
            self.begin(cx);
        }
        for peer in std::mem::take(&mut self.unreached) {
            self.look_for_keeper(cx, peer);
        }
        if !self.world.is_resting() {
            self.fill_vacancies(cx);
            self.look_up(cx);
            self.look_up(cx);
        }
    }

    fn begin(&mut self, cx: &Cx<Message>) {
        self.is_begun = true;
        let name = cx.me().to_string();
        self.world.journal.note(&Record::Open { port: self.port, name: &name, spawned: false });
        cx.publish(KEEPER, &cx.me());
        drop(cx.every(TICK, || Message::Tick));
    }

    fn fill_vacancies(&mut self, cx: &Cx<Message>) {
        for place in std::mem::take(&mut self.vacant) {
            let worker = Worker::open(cx, &self.world, worker_name(place));
            cx.monitor(&worker, move |_| Message::Vacant(place)).forever();
        }
    }

    /// Learns of a port of another node, perhaps.
    fn look_up(&self, cx: &Cx<Message>) {
        let peers = &self.world.peers;
        let (peer, place) = self.world.with_random(|random| (random.index(peers.len()), random.index(WORKERS)));
        let call = cx.node().find::<Message>(&peers[peer].address, &worker_name(place)).timeout(PATIENCE);
        drop(cx.task(async move { Message::Found(call.await.ok()) }));
    }

    fn found(&self, port: &Port<Message>) {
        self.world.journal.note(&Record::Found { name: &port.to_string() });
        self.world.learn(port);
    }

    fn obey(&mut self, cx: &Cx<Message>, order: Order) {
        match order {
            Order::Rest => self.world.rest(),
            Order::Audit => self.audit(cx),
            Order::Settle => self.world.journal.note(&Record::Settled {}),
        }
    }

    /// Asks of every name that was ever used whether it is dead, and of every node whether it is there.
    fn audit(&mut self, cx: &Cx<Message>) {
        for name in self.world.used() {
            let port: Port<Message> = name.parse().expect("it was printed by a port");
            let monitor = self.world.draw();
            self.world.journal.note(&Record::Monitor { monitor, port: self.port, name: &name });
            cx.monitor(&port, move |reason| Message::Fired(monitor, reason)).forever();
        }
        self.unreached = (0..self.world.peers.len()).collect();
    }

    fn look_for_keeper(&self, cx: &Cx<Message>, peer: usize) {
        let call = cx.node().find::<Message>(&self.world.peers[peer].address, KEEPER).timeout(PATIENCE);
        drop(cx.task(async move { Message::FoundKeeper(peer, call.await.ok()) }));
    }

    fn greet(&mut self, cx: &Cx<Message>, peer: usize, keeper: Option<Port<Message>>) {
        let Some(keeper) = keeper else { return self.unreached.push(peer) };
        let answered = move |result: Result<(), CallError>| Message::Reached(peer, result.is_ok());
        drop(cx.call(&keeper, Message::Greet, answered).timeout(PATIENCE));
    }

    fn reached(&mut self, peer: usize, answered: bool) {
        if answered {
            self.world.journal.note(&Record::Reached { node: self.world.peers[peer].id.name() });
        } else {
            self.unreached.push(peer);
        }
    }
}

impl Receive for Keeper {
    type Message = Message;

    fn receive(&mut self, cx: &mut Cx<Message>, message: Message) -> impl Outcome + 'static {
        match message {
            Message::Tick => self.tick(cx),
            Message::Vacant(place) => self.vacant.push(place),
            Message::Found(Some(port)) => self.found(&port),
            Message::Order(order) => self.obey(cx, order),
            Message::Greet(reply) => cx.reply(reply, ()),
            Message::FoundKeeper(peer, keeper) => self.greet(cx, peer, keeper),
            Message::Reached(peer, answered) => self.reached(peer, answered),
            Message::Fired(monitor, reason) => self.world.journal.note(&Record::fired(monitor, &reason)),
            // Nobody uses it for anything else.
            Message::Found(None)
            | Message::Data(..)
            | Message::Lossy(..)
            | Message::Call(..)
            | Message::Hand(..)
            | Message::Answered(..) => {}
        }
    }
}

fn worker_name(place: usize) -> String {
    format!("worker {place}")
}
