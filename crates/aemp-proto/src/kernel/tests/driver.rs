//! The driver of a [`World`]: carries octets between kernels, and out what they ask for.

use std::time::Duration;

use super::{World, world::Wire};
use crate::{
    kernel::{Body, ConnectionId, Delivery, Output, Received},
    limits::Limits,
    message::cbor,
    reason::Reason,
    time::Time,
};

impl World {
    /// Lets everything happen that can happen without time passing.
    pub(super) fn drive(&mut self) {
        for _ in 0..10_000 {
            let mut busy = false;
            for n in 0..self.nodes.len() {
                busy |= self.nodes[n].up && (self.outputs(n) | self.writes(n));
            }
            let (count, backwards) = (self.wires.len(), self.backwards);
            for w in (0..count).map(|w| if backwards { count - 1 - w } else { w }) {
                busy |= self.carry(w, 0) | self.carry(w, 1);
            }
            if !busy {
                return;
            }
        }
        panic!("the nodes never come to rest");
    }

    pub(super) fn outputs(&mut self, n: usize) -> bool {
        let mut busy = false;
        while let Some(output) = self.nodes[n].kernel.poll() {
            busy = true;
            match output {
                Output::Dial { dial, expect, address } if self.dial_at_once => self.dial(n, dial, expect, &address),
                Output::Dial { dial, expect, address } => self.nodes[n].held.push((dial, expect, address)),
                Output::CancelDial(dial) => self.nodes[n].held.retain(|(held, ..)| *held != dial),
                Output::Close(connection) => {
                    self.write(n, connection);
                    self.close_end(n, connection);
                }
                Output::Fired { watch, reason } => {
                    if self.nodes[n].kernel.take_notice(watch) {
                        self.nodes[n].fired.push((watch, reason));
                    }
                }
                Output::Answer { number, result } => {
                    self.nodes[n].answers.push((number, result.map(|_| "found".into())));
                }
                Output::Kill { port, reason } => {
                    self.nodes[n].kernel.close(port, reason);
                    self.nodes[n].numbers.give_back(port);
                }
                Output::Renamed { port, id, .. } => self.nodes[n].renamed.push((port, id)),
                Output::Resolve { seed } => {
                    let (addresses, now) = (self.names.get(&seed).cloned().unwrap_or_default(), self.now);
                    self.nodes[n].kernel.resolved(&seed, addresses, now);
                }
                Output::Changed { watch, change } => self.nodes[n].changes.push((watch, change)),
                Output::Event(event) => self.nodes[n].events.push(event),
            }
        }
        busy
    }

    pub(super) fn writes(&mut self, n: usize) -> bool {
        let mut busy = false;
        while let Some(connection) = self.nodes[n].kernel.next_writable() {
            busy |= self.write(n, connection);
        }
        busy
    }

    fn write(&mut self, n: usize, connection: ConnectionId) -> bool {
        let mut busy = false;
        let now = self.now;
        while let Some(octets) = self.nodes[n].kernel.transmit(connection, 1 << 17, now) {
            busy = true;
            if let Some((wire, end)) = self.find(n, connection) {
                self.wires[wire].flow[end].extend(octets);
            }
        }
        busy
    }

    fn find(&self, n: usize, connection: ConnectionId) -> Option<(usize, usize)> {
        let at = |wire: &Wire| (0..2).find(|end| wire.ends[*end] == (n, connection) && !wire.closed[*end]);
        self.wires.iter().enumerate().find_map(|(w, wire)| Some((w, at(wire)?)))
    }

    fn close_end(&mut self, n: usize, connection: ConnectionId) {
        if let Some((wire, end)) = self.find(n, connection) {
            self.wires[wire].closed[end] = true;
        }
        let now = self.now;
        self.nodes[n].kernel.closed(connection, "closed here", now);
    }

    /// Carries what has been written at `end` to the other end.
    pub(super) fn carry(&mut self, w: usize, end: usize) -> bool {
        let wire = &mut self.wires[w];
        let (n, connection) = wire.ends[1 - end];
        if wire.dead || wire.closed[1 - end] || !self.nodes[n].up {
            return false;
        }
        if wire.passes[end] == 0 || wire.flow[end].is_empty() {
            // The end of the stream is seen behind all that was written.
            let over = wire.closed[end];
            if over {
                wire.closed[1 - end] = true;
                let now = self.now;
                self.nodes[n].kernel.closed(connection, "closed by the other side", now);
            }
            return over;
        }
        let count = wire.flow[end].len().min(wire.passes[end]);
        wire.passes[end] -= if wire.passes[end] == usize::MAX { 0 } else { count };
        let mut octets: Vec<u8> = wire.flow[end].drain(..count).collect();
        let taken = self.receive(n, connection, &octets);
        // What is not a whole frame yet stays in front; it moves nothing by itself.
        let rest = octets.split_off(taken.min(octets.len()));
        let wire = &mut self.wires[w];
        let incomplete = !rest.is_empty();
        for octet in rest.into_iter().rev() {
            wire.flow[end].push_front(octet);
        }
        taken > 0
            || (incomplete && wire.closed[end] && {
                wire.flow[end].clear();
                true
            })
    }

    pub(super) fn receive(&mut self, n: usize, connection: ConnectionId, octets: &[u8]) -> usize {
        let (mut at, now) = (0, self.now);
        loop {
            match self.nodes[n].kernel.receive(connection, &octets[at..], now) {
                Received::More => return at,
                Received::Closed => return octets.len(),
                Received::Frame { length, delivery } => {
                    at += length;
                    if let Some(delivery) = delivery {
                        self.deliver(n, delivery);
                    }
                }
            }
        }
    }

    fn deliver(&mut self, n: usize, delivery: Delivery<'_>) {
        let text = |body: &Body<'_>| cbor::decode::<(String,)>(body, &Limits::default()).unwrap().0;
        let node = &mut self.nodes[n];
        match delivery {
            Delivery::Message { to, body } | Delivery::Lossy { to, body } => node.received.push((to, text(&body))),
            Delivery::Call { to, reply, .. } => node.calls.push((to, reply)),
            Delivery::Answer { number, result } => {
                node.answers.push((number, result.map(|body| text(&body))));
            }
            Delivery::Kill { to, reason } => {
                node.kernel.close(to, reason);
                node.numbers.give_back(to);
            }
            Delivery::Spawn { name, service, arguments } => {
                node.spawned.push((name.clone(), text(&arguments)));
                if &*service == "echo" {
                    let port = node.numbers.take().unwrap();
                    assert!(node.kernel.open_as(port, name));
                } else {
                    node.kernel.spawn_failed(name, Reason::new("no_such_service", &*service));
                }
            }
        }
    }

    /// Lets time pass, with everything that happens in it.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.now.after(duration);
        self.drive();
        while let Some(due) = self.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let now = self.now;
            for node in self.nodes.iter_mut().filter(|node| node.up) {
                node.kernel.tick(now);
            }
            self.drive();
        }
        self.now = end;
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.nodes.iter().filter(|node| node.up).filter_map(|node| node.kernel.deadline()).min()
    }
}
