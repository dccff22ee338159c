//! A port that does at random what ports do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aemp::{Bytes, CallError, Context, Cx, Outcome, Port, Reason, Receive, Reply, Start, Started, Watch};

use super::{
    message::{Head, Message, Nonsense},
    record::{Kind, Record},
    world::{Life, World},
};
use crate::random::Random;

/// The service that starts such ports.
pub(super) const SERVICE: &str = "worker";
/// Spawned ports beyond this are refused.
pub(super) const MAX_PORTS: u64 = 16;
/// How often a port does something.
const TICK: Duration = Duration::from_millis(25);
/// Messages that all ports of a node send in a second.
const RATE: u64 = 400;
/// Watches that one port holds.
const MAX_WATCHES: usize = 30;
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
/// The code of the reason of all kills.
const KILL_CODE: &str = "torture";

/// A port that does at random what ports do, and writes it down.
pub(super) struct Worker {
    world: Arc<World>,
    port: u64,
    /// The newest name that it knows of itself.
    name: Option<String>,
    /// The name under which others find it.
    published: Option<String>,
    is_begun: bool,
    watches: BTreeMap<u64, (Port<Message>, Watch)>,
    /// Watches by which it is linked; they are never ended.
    links: Vec<Watch>,
    /// Calls that it answers later.
    open: Vec<(Head, Reply<u64>)>,
    /// Dropped last: with it the log says that the port is dead.
    _life: Life,
}

impl Worker {
    /// Opens one here.
    pub(super) fn open(cx: &Context, world: &Arc<World>, published: String) -> Port<Message> {
        let worker = Self::new(world, Some(published));
        let port = worker.port;
        let me = cx.open(worker);
        world.journal.note(&Record::Open { port, name: &me.to_string(), spawned: false });
        cx.send(&me, Message::Tick);
        me
    }

    /// Starts one for another node.
    pub(super) fn start(start: &Start<'_>, world: &Arc<World>) -> Started<Message> {
        let (worker, me) = (Self::new(world, None), start.port::<Message>());
        world.journal.note(&Record::Open { port: worker.port, name: &me.to_string(), spawned: true });
        start.send(&me, Message::Tick);
        start.open(worker)
    }

    fn new(world: &Arc<World>, published: Option<String>) -> Self {
        let port = world.draw();
        Self {
            world: Arc::clone(world),
            port,
            name: None,
            published,
            is_begun: false,
            watches: BTreeMap::new(),
            links: Vec::new(),
            open: Vec::new(),
            _life: Life::begin(world, port),
        }
    }

    /// On the first tick, which it was sent at its birth.
    fn begin(&mut self, cx: &Cx<Message>) {
        self.is_begun = true;
        if self.world.with_random(|random| random.chance(125)) {
            self.world.journal.note(&Record::Private { port: self.port });
            cx.make_private();
        }
        if let Some(name) = &self.published {
            cx.publish(name, &cx.me());
        }
        drop(cx.every(TICK, || Message::Tick));
    }

    fn notice_renaming(&mut self, cx: &Cx<Message>) {
        let name = cx.me().to_string();
        if self.name.as_ref().is_some_and(|known| *known != name) {
            self.world.journal.note(&Record::Renamed { port: self.port, name: &name });
        }
        self.name = Some(name);
    }

