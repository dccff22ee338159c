//! What must hold, while a program runs and at its end.

use std::time::Duration;

use super::{Weather, program::Program};
use crate::kernel::{Event, tests::world::Node};

impl Program {
    fn complain(&self, what: &str) -> ! {
        let first = self.log.len().saturating_sub(150);
        panic!("{what}\n{}", self.log[first..].join("\n"));
    }

    /// Reads what the nodes have recorded since the last time.
    pub(super) fn check(&mut self) {
        for n in 0..self.world.nodes.len() {
            let texts: Vec<String> =
                self.world.nodes[n].received[self.seen[n]..].iter().map(|(_, text)| text.clone()).collect();
            self.seen[n] += texts.len();
            for text in texts {
                self.arrived(n, &text);
            }
            self.fired(n);
        }
    }

    /// G1: in order, once, and without a gap. G3: nothing that was sent after a monitor had fired.
    fn arrived(&mut self, n: usize, text: &str) {
        let (text, lossy) = text.strip_prefix("lossy ").map_or((text, false), |rest| (rest, true));
        let fields: Vec<usize> = text.split(' ').take(4).map(|field| field.parse().unwrap()).collect();
        let [node, run, port, number] = fields[..] else { panic!("{text}") };
        let (number, run) = (number as u64, run as u8);
        if (self.ports[port].node, self.ports[port].run) != (n, self.run_of(n)) && self.ports[port].local.is_some() {
            self.complain(&format!("port {port} received something after its process ended"));
        }
        let stream = self.streams.get_mut(&(node, run, port)).unwrap();
        let last = stream.arrived.last().copied().unwrap_or(0);
        if lossy {
            // It was sent behind the message with this number, and before the next.
            return if number != last {
                self.complain(&format!("port {port}: lossy {number} after {last}"))
            };
        }
        stream.arrived.push(number);
        let too_late = stream.closed_at.is_some_and(|sent| number > sent);
        if number != last + 1 {
            self.complain(&format!("port {port} received {number} after {last} from n{node} run {run}"));
        }
        if too_late {
            self.complain(&format!("port {port} received {number} from n{node} run {run}, which had declared it dead"));
        }
    }

    fn is_fenced(&self, n: usize, port: usize) -> bool {
        let (kernel, id) = (&self.world.nodes[n].kernel, &self.ports[port].id);
        kernel.by_node.get(&id.node).is_some_and(|key| kernel.fenced(*key, &id.name).is_some())
    }

    /// G5, G6: once, never after the end of the watch, and not without a death or a failure.
    fn fired(&mut self, n: usize) {
        let (run, fired) = (self.run_of(n), std::mem::take(&mut self.world.nodes[n].fired));
        for (id, reason) in fired {
            let found = self.watches.iter().position(|watch| (watch.node, watch.run, watch.watch) == (n, run, id));
            let watch = &self.watches[found.unwrap()];
            let port = &self.ports[watch.port];
            let failures = self.failures(n, &port.id.node);
            // A port that another node spawned may have been killed by that node's certificate.
            let alarming = !port.doomed && port.local.is_some();
            if watch.ended
                || watch.fired > 0
                || alarming && failures == watch.failures_before && !self.is_fenced(n, watch.port)
            {
                self.complain(&format!("n{n}'s {id:?} on port {} fired: {reason:?}", watch.port));
            }
            if reason.code().as_str() == "closed" && failures == 0 {
                self.last_words(n, watch.port);
            }
            let stream = self.streams.entry((n, run, watch.port)).or_default();
            stream.closed_at.get_or_insert(stream.sent);
            self.watches[found.unwrap()].fired += 1;
        }
    }

    /// G7: what a port sent to living ports of `n` arrived before the notice of its death.
    fn last_words(&self, n: usize, port: usize) {
        for (stream, number) in &self.ports[port].words {
            let to = &self.ports[stream.2];
            let lives = to.node == n && !to.doomed && to.run == self.run_of(n) && to.local.is_some();
            let back = self.failures(self.ports[port].node, &self.world.nodes[n].id) == 0;
            if lives && back && !self.streams[stream].arrived.contains(number) {
                self.complain(&format!("n{n} learned of the death of port {port} before its last words"));
            }
        }
    }

