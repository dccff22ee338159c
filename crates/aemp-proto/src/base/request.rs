//! What base peers ask of the node port: a tag, and arguments that are scalars of Perl.

use thiserror::Error;

use super::Destination;
use crate::{
    id::{PortId, PortName},
    message::Message,
    reason::Reason,
    value::Value,
};

/// The function by which Perl nodes start ports at others.
pub(crate) const SPAWN: &str = "AnyEvent::MP::_spawn";

/// A request that has the form of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    /// A sign of life.
    Nothing,
    /// A message for nobody: with it the peer answers whether it lives.
    Devnull,
    /// Tell the peer when this port of ours dies.
    Monitor(PortName),
    /// No longer.
    Demonitor(PortName),
    /// A port of the peer died.
    Died(PortName, Reason),
    /// Kill this port of ours.
    Kill(PortName, Reason),
    /// Whether this node knows the request with this tag.
    Can(String, ReplyTo),
    /// What time it is.
    Time(ReplyTo),
    /// Send a message on.
    Relay(PortId, Message),
    /// Start a port.
    Spawn { name: PortName, service: String, arguments: Message },
    /// Something of the directory.
    Directory(String, Vec<Value>),
}

/// Where an answer goes, and what stands in front of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReplyTo {
    pub(crate) port: PortId,
    leading: Vec<Value>,
}

/// Why a request is refused. The peer is at fault, unless it only asked for what this node does not do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum RequestError {
    /// The first element is no text.
    #[error("a request without a tag")]
    NoTag,
    /// There is an argument too few.
    #[error("{tag}: {what} is missing")]
    Missing { tag: String, what: &'static str },
    /// An argument is not what it should be.
    #[error("{tag}: {what} is none")]
    Not { tag: String, what: &'static str },
    /// The node port lives as long as its node.
    #[error("{tag}: the node port dies with its node only")]
    NodePort { tag: String },
    /// Programs of others are not run here.
    #[error("eval: this node runs no programs of others")]
    Eval,
    /// There is no such request.
    #[error("{0:?}: this node has no such request or function")]
    Unknown(String),
}

impl Request {
    /// Reads the elements of a message to the node port.
    pub(crate) fn parse(elements: Vec<Value>) -> Result<Self, RequestError> {
        let mut elements = elements.into_iter();
        let Some(first) = elements.next() else { return Ok(Self::Nothing) };
        let tag = text(&first).ok_or(RequestError::NoTag)?;
        let mut arguments = Arguments { tag, rest: elements };
        Ok(match arguments.tag.as_str() {
            "" => Self::Nothing,
            "devnull" => Self::Devnull,
            "mon1" => Self::Monitor(arguments.name()?),
            "mon0" => Self::Demonitor(arguments.name()?),
            "kil0" => Self::Died(arguments.mortal_name()?, arguments.reason()),
            "kil1" => Self::Kill(arguments.mortal_name()?, arguments.reason()),
            "can" => Self::Can(arguments.text("a tag")?, arguments.reply()?),
            "time" => Self::Time(arguments.reply()?),
            "snd" => Self::Relay(arguments.port_id()?, Message(arguments.rest.collect())),
            "eval" => return Err(RequestError::Eval),
            SPAWN => Self::Spawn {
                name: arguments.new_name()?,
                service: arguments.text("a service")?,
                arguments: Message(arguments.rest.collect()),
            },
            tag if tag.starts_with("g_") => Self::Directory(arguments.tag, arguments.rest.collect()),
            _ => return Err(RequestError::Unknown(arguments.tag.chars().take(64).collect())),
        })
    }

    /// Whether this node carries out requests with this tag; relays only where that is allowed.
    pub(crate) fn is_known(tag: &str, relays: bool) -> bool {
        matches!(tag, "" | "devnull" | "mon1" | "mon0" | "kil0" | "kil1" | "can" | "time") || tag == "snd" && relays
    }
}

/// Whether a request with this tag says something of the node that sends it, so that no program may say it.
pub(crate) fn is_said_by_nodes(tag: &str) -> bool {
    tag.starts_with("g_") || matches!(tag, "mon1" | "mon0" | "kil0" | "kil1" | SPAWN)
}

impl ReplyTo {
    /// The message with an answer.
    pub(crate) fn message(self, answer: Value) -> Message {
        Message(self.leading.into_iter().chain([answer]).collect())
    }
}

/// The elements behind a tag.
struct Arguments {
    tag: String,
    rest: std::vec::IntoIter<Value>,
}

impl Arguments {
    fn next(&mut self, what: &'static str) -> Result<Value, RequestError> {
        self.rest.next().ok_or_else(|| RequestError::Missing { tag: self.tag.clone(), what })
    }

    fn not(&self, what: &'static str) -> RequestError {
        RequestError::Not { tag: self.tag.clone(), what }
    }

    fn text(&mut self, what: &'static str) -> Result<String, RequestError> {
        let value = self.next(what)?;
        text(&value).ok_or_else(|| self.not(what))
    }

    fn name(&mut self) -> Result<PortName, RequestError> {
        match Destination::named(&self.next("the name of a port")?) {
            Destination::Port(name) => Ok(name),
            Destination::Nowhere => Err(self.not("the name of a port")),
        }
    }

    fn mortal_name(&mut self) -> Result<PortName, RequestError> {
        match self.name()? {
            PortName::Node => Err(RequestError::NodePort { tag: self.tag.clone() }),
            name => Ok(name),
        }
    }

    /// A name that another node may give: none that looks like those of native nodes, which only their makers give.
    fn new_name(&mut self) -> Result<PortName, RequestError> {
        match self.name()? {
            name @ PortName::Text(_) => Ok(name),
            PortName::Node | PortName::Native { .. } => Err(self.not("a name that may be given")),
        }
    }

    fn port_id(&mut self) -> Result<PortId, RequestError> {
        let id = self.text("a port ID")?;
        id.parse().map_err(|_| self.not("a port ID"))
    }

    fn reply(&mut self) -> Result<ReplyTo, RequestError> {
        Ok(ReplyTo { port: self.port_id()?, leading: self.rest.by_ref().collect() })
    }

    fn reason(&mut self) -> Reason {
        Reason::from_values(self.rest.by_ref().collect())
    }
}

/// A scalar as the text that Perl takes it for.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Integer(integer) => Some(integer.to_string()),
        value => value.as_str().map(str::to_owned),
    }
}
