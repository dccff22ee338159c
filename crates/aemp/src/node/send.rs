//! Sending: by moving the value inside the node, by encoding it to others.

use std::{cell::Ref, rc::Rc};

use aemp_proto::{
    id::{PortId, PortNumber},
    kernel::{Event, LocalPort, SendError},
    reason::{Reason, ReasonCode},
    value::append_encoded,
};
use serde::Serialize;

use super::{
    engine::Engine,
    queue::{Encoded, Token, TypedQueue},
};
use crate::{
    error::{CallError, TrySendError},
    reply::scope::{self, EncodeFault},
};

/// Where a port is.
pub(super) enum Place {
    /// In this node, where it may have died in the meantime.
    Here(LocalPort),
    /// In this node, where no port has that name.
    Nowhere,
    /// In another node.
    Away,
}

/// Room in a queue for one message, which is counted already.
///
/// Found before the message is touched: else that would be copied in between, and a processor waits for what was just written.
#[must_use]
pub(crate) struct Room<'a, M> {
    engine: &'a Rc<Engine>,
    token: Token,
    queue: Ref<'a, TypedQueue<M>>,
}

impl<M> Room<'_, M> {
    #[inline(always)]
    pub(crate) fn fill(self, message: M) {
        self.queue.messages().push_back(message);
        drop(self.queue);
        self.engine.push_message_token(self.token);
    }
}

impl Engine {
    #[inline(always)]
    pub(super) fn locate(&self, id: &PortId) -> Place {
        match self.shared.own_port(id) {
            Some(port) => Place::Here(port),
            None => self.look_for(id),
        }
    }

    /// Where a port is whose name does not tell.
    #[inline]
    fn look_for(&self, id: &PortId) -> Place {
        if id.node != self.shared.id {
            return Place::Away;
        }
        self.kernel(|kernel, _| kernel.resolve(&id.name)).map_or(Place::Nowhere, Place::Here)
    }

    /// Whether messages to this port have a chance.
    pub(super) fn may_live(&self, id: &PortId) -> bool {
        match self.locate(id) {
            Place::Here(port) => self.ports.borrow().is_alive(port),
            Place::Nowhere => false,
            Place::Away => true,
        }
    }

    /// Sends a message.
    #[inline]
    pub(crate) fn send<M>(self: &Rc<Self>, from: Option<LocalPort>, to: &PortId, message: M) -> Result<(), TrySendError>
    where
        M: Serialize + 'static,
    {
        match self.room(to) {
            Some(room) => {
                room.fill(message);
                Ok(())
            }
            None => self.send_otherwise(from, to, message),
        }
    }

    /// Room for a message as it is, if a living port of this node has that name and takes this type.
    #[inline(always)]
    pub(crate) fn room<M: 'static>(self: &Rc<Self>, to: &PortId) -> Option<Room<'_, M>> {
        self.room_for(self.shared.own_port(to)?)
    }

    #[inline(always)]
    fn room_for<M: 'static>(self: &Rc<Self>, port: LocalPort) -> Option<Room<'_, M>> {
        let queue = self.ports.borrow_mut().accept(port)?;
        let typed = self.queues.of_type(queue);
        if typed.is_none() {
            self.ports.borrow_mut().no_longer_waits(port);
        }
        Some(Room { engine: self, token: Token { port, queue }, queue: typed? })
    }

    /// Sends a message for which there is no room as it is.
    #[inline(never)]
    pub(crate) fn send_otherwise<M>(
        self: &Rc<Self>,
        from: Option<LocalPort>,
        to: &PortId,
        message: M,
    ) -> Result<(), TrySendError>
    where
        M: Serialize + 'static,
    {
        match self.locate(to) {
            Place::Here(port) => self.send_here(port, message),
            Place::Nowhere => {
                self.nowhere(to);
                Ok(())
            }
            Place::Away => {
                let sent =
                    self.kernel(|kernel, now| kernel.send(to, from, now, |out| scope::encode(&message, out).map(drop)));
                finish(sent, message)
            }
        }
    }

    /// Sends a message that carries the reply to a call of this node.
    pub(super) fn send_call<M>(
        self: &Rc<Self>,
        from: Option<LocalPort>,
        to: &PortId,
        number: PortNumber,
        message: M,
    ) -> Result<(), TrySendError>
    where
        M: Serialize + 'static,
    {
        if !matches!(self.locate(to), Place::Away) {
            return self.send(from, to, message);
        }
        let sent =
            self.kernel(|kernel, now| kernel.call(to, from, number, now, |out| scope::encode(&message, out).map(drop)));
        finish(sent, message)
    }

