//! What was sent, received and told so far, and what must hold of it in every state: G1, G3, G6, G7.

use aemp_proto::reason::Reason;

use super::{
    config::{Config, PortAt},
    world::Name,
};

/// How a state breaks a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The guarantee or rule.
    pub(crate) of: &'static str,
    pub(crate) what: String,
}

impl Violation {
    pub(crate) fn new<T>(of: &'static str, what: impl Into<String>) -> Result<T, Self> {
        Err(Self { of, what: what.into() })
    }
}

impl Config {
    /// The violation, unless this configuration looks for others only.
    pub(crate) fn violation(&self, of: &'static str, what: impl FnOnce() -> String) -> Result<(), Violation> {
        if self.only.is_none_or(|only| only == of) { Violation::new(of, what()) } else { Ok(()) }
    }
}

/// What an incarnation sends to a name, and learns of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stream {
    pub(crate) node: usize,
    pub(crate) run: u8,
    pub(crate) to: Name,
    pub(crate) sent: u8,
    pub(crate) delivered: u8,
    /// How many had been sent when a monitor on the name first fired.
    pub(crate) fired: Option<u8>,
    /// How many are delivered at most, as a monitor has said.
    pub(crate) at_most: Option<u64>,
    /// The port's own node told its death.
    pub(crate) told: bool,
}

/// Somebody asked for the death of a port, behind so many messages to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kill {
    pub(crate) node: usize,
    pub(crate) run: u8,
    pub(crate) port: PortAt,
    pub(crate) sent: u8,
}

/// A message: the stream that it belongs to, its place there, who sent it, and which port's ID it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) node: usize,
    pub(crate) run: u8,
    pub(crate) to: Name,
    pub(crate) number: u8,
    pub(crate) from: Option<PortAt>,
    pub(crate) hands: Option<PortAt>,
    /// Its port does not take it.
    pub(crate) is_refused: bool,
}

const NOBODY: u8 = u8::MAX;
/// Octets that make a message a large one.
pub(crate) const LARGE: usize = 200;

impl Message {
    pub(crate) fn write(&self, large: bool, out: &mut Vec<u8>) {
        let place = |port: Option<PortAt>| port.map_or(NOBODY, |port| port as u8);
        let Self { node, run, to, number, from, hands, is_refused } = *self;
        out.extend([
            node as u8,
            run,
            to.port as u8,
            to.age as u8,
            number,
            place(from),
            place(hands),
            is_refused.into(),
        ]);
        out.resize(out.len() + if large { LARGE } else { 0 }, 0);
    }

    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let [node, run, port, age, number, from, hands, is_refused] = *octets.first_chunk()?;
        let port_at = |place: u8| (place != NOBODY).then_some(place.into());
        let to = Name { port: port.into(), age: age.into() };
        Some(Self {
            node: node.into(),
            run,
            to,
            number,
            from: port_at(from),
            hands: port_at(hands),
            is_refused: is_refused != 0,
        })
    }
}

/// What happened so far, as far as a property needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// In the order of node, incarnation and name.
    pub(crate) streams: Vec<Stream>,
    /// A session failed: a node waited too long, or its peer was proved dead.
    pub(crate) failed: bool,
    /// In the order in which they were asked for.
    pub(crate) killed: Vec<Kill>,
}

impl History {
    pub(crate) fn stream(&mut self, node: usize, run: u8, to: Name) -> &mut Stream {
        let key = (node, run, to);
        let at = self.streams.binary_search_by_key(&key, |stream| (stream.node, stream.run, stream.to));
        let at = at.unwrap_or_else(|at| {
            let new = Stream { node, run, to, sent: 0, delivered: 0, fired: None, at_most: None, told: false };
            self.streams.insert(at, new);
            at
        });
        &mut self.streams[at]
    }

    /// A message has arrived: G1, G3, G7.
    pub(crate) fn arrived(&mut self, config: &Config, message: &Message, at: usize, run: u8) -> Result<(), Violation> {
        let Message { node, run: sender, to, number, from, .. } = *message;
        let of_sender = |stream: &&Stream| (stream.node, stream.run, Some(stream.to.port)) == (at, run, from);
        if !self.failed && self.streams.iter().filter(of_sender).any(|stream| stream.told) {
            config.violation("G7", || "a message arrives behind the notice of its sender's death".to_owned())?;
        }
        let stream = self.stream(node, sender, to);
        let before = std::mem::replace(&mut stream.delivered, number);
        if stream.fired.is_some_and(|sent| number > sent) {
            config.violation("G3", || {
                format!("message {number} is delivered, but a monitor had fired before it was sent")
            })?;
        }
        if number <= before {
            config.violation("G1", || format!("message {number} is delivered twice or out of order"))?;
        }
        if stream.at_most.is_some_and(|most| u64::from(number) > most) {
            config
                .violation("G2", || format!("message {number} is delivered, but a monitor has said that it is not"))?;
        }
        if number > before + 1 {
            config.violation("G1", || format!("message {number} is delivered, but not the one before it"))?;
        }
        Ok(())
    }

    /// A port is killed: because somebody asked for it, and behind what they had sent, or because a session failed.
    pub(crate) fn kills(&self, config: &Config, port: PortAt) -> Result<(), Violation> {
        if self.failed {
            return Ok(());
        }
        let label = config.ports[port].name;
        let Some(kill) = self.killed.iter().find(|kill| kill.port == port) else {
            return config.violation("G6", || format!("{label} is killed though nothing failed"));
        };
        let sent = |stream: &&Stream| (stream.node, stream.run, stream.to.port) == (kill.node, kill.run, port);
        match self.streams.iter().find(sent).is_some_and(|stream| stream.delivered < kill.sent) {
            true => {
                config.violation("G1", || format!("{label} is killed before a message that was sent earlier arrives"))
            }
            false => Ok(()),
        }
    }

    /// A monitor fired: what it says about messages has to be true.
    pub(crate) fn fired(
        &mut self,
        config: &Config,
        by: (usize, u8),
        on: Name,
        reason: &Reason,
    ) -> Result<(), Violation> {
        let code = reason.code().as_str();
        let stream = self.stream(by.0, by.1, on);
        let sent = stream.sent;
        stream.fired.get_or_insert(sent);
        stream.told |= code == "done" || code == "no_such_port";
        if let Some(said) = reason.delivered() {
            let (most, delivered) = (*said.end(), stream.delivered);
            stream.at_most = Some(stream.at_most.map_or(most, |before| before.min(most)));
            if !said.contains(&delivered.into()) {
                let label = config.label(on);
                config.violation("G2", || {
                    format!("{delivered} messages to {label} were delivered, not {said:?} as a monitor says")
                })?;
            }
        }
        Ok(())
    }
}