    /// Answers what is unanswered, and lets it arrive.
    pub(super) fn finish(&mut self) {
        self.reply(true);
        self.world.pass(Duration::from_secs(60));
        self.reply(true);
        self.world.pass(Duration::from_secs(60));
    }

    /// Nothing is under way or left behind, and every loss and every death was told.
    pub(super) fn check_rest(&mut self) {
        self.check_streams();
        self.check_watches();
        self.check_calls();
        let failed = |node: &Node| node.events.iter().any(|event| matches!(event, Event::PeerDown { .. }));
        if self.weather != Weather::Fatal && self.world.nodes.iter().any(failed) {
            self.complain("a session failed without need");
        }
        let wires = self.world.wires.len();
        self.world.pass(Duration::from_secs(600));
        if self.world.wires.len() != wires {
            self.complain("connections come and go without need");
        }
        for n in 0..self.world.nodes.len() {
            if let Some(left) = leftovers(&self.world.nodes[n]) {
                self.complain(&format!("n{n}: {left}"));
            }
        }
        let mut pairs: Vec<_> = self.world.wires.iter().filter(|wire| wire.closed == [false; 2]).collect();
        pairs.sort_by_key(|wire| (wire.ends[0].0.min(wire.ends[1].0), wire.ends[0].0.max(wire.ends[1].0)));
        let count = pairs.len();
        pairs.dedup_by_key(|wire| (wire.ends[0].0.min(wire.ends[1].0), wire.ends[0].0.max(wire.ends[1].0)));
        if count != pairs.len() {
            self.complain("two nodes hold two connections");
        }
    }

    fn check_streams(&self) {
        for ((node, run, port), stream) in &self.streams {
            let complete = stream.arrived.len() as u64 == stream.sent;
            let to = &self.ports[*port];
            let live = to.run == self.run_of(to.node) && *run == self.run_of(*node) && !to.doomed;
            if self.weather != Weather::Fatal && live && !complete {
                self.complain(&format!(
                    "port {port} received {} of {} from n{node} run {run}",
                    stream.arrived.len(),
                    stream.sent
                ));
            }
        }
    }

    fn check_watches(&self) {
        for watch in self.watches.iter().filter(|watch| watch.run == self.run_of(watch.node) && !watch.ended) {
            let port = &self.ports[watch.port];
            let dead = match port.local {
                Some(local) => {
                    port.run != self.run_of(port.node) || !self.world.nodes[port.node].kernel.is_alive(local)
                }
                None => self.world.nodes[port.node].kernel.resolve(&port.id.name).is_none(),
            };
            if dead && watch.fired == 0 {
                self.complain(&format!("n{} was not told of the death of port {}", watch.node, watch.port));
            }
            let stream = self.streams.get(&(watch.node, watch.run, watch.port));
            let lost = stream.is_some_and(|stream| (1..=stream.sent).any(|number| !stream.arrived.contains(&number)));
            if lost && watch.fired == 0 {
                self.complain(&format!("n{} was not told of a loss to port {}", watch.node, watch.port));
            }
        }
    }

    fn check_calls(&self) {
        for (node, run, number) in self.calls.iter().filter(|(node, run, _)| *run == self.run_of(*node)) {
            let answers = self.world.nodes[*node].answers.iter().filter(|(other, _)| other == number).count();
            if answers != 1 {
                self.complain(&format!("the call {number:?} of n{node} run {run} ended {answers} times"));
            }
        }
    }
}

/// What a node at rest still holds, and should not.
fn leftovers(node: &Node) -> Option<String> {
    let kernel = &node.kernel;
    let busy: Vec<_> = kernel
        .peers
        .iter()
        .filter(|(_, peer)| peer.has_work() || !peer.handshakes.is_empty() || peer.missed_since.is_some())
        .map(|(_, peer)| peer.node.clone())
        .collect();
    let connected = kernel.peers.iter().filter(|(_, peer)| peer.connection.is_some()).count();
    let clean = busy.is_empty()
        && kernel.dials.len() == 0
        && kernel.calls.is_empty()
        && kernel.connections.len() == connected
        && kernel.unacknowledged() == 0;
    (!clean).then(|| {
        format!(
            "busy {busy:?}, {} dials, {} calls, {} connections of {connected}, {} octets",
            kernel.dials.len(),
            kernel.calls.len(),
            kernel.connections.len(),
            kernel.unacknowledged()
        )
    })
}