    fn tick(&mut self, cx: &Cx<Message>) -> Result<(), &'static str> {
        if !self.is_begun {
            self.begin(cx);
        }
        self.answer_later(cx);
        if self.world.is_resting() {
            return Ok(());
        }
        let per_tick = RATE * u64::try_from(TICK.as_millis()).unwrap_or(25);
        let share = per_tick / self.world.own_ports().max(1);
        for _ in 0..share / 1_000 + u64::from(self.chance(share % 1_000)) {
            self.send(cx);
        }
        let dice = self.world.with_random(|random| random.below(10_000));
        match dice {
            0..200 => self.watch(cx),
            200..260 => self.unwatch(),
            260..560 => self.call(cx),
            560..710 => self.hand_on(cx),
            710..724 => self.spawn(cx),
            724..729 => self.kill(cx),
            729..735 => self.link(cx),
            735..740 => self.send_nonsense(cx),
            740..770 => self.try_the_dead(cx),
            770..774 => self.end(cx, "normal"),
            774..776 => {
                self.end(cx, "error");
                return Err("as the dice fell");
            }
            1_000..1_500 => self.send_lossy(cx),
            _ => {}
        }
        Ok(())
    }

    fn chance(&self, per_mille: u64) -> bool {
        self.world.with_random(|random| random.chance(per_mille))
    }

    fn send(&self, cx: &Cx<Message>) {
        if let Some(to) = self.world.choose_living() {
            self.send_data(cx, &to);
        }
    }

    fn send_data(&self, cx: &Cx<Message>, to: &Port<Message>) {
        self.send_sized(cx, to, self.world.with_random(size));
    }

    fn send_sized(&self, cx: &Cx<Message>, to: &Port<Message>, size: usize) {
        let head = self.world.number(self.port, to, size, Kind::Data);
        let octets = Bytes::copy_from_slice(&vec![pattern(head.number); size]);
        cx.send(to, Message::Data(head, octets));
    }

    fn send_lossy(&self, cx: &Cx<Message>) {
        let Some(to) = self.world.choose_living() else { return };
        let size = self.world.with_random(|random| random.index(200));
        let head = self.world.number(self.port, &to, size, Kind::Lossy);
        let octets = Bytes::copy_from_slice(&vec![pattern(head.number); size]);
        cx.send_lossy(&to, Message::Lossy(head, octets));
    }

    fn call(&self, cx: &Cx<Message>) {
        let Some(to) = self.world.choose_living() else { return };
        let call = self.world.draw();
        let head = self.world.number(self.port, &to, 0, Kind::Call);
        let (name, number) = (&head.name, head.number);
        self.world.journal.note(&Record::Call { call, port: self.port, name, number });
        let answered = move |result| Message::Answered(call, result);
        drop(cx.call(&to, |reply| Message::Call(head, reply), answered).timeout(CALL_TIMEOUT));
    }

    fn hand_on(&self, cx: &Cx<Message>) {
        let (Some(to), Some(port)) = (self.world.choose_living(), self.world.choose_living()) else { return };
        let head = self.world.number(self.port, &to, 0, Kind::Hand);
        cx.send(&to, Message::Hand(head, port));
    }

    fn send_nonsense(&self, cx: &Cx<Message>) {
        if let Some(to) = self.world.choose_living() {
            let head = self.world.number(self.port, &to, 0, Kind::Bad);
            cx.send(&to.cast(), Nonsense::Nonsense(head.number));
        }
    }

    fn watch(&mut self, cx: &Cx<Message>) {
        if self.watches.len() < MAX_WATCHES
            && let Some(port) = self.world.choose_living()
        {
            self.watch_port(cx, port);
        }
    }

    fn watch_port(&mut self, cx: &Cx<Message>, port: Port<Message>) {
        let (monitor, name) = (self.world.draw(), port.to_string());
        self.world.use_name(&name);
        self.world.journal.note(&Record::Monitor { monitor, port: self.port, name: &name });
        let watch = cx.monitor(&port, move |reason| Message::Fired(monitor, reason));
        self.watches.insert(monitor, (port, watch));
    }

    fn unwatch(&mut self) {
        if let Some((monitor, (_, watch))) = self.watches.pop_first() {
            drop(watch);
            self.world.journal.note(&Record::Demonitor { monitor });
        }
    }

    fn fired(&mut self, monitor: u64, reason: &Reason) {
        self.world.journal.note(&Record::fired(monitor, reason));
        if let Some((port, _)) = self.watches.remove(&monitor) {
            self.world.bury(&port);
        }
    }

    fn link(&mut self, cx: &Cx<Message>) {
        if let Some(port) = self.world.choose_living() {
            self.world.journal.note(&Record::Link { port: self.port, name: &port.to_string() });
            self.links.push(cx.link(&port));
        }
    }

    fn kill(&self, cx: &Cx<Message>) {
        if let Some(port) = self.world.choose_living() {
            self.world.journal.note(&Record::Kill { name: &port.to_string() });
            cx.kill(&port, Reason::new(KILL_CODE, "as the dice fell"));
        }
    }

    /// Spawns a port, watches it and sends to it, before it can have begun.
    fn spawn(&mut self, cx: &Cx<Message>) {
        let peers = &self.world.peers;
        let on = peers[self.world.with_random(|random| random.index(peers.len()))].id.clone();
        let port: Port<Message> = cx.spawn(&on, SERVICE, ());
        // It leaves this thread only when the handler is done.
        self.world.journal.note(&Record::Spawn { name: &port.to_string() });
        self.watch_port(cx, port.clone());
        self.send_data(cx, &port);
        self.world.learn(&port);
    }

    /// Sends to, or watches, a port that was declared dead.
    fn try_the_dead(&mut self, cx: &Cx<Message>) {
        let Some(port) = self.world.choose_dead() else { return };
        if self.chance(500) {
            self.send_data(cx, &port);
        } else {
            self.watch_port(cx, port);
        }
    }

    /// Ends, at times with last words that take long to say.
    fn end(&self, cx: &Cx<Message>, code: &str) {
        if self.chance(400)
            && let Some(to) = self.world.choose_living()
        {
            self.send_sized(cx, &to, self.world.with_random(|random| random.index(300_000)));
        }
        self.world.journal.note(&Record::Ending { port: self.port, code });
        cx.stop();
    }

    fn received(&self, head: &Head, octets: &[u8], lossy: bool) {
        let intact = octets.iter().all(|octet| *octet == pattern(head.number));
        let Head { run, sender, name, number } = head;
        let (number, sender, size) = (*number, *sender, octets.len());
        self.world.journal.note(&Record::Receive { port: self.port, name, number, size, run, sender, intact, lossy });
    }

    fn answer(&mut self, cx: &Cx<Message>, head: Head, reply: Reply<u64>) {
        match self.world.with_random(|random| random.below(100)) {
            0..8 => drop(reply),
            8..20 => self.open.push((head, reply)),
            _ => cx.reply(reply, head.number),
        }
    }

    fn answer_later(&mut self, cx: &Cx<Message>) {
        if let Some((head, reply)) = self.open.pop() {
            cx.reply(reply, head.number);
        }
    }
}

