//! The driver: carries out what kernels ask for, and frames between them.

use aemp_proto::{
    id::PortName,
    kernel::{ConnectionId, DialId, Event, Output},
    reason::Reason,
};

use super::{
    config::{Config, NODES, PortAt},
    frames,
    history::{Stream, Violation},
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
                    self.hand_in_late(config, at, connection, wire, end)?;
                    self.close_end(wire, end);
                }
                let node = self.touch(at);
                let now = node.now();
                node.kernel.closed(connection, "closed here", now);
            }
            Output::Fired { watch, reason } => {
                let node = self.touch(at);
                if !node.kernel.take_notice(watch) {
                    return Ok(());
                }
                let Some(place) = node.watches.iter().position(|(other, _)| *other == watch) else {
                    return Violation::new("G5", "a monitor fires twice, or after its end");
                };
                let (_, name) = node.watches.remove(place);
                self.fired(config, at, name, &reason)?;
            }
            Output::Kill { port, reason } => self.dies(config, at, port, reason)?,
            Output::Renamed { port, id, .. } => self.renamed(config, port.slot as usize, &id.name)?,
            // No node makes look-ups, has seeds, or watches the database.
            Output::Answer { .. } | Output::Resolve { .. } | Output::Changed { .. } => {}
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
        // It gave up names, or the peer, of its own accord.
        self.history.failed |= code == "overload" || code == "retired";
        if !self.history.failed && self.is_alive(config, on.port) {
            let what = || format!("the monitor on {} fires though nothing failed", config.label(on));
            config.violation("G6", what)?;
        }
        let run = self.nodes[at].run;
        self.history.fired(config, (at, run), on, reason)
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
            config.violation("G3", what)?;
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
}

impl Config {
    /// What a name is called in a story.
    pub(crate) fn label(&self, name: Name) -> String {
        format!("{}{}", self.ports[name.port].name, "'".repeat(name.age))
    }
}
