//! What arrives: frames are handed to kernels, and what they deliver to ports.

use std::rc::Rc;

use aemp_proto::{
    kernel::{Body, ConnectionId, Delivery, LocalPort, Received, Refused},
    reason::Reason,
};
use bytes::Bytes;

use super::{
    config::{Config, NODES},
    frames,
    history::{Message, Violation},
    world::{Reach, TICK, World, local},
};

impl World {
    /// Hands what is on its way to an end in: all of it, or the next frame with those that only make sense together with it.
    pub(crate) fn deliver(&mut self, config: &Config, w: usize, end: usize) -> Result<(), Violation> {
        loop {
            let before = self.wires[w].flow[1 - end].front().is_some_and(|frame| frames::goes_with_next(frame));
            self.deliver_one(config, w, end)?;
            let Some(next) = self.wires[w].flow[1 - end].front() else { return Ok(()) };
            if !config.batches && !before && !frames::goes_with_last(next) {
                return Ok(());
            }
        }
    }

    pub(crate) fn deliver_one(&mut self, config: &Config, w: usize, end: usize) -> Result<(), Violation> {
        let wire = &mut self.wires[w];
        let (Some(frame), Reach::Open(connection)) = (wire.flow[1 - end].pop_front(), wire.ends[end].reach) else {
            return Ok(());
        };
        let at = wire.ends[end].node;
        self.tell(|| format!("{} reads {} on #{w}", NODES[at], frames::describe(&frame)));
        if config.halves {
            self.hand_in_half(at, connection, &frame)?;
        }
        if self.receive(config, at, connection, &frame)? {
            self.close_end(w, end);
        }
        Ok(())
    }

    /// A part of a frame changes nothing.
    fn hand_in_half(&mut self, at: usize, connection: ConnectionId, frame: &Bytes) -> Result<(), Violation> {
        let before = self.of_kernel(at);
        let node = self.touch(at);
        let now = node.now();
        let half = node.kernel.receive(connection, &frame[..frame.len() / 2], now);
        if !matches!(half, Received::More) || self.of_kernel(at) != before {
            return Violation::new("protocol", "half a frame is more than nothing");
        }
        Ok(())
    }

    /// What was read before the kernel closed the connection means nothing any more.
    pub(crate) fn hand_in_late(
        &mut self,
        config: &Config,
        at: usize,
        connection: ConnectionId,
        w: usize,
        end: usize,
    ) -> Result<(), Violation> {
        while let Some(frame) = self.wires[w].flow[1 - end].pop_front() {
            if self.receive(config, at, connection, &frame)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// True if the kernel closed the connection.
    fn receive(
        &mut self,
        config: &Config,
        at: usize,
        connection: ConnectionId,
        frame: &Bytes,
    ) -> Result<bool, Violation> {
        self.known[at] = None;
        let node = Rc::make_mut(&mut self.nodes[at]);
        node.clock += TICK;
        let now = node.now();
        match node.kernel.receive(connection, frame, now) {
            Received::More => Violation::new("protocol", "a whole frame is taken for a part"),
            Received::Closed => Ok(true),
            Received::Frame { delivery, .. } => {
                if let Some(delivery) = delivery {
                    self.take(config, at, delivery)?;
                }
                Ok(false)
            }
        }
    }

    fn take(&mut self, config: &Config, at: usize, delivery: Delivery<'_>) -> Result<(), Violation> {
        match delivery {
            Delivery::Message { to, body } => self.message(config, at, to.slot as usize, &body),
            Delivery::Kill { to, reason } => self.dies(config, at, to, reason),
            Delivery::Lossy { .. } | Delivery::Call { .. } | Delivery::Answer { .. } | Delivery::Spawn { .. } => Ok(()),
        }
    }

    pub(crate) fn dies(
        &mut self,
        config: &Config,
        at: usize,
        port: LocalPort,
        reason: Reason,
    ) -> Result<(), Violation> {
        let label = config.ports[port.slot as usize].name;
        self.tell(|| format!("{label} dies: {reason}"));
        self.touch(at).kernel.close(port, reason);
        self.history.kills(config, port.slot as usize)
    }

    fn message(&mut self, config: &Config, at: usize, port: usize, body: &Body<'_>) -> Result<(), Violation> {
        let Some(message) = body.as_slice().and_then(Message::read) else {
            return Violation::new("G1", "a message arrives that nobody sent");
        };
        let run = self.nodes[at].run;
        if message.to.port != port || config.ports[port].run != run {
            return Violation::new("G4", "a message arrives at a port that it was not sent to");
        }
        self.tell(|| format!("message {} arrives at {}", message.number, config.ports[port].name));
        if let Some(handed) = message.hands {
            let node = self.touch(at);
            if !node.handed.contains(&handed) {
                node.handed.push(handed);
            }
        }
        if message.is_refused {
            return self.refuse_message(config, at, port, &message);
        }
        self.history.arrived(config, &message, at, run)
    }

    fn refuse_message(&mut self, config: &Config, at: usize, port: usize, message: &Message) -> Result<(), Violation> {
        self.history.failed = true;
        let from = self.nodes[message.node].id.clone();
        let reason = Reason::new("unhandled_message", "");
        match self.touch(at).kernel.refuse(local(port), &from, &reason) {
            Refused::LivesOn => Ok(()),
            Refused::Dies => self.dies(config, at, local(port), reason),
        }
    }
}