impl Receive for Worker {
    type Message = Message;

    fn receive(&mut self, cx: &mut Cx<Message>, message: Message) -> impl Outcome + 'static {
        self.notice_renaming(cx);
        match message {
            Message::Data(head, octets) => self.received(&head, &octets, false),
            Message::Lossy(head, octets) => self.received(&head, &octets, true),
            Message::Call(head, reply) => {
                self.received(&head, &[], false);
                self.answer(cx, head, reply);
            }
            Message::Hand(head, port) => {
                self.received(&head, &[], false);
                self.world.learn(&port);
            }
            Message::Tick => return self.tick(cx),
            Message::Fired(monitor, reason) => self.fired(monitor, &reason),
            Message::Answered(call, result) => note_answer(&self.world, call, &result),
            Message::Greet(reply) => cx.reply(reply, ()),
            // Only the keeper gets these.
            Message::Found(_)
            | Message::FoundKeeper(..)
            | Message::Order(_)
            | Message::Reached(..)
            | Message::Vacant(_) => {}
        }
        Ok::<(), &'static str>(())
    }
}

fn note_answer(world: &World, call: u64, result: &Result<u64, CallError>) {
    let code = match result {
        Ok(_) => "ok",
        Err(CallError::TimedOut) => "timed_out",
        Err(CallError::Dropped) => "dropped",
        Err(CallError::Lost(_)) => "lost",
        Err(_) => "failed",
    };
    world.journal.note(&Record::Answered { call, code });
}

/// The octet that a message consists of.
fn pattern(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

/// Mostly small, at times larger than a piece.
fn size(random: &mut Random) -> usize {
    let size = if random.chance(3) { random.between(60_000, 400_000) } else { random.below(200) };
    usize::try_from(size).unwrap_or(0)
}
