//! A node of which a hostile member wants something: with ports, watches, calls, and entries in the database.

use std::time::Duration;

use aemp_proto::{
    id::{Address, Incarnation, NodeId, PortId, PortKind, PortNumber},
    kernel::{
        Body, ConnectionId, Delivery, DialFailure, Kernel, LocalPort, Output, PortNumbers, Received, RefusedIsDeath,
        Settings, Timing,
    },
    limits::Limits,
    message::{Message, cbor},
    reason::Reason,
    time::Time,
};

/// The hostile member.
pub(crate) const PEER: &str = "peer@127.0.0.1:2";
/// A port here that the others know.
pub(crate) const PORT: &str = "echo";

pub(crate) struct Node {
    pub(crate) kernel: Kernel,
    pub(crate) received: usize,
    now: Time,
    numbers: PortNumbers,
    connection: Option<ConnectionId>,
    /// What is not a whole frame yet.
    waiting: Vec<u8>,
    /// What the node has said since it was last asked.
    said: Vec<u8>,
}

impl Node {
    /// Limits are small, so that they are reached.
    pub(crate) fn new(global: bool) -> Self {
        let mut limits = Limits::default();
        (limits.max_message, limits.max_unacknowledged, limits.control_room) = (1 << 16, 1 << 16, 1 << 16);
        (limits.max_watches, limits.max_fences, limits.max_entries, limits.max_owners) = (8, 8, 8, 4);
        (limits.max_database_watches, limits.max_queries, limits.max_seeds) = (4, 4, 4);
        let seeds: Vec<Address> = vec!["127.0.0.1:2".parse().expect("an address")];
        let kernel = Kernel::new(Settings {
            node: id("n@127.0.0.1:1"),
            incarnation: Incarnation([1; 16]),
            addresses: vec!["127.0.0.1:1".parse().expect("an address")],
            limits,
            timing: Timing::default(),
            refused_is_death: RefusedIsDeath::SameHost,
            seed: 1,
            wall_clock: Duration::from_secs(1 << 30),
            seeds,
            global,
            relay: global,
        });
        let mut node = Self {
            kernel,
            received: 0,
            now: Time::ZERO,
            numbers: PortNumbers::default(),
            connection: None,
            waiting: Vec::new(),
            said: Vec::new(),
        };
        node.begin();
        node
    }

    /// What its programs have done before the peer connects.
    fn begin(&mut self) {
        let now = self.now;
        let port = self.open();
        assert!(self.kernel.open_as(port, PORT.parse().expect("a name")));
        self.kernel.publish("published", port);
        for name in ["a", "b"] {
            self.kernel.monitor(&peer_port(name), now);
            let number = PortNumber::counted(u64::from(name.as_bytes()[0]), PortKind::Reply).expect("a small number");
            let _ = self.kernel.call(&peer_port(name), Some(port), number, now, |out| cbor::encode(&("call",), out));
        }
        self.kernel.db_set("f", "own", &1.into(), now).expect("there is room");
        self.kernel.db_watch("f", now).expect("there is room");
        self.turn();
    }

    fn open(&mut self) -> LocalPort {
        self.numbers.take().expect("there are numbers left")
    }

    pub(crate) const fn now(&self) -> Time {
        self.now
    }

    /// The peer says all that on a connection, in parts; a moment passes behind each.
    pub(crate) fn hear(&mut self, connection: ConnectionId, octets: &[u8], part: usize) {
        self.connection = Some(connection);
        self.turn();
        for part in octets.chunks(part.max(1)) {
            self.waiting.extend_from_slice(part);
            let octets = std::mem::take(&mut self.waiting);
            let taken = self.receive(connection, &octets);
            self.waiting = octets[taken..].to_vec();
            self.turn();
            self.pass(Duration::from_millis(5));
        }
    }

    /// What the node says to all that.
    pub(crate) fn answer(&mut self, connection: ConnectionId, octets: &[u8]) -> Vec<u8> {
        self.hear(connection, octets, usize::MAX);
        std::mem::take(&mut self.said)
    }

