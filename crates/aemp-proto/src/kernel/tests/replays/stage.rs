//! Our kernel among recorded nodes.

use super::{
    super::World,
    lines::{Line, Step, messages},
};
use crate::{
    base::{
        Established, Framing,
        tests::replay::{Part, established},
    },
    directory::DatabaseWatch,
    id::NodeId,
    kernel::{Body, ConnectionId, Delivery, LocalPort, Received, SendError, WatchId, connection::Phase},
    message::{Message, cbor},
    reason::Reason,
    value::Value,
};
use std::collections::BTreeMap;

/// A recorded connection, and the part in it that is ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    pub(super) session: &'static str,
    pub(super) number: u32,
    pub(super) ours: Part,
}

pub(super) struct Stage {
    pub(super) world: World,
    /// The node at the other side of the connection that was made last, and how it is spoken to.
    pub(super) peer: NodeId,
    framing: Framing,
    /// Watches that a program set, by the name of the port.
    pub(super) watches: BTreeMap<String, Vec<WatchId>>,
    /// Families that a program watches.
    pub(super) families: BTreeMap<String, DatabaseWatch>,
    /// Ports that share the death of a port of the peer.
    pub(super) links: BTreeMap<WatchId, LocalPort>,
    /// What was not sent because base peers could not read it.
    pub(super) unreadable: usize,
    /// Messages that a port was sent to show them.
    pub(super) shown: Vec<Vec<Value>>,
    /// Whether our side's programs do what the recorded ones did; otherwise they only answer.
    pub(super) acts: bool,
    pub(super) closed: bool,
}

impl Stage {
    /// A node that listens at an address, if any, and looks for a global one at another.
    pub(super) fn new(node: &str, address: Option<&str>, seed: Option<&str>, global: bool) -> Self {
        let mut world = World::new(0);
        world.dial_at_once = false;
        world.seeds = seed.into_iter().map(|seed| seed.parse().unwrap()).collect();
        world.global = global;
        match address {
            Some(address) => world.add_private(node, address),
            None => world.add(node),
        };
        world.outputs(0);
        let peer = node.parse().unwrap();
        Self {
            world,
            peer,
            framing: Framing::Json,
            watches: BTreeMap::new(),
            families: BTreeMap::new(),
            links: BTreeMap::new(),
            unreadable: 0,
            shown: Vec::new(),
            acts: false,
            closed: false,
        }
    }

    /// A recorded connection begins.
    pub(super) fn connect(&mut self, scene: Scene) -> ConnectionId {
        self.attach(&established(scene.session, scene.number, scene.ours), scene.ours)
    }

    pub(super) fn attach(&mut self, established: &Established, ours: Part) -> ConnectionId {
        self.peer = established.node().clone();
        self.framing = established.sending();
        self.world.outputs(0);
        let node = &mut self.world.nodes[0];
        let dial = (ours == Part::Dialler).then(|| node.held.remove(0).0);
        let connection = node.kernel.attach_base(established, dial, self.world.now);
        self.closed = false;
        self.world.outputs(0);
        connection
    }

    /// A step: what our kernel says in it.
    pub(super) fn play(&mut self, scene: Scene, connection: ConnectionId, step: &Step) -> Vec<Line> {
        for line in &step.lines {
            match (line.by == scene.ours, self.acts) {
                (true, true) => self.act(line),
                (true, false) => {}
                (false, _) => self.feed(connection, &line.octets),
            }
            self.mourn();
        }
        self.hear(scene, connection)
    }

    pub(super) fn hear(&mut self, scene: Scene, connection: ConnectionId) -> Vec<Line> {
        let now = self.world.now;
        let mut heard = Vec::new();
        while let Some(octets) = self.world.nodes[0].kernel.transmit(connection, 1 << 17, now) {
            heard.extend_from_slice(&octets);
        }
        self.world.outputs(0);
        messages(scene.ours, self.framing, &heard)
    }

    /// Ports die with those that they are linked to.
    fn mourn(&mut self) {
        self.world.outputs(0);
        let (linked, fired) = std::mem::take(&mut self.world.nodes[0].fired)
            .into_iter()
            .partition::<Vec<_>, _>(|(watch, _)| self.links.contains_key(watch));
        self.world.nodes[0].fired = fired;
        for (watch, reason) in linked {
            let port = self.links.remove(&watch).unwrap();
            self.close(port, reason);
        }
    }

    /// The other side is gone.
    pub(super) fn hang_up(&mut self, connection: ConnectionId) {
        let now = self.world.now;
        self.world.nodes[0].kernel.closed(connection, "Unexpected end-of-file", now);
        self.world.outputs(0);
    }

    pub(super) fn feed(&mut self, connection: ConnectionId, octets: &[u8]) {
        let (mut at, now) = (0, self.world.now);
        loop {
            match self.world.nodes[0].kernel.receive(connection, &octets[at..], now) {
                Received::More => return,
                Received::Closed => {
                    self.closed = true;
                    return;
                }
                Received::Frame { length, delivery } => {
                    at += length;
                    if let Some(delivery) = delivery {
                        self.deliver(delivery);
                    }
                }
            }
        }
    }

    fn deliver(&mut self, delivery: Delivery<'_>) {
        match delivery {
            Delivery::Message { to, body } => self.receive(to, values(body)),
            Delivery::Kill { to, reason } => self.close(to, reason),
            Delivery::Spawn { name, service, arguments } => self.spawn(name, &service, values(arguments)),
            other => panic!("a base peer cannot say {other:?}"),
        }
    }

    pub(super) fn close(&mut self, port: LocalPort, reason: Reason) {
        self.world.nodes[0].kernel.close(port, reason);
        self.world.nodes[0].numbers.give_back(port);
    }

    pub(super) fn open_as(&mut self, name: &str) -> LocalPort {
        let node = &mut self.world.nodes[0];
        let port = node.numbers.take().unwrap();
        assert!(node.kernel.open_as(port, name.parse().unwrap()));
        port
    }

    pub(super) fn send(&mut self, to: &crate::id::PortId, from: Option<LocalPort>, values: Vec<Value>) {
        let now = self.world.now;
        let message = Message(values);
        let sent = self.world.nodes[0].kernel.send(to, from, now, |out| cbor::encode(&message, out));
        self.unreadable += usize::from(matches!(sent, Err(SendError::Unreadable(_))));
    }

    /// The codes with which watches fired since the last question.
    pub(super) fn fired(&mut self) -> Vec<String> {
        let fired = std::mem::take(&mut self.world.nodes[0].fired);
        fired.into_iter().map(|(_, reason)| reason.code().as_str().to_owned()).collect()
    }

    /// A program sets an entry of the database.
    pub(super) fn set(&mut self, family: &str, key: &str, value: &str) {
        let now = self.world.now;
        self.world.nodes[0].kernel.db_set(family, key, &value.into(), now).unwrap();
    }

    /// Whether it is the connection on which messages go to the peer.
    pub(super) fn carries(&self, connection: ConnectionId) -> bool {
        let state = self.world.nodes[0].kernel.connections.get(connection.0);
        state.is_some_and(|state| matches!(state.phase, Phase::Base(_)))
    }
}

fn values(body: Body<'_>) -> Vec<Value> {
    match body {
        Body::Values(message) => message.0,
        other => panic!("base peers send values, not {other:?}"),
    }
}
