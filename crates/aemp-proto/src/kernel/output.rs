//! What the kernel hands out: deliveries, requests to the driver, and events for observers.

use bytes::Bytes;
use thiserror::Error;

use crate::{
    directory::{Change, DatabaseWatch},
    id::{Address, Incarnation, NodeId, PortId, PortName, PortNumber},
    message::Message,
    reason::Reason,
};

use super::{ConnectionId, DialId, LocalPort, WatchId};

/// The encoded elements of a message.
#[derive(Clone, Debug)]
pub enum Body<'b> {
    /// They stand in the buffer that was received.
    Borrowed(&'b [u8]),
    /// They were put together from pieces; parts of them can be shared without a copy.
    Shared(Bytes),
    /// They are those of a base peer, to be read [loosely](Message::into_typed_loosely).
    Values(Message),
}

impl Body<'_> {
    /// The octets, if they came as those of a native peer do.
    pub fn as_slice(&self) -> Option<&[u8]> {
        match self {
            Self::Borrowed(octets) => Some(octets),
            Self::Shared(octets) => Some(octets),
            Self::Values(_) => None,
        }
    }
}

/// What one call of [`super::Kernel::receive`] found.
#[derive(Debug)]
pub enum Received<'b> {
    /// No whole frame yet: call again with more octets behind these.
    More,
    /// A frame of `length` octets was handled. What it delivers has to be carried out before the next call.
    Frame {
        /// How many octets of the input it took.
        length: usize,
        /// What is to be done with it, outside the kernel.
        delivery: Option<Delivery<'b>>,
    },
    /// The connection is no more: throw away what it still holds.
    Closed,
}

/// Something that a peer asks of a port or service of this node.
#[derive(Debug)]
pub enum Delivery<'b> {
    /// A message to a port that was alive when the frame was read.
    Message {
        /// The port.
        to: LocalPort,
        /// The elements.
        body: Body<'b>,
    },
    /// The same for a message that may be lost: if the port does not take it, nothing follows from that.
    Lossy {
        /// The port.
        to: LocalPort,
        /// The elements.
        body: Body<'b>,
    },
    /// A message that carries a reply somewhere in it.
    Call {
        /// The port.
        to: LocalPort,
        /// Where an answer, or its absence, is to be told.
        reply: PortId,
        /// The elements.
        body: Body<'b>,
    },
    /// The answer to a call of this node.
    Answer {
        /// The number of the call.
        number: PortNumber,
        /// The elements, or why there is no answer.
        result: Result<Body<'b>, Reason>,
    },
    /// A port is to be killed: carry it out, then call [`super::Kernel::close`].
    Kill {
        /// The port.
        to: LocalPort,
        /// Why.
        reason: Reason,
    },
    /// A port is to be started: call [`super::Kernel::open_as`] or [`super::Kernel::spawn_failed`].
    Spawn {
        /// The name that the port shall have.
        name: PortName,
        /// The registered service.
        service: Box<str>,
        /// Its arguments.
        arguments: Body<'b>,
    },
}

/// What the driver is to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Connect to `address`. Answer with [`super::Kernel::attach`] or [`super::Kernel::dial_failed`].
    Dial {
        /// Names the attempt.
        dial: DialId,
        /// The node that must be there; `None` if only its address is known.
        expect: Option<NodeId>,
        /// Where.
        address: Address,
    },
    /// Give the attempt up; it needs no answer any more.
    CancelDial(DialId),
    /// Write what [`super::Kernel::transmit`] still gives, then close.
    Close(ConnectionId),
    /// A watched port died. Carry it out if [`super::Kernel::take_notice`] says so.
    Fired {
        /// The watch.
        watch: WatchId,
        /// Why the port died.
        reason: Reason,
    },
    /// A port of this node is to be killed: carry it out, then call [`super::Kernel::close`].
    Kill {
        /// The port.
        port: LocalPort,
        /// Why.
        reason: Reason,
    },
    /// A port of this node got a further name, because a peer had declared it dead: its handles give this one.
    Renamed {
        /// The port.
        port: LocalPort,
        /// Its name so far, which others go on using.
        old: PortName,
        /// Its port ID from now on.
        id: PortId,
        /// The name that it lost, because it had too many.
        dropped: Option<PortName>,
    },
    /// A call ended without a frame of its own: its session failed, or it was a look-up.
    Answer {
        /// The number of the call.
        number: PortNumber,
        /// What a look-up found (an encoded port ID), or why there is no answer.
        result: Result<Bytes, Reason>,
    },
    /// Find out which addresses the host name of a seed stands for, then call [`super::Kernel::resolved`].
    Resolve {
        /// The seed.
        seed: Address,
    },
    /// A watched family of the database changed. The first change of a watch is all of its content.
    Changed {
        /// The watch.
        watch: DatabaseWatch,
        /// What is different.
        change: Change,
    },
    /// For observers.
    Event(Event),
}

