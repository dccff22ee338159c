//! A base peer that is played by the test: it writes and reads JSON.

use std::time::Duration;

use super::World;
use crate::{
    base::{Established, Framing, Method},
    id::PortId,
    kernel::{ConnectionId, DialId, Event, Received},
    wire::greeting::Greeting,
};

/// The node ID of the peer.
pub(super) const PERL: &str = "perl@127.0.0.1:9";

/// One connection of the peer with node 0 of the world.
pub(super) struct Perl {
    pub(super) connection: ConnectionId,
    /// What it has not said yet because the kernel did not take it.
    pub(super) waiting: Vec<u8>,
}

pub(super) fn port(name: &str) -> PortId {
    format!("{PERL}#{name}").parse().unwrap()
}

pub(super) fn established(node: &str, framing: Framing) -> Established {
    let greeting = Greeting::parse(format!("aemp;1;{node};hmac_sha3_512;json,cbor").as_bytes(), b"nonce").unwrap();
    Established::simulated(greeting, Method::Hmac, framing, framing)
}

/// A world of one node, which does not dial by itself.
pub(super) fn world() -> World {
    let mut world = World::new(1);
    world.dial_at_once = false;
    world
}

impl Perl {
    pub(super) fn connect(world: &mut World, dial: Option<DialId>) -> Self {
        let now = world.now;
        let connection = world.nodes[0].kernel.attach_base(&established(PERL, Framing::Json), dial, now);
        Self { connection, waiting: Vec::new() }
    }

    /// Says something; false if the kernel has closed the connection.
    pub(super) fn say(&mut self, world: &mut World, json: &str) -> bool {
        self.waiting.extend_from_slice(json.as_bytes());
        let octets = std::mem::take(&mut self.waiting);
        let taken = world.receive(0, self.connection, &octets);
        let now = world.now;
        self.waiting = octets[taken.min(octets.len())..].to_vec();
        let open = !matches!(world.nodes[0].kernel.receive(self.connection, &self.waiting, now), Received::Closed);
        world.outputs(0);
        open
    }

    /// What the kernel has said since it was last asked.
    pub(super) fn hear(&self, world: &mut World) -> String {
        let now = world.now;
        let mut heard = Vec::new();
        while let Some(octets) = world.nodes[0].kernel.transmit(self.connection, 1 << 17, now) {
            heard.extend_from_slice(&octets);
        }
        world.outputs(0);
        String::from_utf8(heard).unwrap()
    }

    pub(super) fn hang_up(&self, world: &mut World) {
        let now = world.now;
        world.nodes[0].kernel.closed(self.connection, "the other side closed the connection", now);
        world.outputs(0);
    }
}

/// Time passes; connections hear and say nothing in it.
pub(super) fn wait(world: &mut World, duration: Duration) {
    let end = world.now.after(duration);
    world.outputs(0);
    while let Some(due) = world.next_deadline().filter(|due| *due <= end) {
        world.now = due.max(world.now);
        let now = world.now;
        world.nodes[0].kernel.tick(now);
        world.outputs(0);
    }
    world.now = end;
}

/// What was refused since the last question.
pub(super) fn refused(world: &mut World) -> Vec<String> {
    let events = std::mem::take(&mut world.nodes[0].events);
    let refused = |event| if let Event::RequestRefused { error, .. } = event { Some(error) } else { None };
    events.into_iter().filter_map(refused).collect()
}