    /// Sends what was encoded on another thread; with the call whose reply it carries.
    ///
    /// The peer may take only smaller messages than this node, and the sender has gone on: the call fails, or the port is
    /// dead for this node.
    pub(super) fn send_encoded(self: &Rc<Self>, to: &PortId, call: Option<PortNumber>, octets: Vec<u8>) {
        let octets = octets.into();
        let copy = |out: &mut Vec<u8>| {
            append_encoded(&octets, out);
            Ok::<(), std::convert::Infallible>(())
        };
        let sent = self.kernel(|kernel, now| match call {
            Some(number) => kernel.call(to, None, number, now, copy),
            None => kernel.send(to, None, now, copy),
        });
        match (sent, call) {
            (Ok(()), _) => {}
            (Err(error), Some(number)) => self.end_call(number, CallError::Unsendable(error.to_string())),
            (Err(_), None) => self.kernel(|kernel, _| kernel.give_up(to)),
        }
    }

    /// Sends a message of nobody; if it cannot be, it is dropped.
    pub(super) fn post<M: Serialize + 'static>(self: &Rc<Self>, to: &PortId, message: M) {
        if let Err(error) = self.send(None, to, message) {
            self.event(Event::MessageDropped { to: to.clone(), reason: error.reason() });
        }
    }

    /// The same for a port of this node whose place is known.
    pub(super) fn post_here<M: Serialize + 'static>(self: &Rc<Self>, port: LocalPort, message: M) {
        if let Err(error) = self.send_here(port, message) {
            self.dropped(port, error.reason());
        }
    }

    #[inline]
    pub(super) fn send_here<M: Serialize + 'static>(
        self: &Rc<Self>,
        port: LocalPort,
        message: M,
    ) -> Result<(), TrySendError> {
        match self.room_for(port) {
            Some(room) => {
                room.fill(message);
                Ok(())
            }
            None => self.send_as_octets(port, message),
        }
    }

    /// The receiver takes another type than the sender gives: the message goes the way it would over the network.
    #[inline(never)]
    fn send_as_octets<M: Serialize>(self: &Rc<Self>, port: LocalPort, message: M) -> Result<(), TrySendError> {
        let accepted = self.ports.borrow_mut().accept(port);
        if accepted.is_none() {
            self.dropped(port, Reason::new(ReasonCode::NoSuchPort, ""));
            return Ok(());
        }
        let encoded = scope::encode_checked(message, self.shared.limits.max_message);
        let Ok((octets, _)) = encoded else {
            self.ports.borrow_mut().no_longer_waits(port);
            return encoded.map(drop);
        };
        let (queue, encoded) = self.queues.typed();
        encoded.messages().push_back(Encoded(octets));
        self.push_message_token(Token { port, queue });
        Ok(())
    }

    #[inline(always)]
    fn push_message_token(self: &Rc<Self>, token: Token) {
        let limit = self.shared.limits.max_local;
        if self.push_token(token) >= limit && self.waiting_messages() >= limit {
            self.shed();
        }
    }

    /// Messages that wait inside the node, without its own work, which has tokens as well.
    pub(super) fn waiting_messages(&self) -> usize {
        self.tokens.borrow().len().saturating_sub(self.jobs.borrow().len())
    }

    #[cold]
    fn nowhere(self: &Rc<Self>, to: &PortId) {
        let reason = Reason::new(ReasonCode::NoSuchPort, "");
        self.event(Event::MessageDropped { to: to.clone(), reason });
    }
}

/// Drops a message as what became of it demands.
pub(super) fn finish<M>(sent: Result<(), SendError<EncodeFault>>, message: M) -> Result<(), TrySendError> {
    match sent {
        Ok(()) => {
            scope::drop_sent(message);
            Ok(())
        }
        Err(SendError::Encode(fault)) => Err(fault.into_error()),
        Err(SendError::Unreadable(error)) => Err(TrySendError::Unencodable(error.into())),
        Err(SendError::TooLarge { size, limit }) => Err(TrySendError::TooLarge { size, limit }),
    }
}
