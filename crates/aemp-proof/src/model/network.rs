//! The driver: carries out what kernels ask for, and frames between them.

use std::rc::Rc;

use aemp_proto::{
    id::PortName,
    kernel::{Body, ConnectionId, Delivery, DialId, Event, LocalPort, Output, Received},
    reason::Reason,
};
use bytes::Bytes;

use super::{
    config::{Config, NODES, PortAt},
    frames,
    history::{Message, Stream, Violation},
    world::{Name, Reach, World},
};

/// With more connections in one session than any number of faults explains, they are made without end.
const MANY: u64 = 16;

impl World {
    /// Carries out what a kernel asks for, until it asks for nothing more.
    pub(crate) fn settle(&mut self, config: &Config, at: usize) -> Result<(), Violation> {
        loop {
            let node = self.touch(at);
            let now = node.now();
            if !config.late_acknowledgements && node.kernel.deadline().is_some_and(|due| due <= now) {
                node.kernel.tick(now);
            }
            let mut busy = false;
            while let Some(output) = self.touch(at).kernel.poll() {
                busy = true;
                self.carry_out(config, at, output)?;
            }
            while let Some(connection) = self.touch(at).kernel.next_writable() {
                busy = true;
                self.write(at, connection);
            }
            if !busy {
                return Ok(());
            }
        }
    }

    fn carry_out(&mut self, config: &Config, at: usize, output: Output) -> Result<(), Violation> {
        match output {
            Output::Dial { dial, expect, .. } => {
                let to = self.nodes.iter().position(|node| Some(&node.id) == expect.as_ref());
                self.touch(at).dials.extend(to.map(|to| (dial, to)));
            }
            Output::CancelDial(dial) => self.cancel(at, dial),
            Output::Close(connection) => {
                self.write(at, connection);
                if let Some((wire, end)) = self.find(at, connection) {
                    self.tell(|| format!("{} closes #{wire}", NODES[at]));
                    self.close_end(wire, end);
                }
                let node = self.touch(at);
                let now = node.now();
                node.kernel.closed(connection, "closed here", now);
            }
            Output::Fired { watch, reason } => {
                let node = self.touch(at);
                let Some(place) = node.watches.iter().position(|(other, _)| *other == watch) else {
                    return Violation::new("G5", "a monitor fires twice, or after its end");
                };
                let (_, name) = node.watches.remove(place);
                self.fired(config, at, name, &reason)?;
            }
            Output::Kill { port, reason } => self.dies(config, at, port, reason)?,
            Output::Renamed { port, id, .. } => self.renamed(config, port.slot as usize, &id.name)?,
            Output::Answer { .. } => {}
            Output::Event(event) => self.event(at, &event)?,
        }
        Ok(())
    }

    fn cancel(&mut self, at: usize, dial: DialId) {
        self.touch(at).dials.retain(|(other, _)| *other != dial);
        let greeted = |end: &&mut super::world::End| {
            end.node == at && matches!(end.reach, Reach::Greeted { dial: Some(other), .. } if other == dial)
        };
        let ends = self.wires.iter_mut().map(|wire| &mut wire.ends[0]);
        if let Some(end) = ends.into_iter().find(greeted) {
            end.reach = Reach::Closed;
        }
    }

    fn fired(&mut self, config: &Config, at: usize, on: Name, reason: &Reason) -> Result<(), Violation> {
        let code = reason.code().as_str();
        self.tell(|| format!("{}'s monitor on {} fires: {code}", NODES[at], config.label(on)));
        if !self.history.failed && self.is_alive(config, on.port) {
            let what = || format!("the monitor on {} fires though nothing failed", config.label(on));
            config.unless_ignored("G6", what)?;
        }
        let run = self.nodes[at].run;
        self.history.fired(at, run, on, code == "done" || code == "no_such_port");
        Ok(())
    }

    fn renamed(&mut self, config: &Config, port: PortAt, name: &PortName) -> Result<(), Violation> {
        let (at, old) = (config.ports[port].node, self.newest(config, port));
        self.tell(|| format!("{} gets a further name", config.label(old)));
        if self.nodes[at].further.iter().any(|(_, other)| other == name) {
            return Violation::new("G4", "a name is given twice");
        }
        self.touch(at).further.push((port, name.clone()));
        // Who has neither watched nor sent cannot have declared it dead.
        let is_dead = |stream: &Stream| stream.to == old && (stream.fired.is_some() || stream.sent > 0);
        if !self.history.failed || !self.history.streams.iter().any(is_dead) {
            let what = || format!("{} gets a further name though nobody has declared it dead", config.label(old));
            config.unless_ignored("G3", what)?;
        }
        Ok(())
    }

    fn event(&mut self, at: usize, event: &Event) -> Result<(), Violation> {
        match event {
            Event::PeerDown { reason, .. } => {
                self.tell(|| format!("{}'s session fails: {reason}", NODES[at]));
                self.history.failed = true;
            }
            Event::Misbehaved { error, .. } => {
                return Violation::new("protocol", format!("{} says that a peer breaks the rules: {error}", NODES[at]));
            }
            Event::SessionResumed { connections, .. } if *connections > MANY => {
                return Violation::new("liveness", "connections are made without end");
            }
            _ => {}
        }
        Ok(())
    }

    /// What a kernel writes goes on its way, if anybody can read it.
    fn write(&mut self, at: usize, connection: ConnectionId) {
        let place = self.find(at, connection);
        loop {
            let node = self.touch(at);
            let now = node.now();
            let Some(octets) = node.kernel.transmit(connection, 1 << 17, now) else { return };
            if let Some((wire, end)) = place
                && self.wires[wire].ends[1 - end].reach != Reach::Closed
            {
                frames::append(&mut self.wires[wire].flow[end], octets);
            }
        }
    }

    /// One end hears and says nothing more; what was under way to it is lost.
    pub(crate) fn close_end(&mut self, wire: usize, end: usize) {
        let wire = &mut self.wires[wire];
        wire.ends[end].reach = Reach::Closed;
        wire.flow[1 - end].clear();
    }

    /// Forgets connections that nobody holds any more.
    pub(crate) fn sweep(&mut self) {
        let before = self.wires.len();
        self.wires.retain(|wire| wire.ends.iter().any(|end| end.reach != Reach::Closed));
        if self.wires.len() != before {
            self.known = [None; 3];
        }
    }

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

    /// True if the kernel closed the connection.
    fn receive(&mut self, config: &Config, at: usize, connection: ConnectionId, frame: &Bytes) -> Result<bool, Violation> {
        self.known[at] = None;
        let node = Rc::make_mut(&mut self.nodes[at]);
        node.clock += super::world::TICK;
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

    fn dies(&mut self, config: &Config, at: usize, port: LocalPort, reason: Reason) -> Result<(), Violation> {
        let label = config.ports[port.slot as usize].name;
        self.tell(|| format!("{label} dies: {reason}"));
        self.touch(at).kernel.close(port, reason);
        self.history.kills(config, port.slot as usize)
    }

    fn message(&mut self, config: &Config, at: usize, port: usize, body: &Body<'_>) -> Result<(), Violation> {
        let Some(message) = Message::read(body.as_slice()) else {
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
        self.history.arrived(config, &message, at, run)
    }
}

impl Config {
    /// What a name is called in a story.
    pub(crate) fn label(&self, name: Name) -> String {
        format!("{}{}", self.ports[name.port].name, "'".repeat(name.age))
    }
}
