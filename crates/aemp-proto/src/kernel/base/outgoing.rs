//! What a frame becomes for a base peer.

use super::channel::octets;
use crate::{
    base,
    id::{PortName, PortNumber},
    kernel::Body,
    limits::Limits,
    message::{EncodeError, Message, cbor},
    reason::Reason,
    session::Session,
    value::Value,
    wire::frame::{Destination, Frame, Numbered},
};

/// What a frame becomes.
#[derive(Debug)]
pub(super) enum Said {
    /// A message to a port of the peer.
    Message(Spoken),
    /// Something that base peers know nothing of.
    Nothing,
    /// A call to the node port, which answers none.
    NoSuchRequest(PortNumber),
    /// A call of the peer will not be answered, which cannot be said.
    NoAnswer(PortName),
}

/// A message to a port of a base peer.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) to: PortName,
    pub(super) message: Result<Message, EncodeError>,
    pub(super) fate: Fate,
}

/// Who is told if a message cannot be written.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// Those who watch this port of the peer.
    Watchers(PortName),
    /// The caller, and those who watch the port that was called.
    Call(PortName, PortNumber),
    /// Observers only.
    Observers(PortName),
}

/// Reads a frame of our own making, from its type on.
pub(super) fn said(session: &Session, frame: &[u8], limits: &Limits) -> Said {
    let Some((kind, rest)) = frame.split_first() else { return Said::Nothing };
    match Frame::read(*kind, rest) {
        Ok(Frame::Lossy { to, body }) => message(session, to, body, limits, Fate::Observers),
        Ok(Frame::Numbered(frame)) => said_by_numbered(session, frame, limits),
        _ => Said::Nothing,
    }
}

fn said_by_numbered(session: &Session, frame: Numbered<'_>, limits: &Limits) -> Said {
    let tell = |tag, name: &PortName, reason: &[u8]| {
        let mut request = vec![octets(tag), base::name(name)];
        request.extend(values(&Reason::decode(reason, limits).unwrap_or_else(|_| Reason::new("unknown", "")), limits));
        request_of(request, name)
    };
    match frame {
        Numbered::Call { to: Destination::Name(PortName::Node), number, .. } => Said::NoSuchRequest(number),
        Numbered::Message { to, body } => message(session, to, body, limits, Fate::Watchers),
        Numbered::Call { to, number, body } => message(session, to, body, limits, |to| Fate::Call(to, number)),
        Numbered::Answer { reply, body } => message(session, Destination::Name(reply), body, limits, Fate::Observers),
        Numbered::AnswerFailed { reply, .. } => Said::NoAnswer(reply),
        // A base peer whose node port is killed lives on without hearing anything.
        Numbered::Kill { to: Destination::Name(PortName::Node), .. } => Said::Nothing,
        Numbered::Kill { to: Destination::Name(name), reason } => tell("kil1", &name, reason),
        Numbered::Monitor { to: Destination::Name(name) } => request_of(vec![octets("mon1"), base::name(&name)], &name),
        Numbered::Demonitor { to: Destination::Name(name) } => {
            request_of(vec![octets("mon0"), base::name(&name)], &name)
        }
        Numbered::Dead { name, reason, .. } | Numbered::Closed { name, reason, .. } => tell("kil0", &name, reason),
        Numbered::Spawn { to: Destination::Name(name), service, arguments } => {
            let message = elements(arguments, limits).map(|arguments| {
                let head = [octets(base::SPAWN), base::name(&name), octets(service)];
                Message(head.into_iter().chain(arguments.0).collect())
            });
            Said::Message(Spoken { to: PortName::Node, message, fate: Fate::Watchers(name) })
        }
        _ => Said::Nothing,
    }
}

fn request_of(request: Vec<Value>, about: &PortName) -> Said {
    Said::Message(Spoken { to: PortName::Node, message: Ok(Message(request)), fate: Fate::Observers(about.clone()) })
}

fn message(
    session: &Session,
    to: Destination,
    body: &[u8],
    limits: &Limits,
    fate: impl FnOnce(PortName) -> Fate,
) -> Said {
    let Some(to) = session.destination(to) else { return Said::Nothing };
    Said::Message(Spoken { message: elements(body, limits), fate: fate(to.clone()), to })
}

/// The elements of a message of this node, if a base peer can read them.
pub(in crate::kernel) fn elements(body: &[u8], limits: &Limits) -> Result<Message, EncodeError> {
    let message: Message =
        cbor::decode(&Body::Borrowed(body), limits).map_err(|error| EncodeError::Refused(error.to_string().into()))?;
    base::check(&message.0, limits.max_depth)?;
    Ok(message)
}

/// A reason's values: without its details, if those cannot be written, and without an empty text at its end, as Perl programs
/// give reasons.
fn values(reason: &Reason, limits: &Limits) -> Vec<Value> {
    let mut values = reason.to_values();
    if reason.text().is_empty() && reason.details().is_empty() {
        values.truncate(1);
    }
    // One level is that of the request.
    match base::check(&values, limits.max_depth) {
        Ok(()) => values,
        Err(_) => values.into_iter().take(2).collect(),
    }
}
