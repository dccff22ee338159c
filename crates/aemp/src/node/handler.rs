//! A port's handler, with its message type forgotten.

use std::{marker::PhantomData, rc::Rc};

use aemp_proto::{
    kernel::{Body, LocalPort},
    reason::{Reason, ReasonCode},
};
use serde::de::DeserializeOwned;

use super::{engine::Engine, queue::TypedQueue};
use crate::{
    codec,
    cx::{Context, Cx},
    handlers::Refused,
    outcome::{Outcome, error_reason},
    receive::Receive,
    reply::scope,
};

/// How a handler left its port.
pub(super) enum Ended {
    /// Alive.
    Alive,
    /// The message was not taken; the port lives on.
    Refused(Reason),
    /// The port shall die.
    Dead(Reason),
}

/// A port's handler, with its message type forgotten.
pub(super) trait Handler {
    /// Handles the first message of the port's queue.
    fn run(&mut self, engine: &Rc<Engine>, me: LocalPort) -> Ended;
    /// Handles an encoded message.
    fn receive(&mut self, engine: &Rc<Engine>, me: LocalPort, body: &Body<'_>) -> Ended;
}

/// A receiver with the queue of its message type.
pub(super) struct ReceiverOf<H: Receive> {
    queue: Rc<TypedQueue<H::Message>>,
    receiver: H,
    messages: PhantomData<H::Message>,
}

impl<H: Receive> ReceiverOf<H> {
    pub(super) const fn new(queue: Rc<TypedQueue<H::Message>>, receiver: H) -> Self {
        Self { queue, receiver, messages: PhantomData }
    }

    #[inline(always)]
    fn handle(&mut self, engine: &Rc<Engine>, me: LocalPort, message: H::Message) -> Ended {
        let mut cx = Cx::new(Context::new(engine, Some(me)));
        let result = self.receiver.receive(&mut cx, message).into_result();
        match result {
            Ok(()) if cx.is_stopping() => Ended::Dead(Reason::normal()),
            Ok(()) => Ended::Alive,
            Err(error) => match error.downcast::<Refused>() {
                Ok(refused) => Ended::Refused(refused.0),
                Err(error) => Ended::Dead(error_reason(&error)),
            },
        }
    }
}

impl<H: Receive> Handler for ReceiverOf<H>
where
    H::Message: DeserializeOwned + 'static,
{
    fn run(&mut self, engine: &Rc<Engine>, me: LocalPort) -> Ended {
        match self.queue.pop() {
            Some(message) => self.handle(engine, me, message),
            None => Ended::Alive,
        }
    }

    fn receive(&mut self, engine: &Rc<Engine>, me: LocalPort, body: &Body<'_>) -> Ended {
        match scope::decoding(|| codec::decode(body, &engine.shared.limits)) {
            Ok(message) => self.handle(engine, me, message),
            Err(error) => Ended::Refused(Reason::new(ReasonCode::BadMessage, error.to_string())),
        }
    }
}