/// Something that an operator may want to know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An attempt to connect failed.
    DialFailed {
        /// The node, if it is known.
        node: Option<NodeId>,
        /// The address that was dialled.
        address: Address,
        /// What went wrong, for people.
        error: String,
    },
    /// A connection was refused before it was authenticated.
    HandshakeRefused {
        /// The other side, as the transport names it.
        remote: String,
        /// Why.
        error: String,
    },
    /// A session with a node began, or another incarnation of it took over.
    PeerUp {
        /// The node.
        node: NodeId,
        /// Its run; base peers do not tell theirs.
        incarnation: Option<Incarnation>,
    },
    /// A session was carried on by a new connection.
    SessionResumed {
        /// The node.
        node: NodeId,
        /// How many connections the session has had.
        connections: u64,
    },
    /// A connection broke; the session goes on.
    ConnectionLost {
        /// The node.
        node: NodeId,
        /// What happened, for people.
        error: String,
    },
    /// A session failed.
    PeerDown {
        /// The node.
        node: NodeId,
        /// Why.
        reason: Reason,
    },
    /// Two living processes use one node ID; the newcomer was refused.
    NodeIdInUse {
        /// The ID.
        node: NodeId,
    },
    /// A peer broke the rules of the protocol; its connection was closed.
    Misbehaved {
        /// The node.
        node: NodeId,
        /// Which rule.
        error: String,
    },
    /// A peer asked for something that this node does not do; nothing was done, and the connection goes on.
    RequestRefused {
        /// The node.
        node: NodeId,
        /// What it asked for, and why it is not done.
        error: String,
    },
    /// This node has a master, which holds the database for it.
    MasterFound {
        /// The master.
        node: NodeId,
    },
    /// It has none any more, and looks for another.
    MasterLost {
        /// The former master.
        node: NodeId,
    },
    /// This node holds all of the database from now on.
    BecameGlobal,
    /// A port died abnormally and nobody watched it.
    UnwatchedDeath {
        /// The port.
        port: PortId,
        /// Why it died.
        reason: Reason,
    },
    /// A message was dropped.
    MessageDropped {
        /// Its destination.
        to: PortId,
        /// Why.
        reason: Reason,
    },
    /// This node has declared a port of a peer dead, and will not reach it under this name any more.
    Fenced {
        /// The port.
        port: PortId,
        /// Why.
        reason: Reason,
    },
    /// Too many ports of a peer's process are dead for this node: the whole process is, and was told to be started anew.
    Retired {
        /// The peer.
        node: NodeId,
    },
    /// Much is queued for a peer.
    Congested {
        /// The peer.
        node: NodeId,
        /// Octets queued for and not acknowledged by it.
        octets: usize,
    },
}

/// Why an attempt to connect failed.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum DialFailure {
    /// Nothing listens at the address.
    #[error("connection refused")]
    Refused,
    /// The secrets or certificates do not match, or versions have nothing in common: trying again is useless.
    #[error("{0}")]
    Rejected(Reason),
    /// This node itself is there.
    #[error("the node at this address is this node itself")]
    OwnNode,
    /// Anything else.
    #[error("{0}")]
    Unreachable(String),
}