    fn receive(&mut self, connection: ConnectionId, octets: &[u8]) -> usize {
        let mut at = 0;
        while self.connection.is_some() {
            match self.kernel.receive(connection, &octets[at..], self.now) {
                Received::More => return at,
                Received::Closed => break,
                Received::Frame { length, delivery } => {
                    at += length;
                    if let Some(delivery) = delivery {
                        self.deliver(delivery);
                    }
                    self.outputs();
                }
            }
        }
        octets.len()
    }

    fn deliver(&mut self, delivery: Delivery<'_>) {
        match delivery {
            Delivery::Message { to, body } | Delivery::Lossy { to, body } => {
                assert!(self.kernel.is_alive(to), "the dead receive nothing");
                self.received += 1;
                match read(&body) {
                    Some(message) => self.say(&peer_port("answers"), &message),
                    None => self.refuse(to),
                }
            }
            Delivery::Call { reply, body, .. } => {
                let message = read(&body).unwrap_or(Message(Vec::new()));
                let now = self.now;
                let _ = self.kernel.answer(&reply, None, now, |out| cbor::encode(&message, out));
            }
            Delivery::Answer { .. } => {}
            Delivery::Kill { to, reason } => self.kernel.close(to, reason),
            Delivery::Spawn { name, service, .. } if &*service == PORT => {
                let port = self.open();
                self.kernel.open_as(port, name);
            }
            Delivery::Spawn { name, service, .. } => {
                self.kernel.spawn_failed(name, Reason::new("no_such_service", &*service));
            }
        }
    }

    fn say(&mut self, to: &PortId, message: &Message) {
        let now = self.now;
        let _ = self.kernel.send(to, None, now, |out| cbor::encode(message, out));
    }

    /// The port's type does not have such a message.
    fn refuse(&mut self, port: LocalPort) {
        let _ = self.kernel.refuse(port, &id(PEER), &Reason::new("bad_message", ""));
    }

    /// All that the kernel wants is done. There is nobody at any address.
    fn turn(&mut self) {
        for _ in 0..10_000 {
            self.outputs();
            let Some(writable) = self.kernel.next_writable() else { return };
            while let Some(octets) = self.kernel.transmit(writable, 1 << 17, self.now) {
                self.said.extend_from_slice(&octets);
            }
        }
        panic!("the node never comes to rest");
    }

    fn outputs(&mut self) {
        while let Some(output) = self.kernel.poll() {
            match output {
                Output::Dial { dial, .. } => self.kernel.dial_failed(dial, DialFailure::Refused, self.now),
                Output::Close(connection) => self.closed(connection),
                Output::Fired { watch, .. } => drop(self.kernel.take_notice(watch)),
                Output::Kill { port, reason } => self.kernel.close(port, reason),
                Output::Resolve { seed } => self.kernel.resolved(&seed, Vec::new(), self.now),
                Output::CancelDial(_)
                | Output::Answer { .. }
                | Output::Renamed { .. }
                | Output::Changed { .. }
                | Output::Event(_) => {}
            }
        }
    }

    fn closed(&mut self, connection: ConnectionId) {
        if self.connection.take_if(|open| *open == connection).is_some() {
            self.kernel.closed(connection, "closed here", self.now);
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        for _ in 0..10_000 {
            let Some(due) = self.kernel.deadline().filter(|due| *due <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(due);
            self.kernel.tick(self.now);
            self.turn();
        }
        panic!("the node is never done with a moment");
    }

    /// The peer is gone, and nothing of it is left after a while.
    pub(crate) fn end(mut self) {
        if let Some(connection) = self.connection {
            self.closed(connection);
        }
        self.pass(Duration::from_secs(200));
        let census = self.kernel.census();
        assert_eq!((census.connections, census.watched, census.unacknowledged), (0, 0, 0), "{census:?}");
        assert_eq!(census.calls, 0, "every call ends");
    }
}

fn read(body: &Body<'_>) -> Option<Message> {
    cbor::decode(body, &Limits::default()).ok()
}

pub(crate) fn id(text: &str) -> NodeId {
    text.parse().expect("a node ID")
}

fn peer_port(name: &str) -> PortId {
    PortId::new(id(PEER), name.parse().expect("a name"))
}
