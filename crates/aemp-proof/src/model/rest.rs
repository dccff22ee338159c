//! What must hold where the network has nothing more to do: agreement, G2, G3, G5, G6.

use super::{
    actions::{Action, pair},
    apply::Parcel,
    config::{Config, NODES},
    history::{Stream, Violation},
    world::{Node, Reach, Wire, World},
};

/// The network comes to rest within so many actions, or never.
const PATIENCE: usize = 200;

impl World {
    /// Checks a state in which the network does nothing by itself.
    pub(crate) fn check_rest(&self, config: &Config) -> Result<(), Violation> {
        for one in 0..self.nodes.len() {
            for other in one + 1..self.nodes.len() {
                self.check_pair(config, one, other)?;
            }
        }
        for at in 0..self.nodes.len() {
            self.check_watches(config, at)?;
        }
        self.check_kills(config)?;
        let own = |stream: &&Stream| self.nodes[stream.node].run == stream.run;
        let streams: Vec<_> = self.history.streams.iter().filter(own).cloned().collect();
        streams.iter().try_for_each(|stream| self.check_stream(config, stream))
    }

    /// Two nodes agree: on one session and one connection, with nothing on its way, or on none.
    fn check_pair(&self, config: &Config, one: usize, other: usize) -> Result<(), Violation> {
        let wires: Vec<_> = self.wires.iter().filter(|wire| wire.pair() == (one, other)).collect();
        let open = |wire: &&&Wire| wire.ends.iter().all(|end| matches!(end.reach, Reach::Open(_)));
        if wires.len() > 1 || wires.iter().filter(open).count() != wires.len() {
            return Violation::new("agreement", "the network rests with more than one connection, or one with one end");
        }
        let (a, b) = (&self.nodes[one], &self.nodes[other]);
        let connected = [(a, b), (b, a)].map(|(me, it)| me.kernel.peer(&it.id).is_some_and(|peer| peer.connected));
        if connected != [!wires.is_empty(); 2] {
            return Violation::new(
                "agreement",
                "the network rests, but a node waits for a connection, or holds a dead one",
            );
        }
        if [a, b].iter().any(|node| node.kernel.unfinished() > 0) {
            return Violation::new("agreement", "the network rests with unfinished business");
        }
        if wires.is_empty() {
            let wanted = |me: &Node, it: &Node, at| {
                me.kernel.peer(&it.id).is_some_and(|peer| peer.unacknowledged > 0)
                    || me.watches.iter().any(|(_, name)| config.ports[name.port].node == at)
            };
            return match wanted(a, b, other) || wanted(b, a, one) {
                true => Violation::new("agreement", "the network rests without a connection that is needed"),
                false => Ok(()),
            };
        }
        let (Some(here), Some(there)) = (a.kernel.session(&b.id), b.kernel.session(&a.id)) else {
            return Violation::new("agreement", "a connection without a session");
        };
        let incarnations =
            (here.1, there.1) == (Some(b.kernel.settings().incarnation), Some(a.kernel.settings().incarnation));
        if here.0 != there.0 || !incarnations || (here.2, here.3) != (there.3, there.2) {
            return Violation::new("agreement", format!("two sessions on one connection: {here:?}, {there:?}"));
        }
        Ok(())
    }

    /// G5, G2, G3: what a monitor that is still held has not told.
    fn check_watches(&self, config: &Config, at: usize) -> Result<(), Violation> {
        let node = &self.nodes[at];
        for (_, name) in &node.watches {
            let label = config.label(*name);
            if !self.is_alive(config, name.port) {
                config.violation("G5", || format!("{label} is dead, and {}'s monitor has not fired", NODES[at]))?;
            }
            let stream = self
                .history
                .streams
                .iter()
                .find(|stream| (stream.node, stream.run, stream.to) == (at, node.run, *name));
            if stream.is_some_and(|stream| stream.delivered < stream.sent) {
                config.violation("G2", || {
                    format!("a message to {label} is lost, and {}'s monitor has not fired", NODES[at])
                })?;
            }
            if stream.is_some_and(|stream| stream.fired.is_some()) {
                config.violation("G3", || {
                    format!("{label} is dead for {}, whose later monitor has not fired", NODES[at])
                })?;
            }
        }
        Ok(())
    }

    /// A kill reaches its port as soon as the killer has a session with its node.
    fn check_kills(&self, config: &Config) -> Result<(), Violation> {
        for kill in &self.history.killed {
            let port = &config.ports[kill.port];
            let has_session = self.wires.iter().any(|wire| wire.pair() == pair(kill.node, port.node));
            if has_session && self.nodes[kill.node].run == kill.run && self.is_alive(config, kill.port) {
                config.violation("G3", || format!("{} was killed by {}, and lives on", port.name, NODES[kill.node]))?;
            }
        }
        Ok(())
    }

    /// G6, G2, G3: what was lost or declared dead stays so, and is told to whoever asks.
    fn check_stream(&self, config: &Config, stream: &Stream) -> Result<(), Violation> {
        let (lost, label) = (stream.delivered < stream.sent, config.label(stream.to));
        if !self.is_alive(config, stream.to.port) || !lost && stream.fired.is_none() {
            return Ok(());
        }
        if !self.history.failed {
            config.violation("G6", || format!("a message to {label} is lost though nothing failed"))?;
        }
        let mut later = self.clone();
        later.monitor(config, stream.node, stream.to);
        later.settle(config, stream.node)?;
        later.rest(config)?;
        let holds = |world: &Self| world.nodes[stream.node].watches.iter().any(|(_, name)| *name == stream.to);
        if holds(&later) {
            let (of, what) = if lost { ("G2", "lost a message") } else { ("G3", "was declared dead") };
            config.violation(of, || format!("{label} {what}, and a later monitor does not fire"))?;
        }
        let port = &config.ports[stream.to.port];
        let has_session = self.wires.iter().any(|wire| wire.pair() == pair(stream.node, port.node));
        if !has_session {
            return Ok(());
        }
        if port.private {
            config.violation("G3", || format!("{label} was declared dead by {}, and lives on", NODES[stream.node]))?;
        }
        self.check_reachable(config, stream)
    }

    /// A port that lives on although it was declared dead can be reached under a further name.
    fn check_reachable(&self, config: &Config, stream: &Stream) -> Result<(), Violation> {
        let newest = self.newest(config, stream.to.port);
        if newest == stream.to {
            config
                .violation("G3", || format!("{} was declared dead, and got no further name", config.label(newest)))?;
        }
        let (mut later, node) = (self.clone(), stream.node);
        if later.history.stream(node, stream.run, newest).fired.is_some() {
            return Ok(());
        }
        later.send(config, node, newest, Parcel::default());
        later.settle(config, node)?;
        later.rest(config)?;
        let new = later.history.stream(node, stream.run, newest);
        if new.delivered < new.sent {
            config.violation("G3", || format!("{} does not work", config.label(newest)))?;
        }
        Ok(())
    }

    /// Lets the network do what it does by itself, until it does nothing more.
    pub(crate) fn rest(&mut self, config: &Config) -> Result<(), Violation> {
        let mut actions = Vec::new();
        for _ in 0..PATIENCE {
            let calm = self.actions(config, &mut actions);
            // Dialling goes on for as long as nobody listens.
            let is_progress = |action: &&Action| !matches!(action, Action::Refuse { .. });
            let calm = actions.get(..calm).unwrap_or_default();
            match calm.iter().find(is_progress).or_else(|| calm.first()) {
                Some(action) => self.apply(config, *action)?,
                None => return Ok(()),
            }
        }
        Violation::new("liveness", "the network does not come to rest")
    }
}
