//! Calls that wait for their answers.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    time::Duration,
};

use aemp_proto::{
    id::{PortId, PortName, PortNumber},
    kernel::{Body, LocalPort},
    reason::Reason,
    time::Time,
};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::{dispatch::drop_quietly, engine::Engine, jobs::Job, send::finish, waiting::Waiting};
use crate::{
    codec,
    error::{CallError, NO_REPLY, TrySendError},
    outcome::panic_reason,
    reply::scope,
};

/// Calls that end for want of an answer in one turn, before sockets are looked at again.
const BUDGET: usize = 1_024;

/// What became of a call.
pub(super) enum Answer<'a> {
    /// An `Option<T>` of the type that the call expects.
    Value(&'a mut dyn Any),
    Body(&'a Body<'a>),
    Failed(CallError),
}

/// Where an answer goes, with its type forgotten.
pub(super) trait Sink {
    fn expects(&self, answer: TypeId) -> bool;
    /// Keeps what became of the call.
    fn settle(&mut self, engine: &Engine, answer: Answer<'_>);
    /// Hands it to the caller.
    fn hand_over(self: Box<Self>, engine: &Rc<Engine>);
}

struct SinkOf<T, F> {
    then: F,
    result: Option<Result<T, CallError>>,
}

impl<T, F> Sink for SinkOf<T, F>
where
    T: DeserializeOwned + 'static,
    F: FnOnce(&Rc<Engine>, Result<T, CallError>),
{
    fn expects(&self, answer: TypeId) -> bool {
        answer == TypeId::of::<T>()
    }

    fn settle(&mut self, engine: &Engine, answer: Answer<'_>) {
        self.result = Some(match answer {
            Answer::Value(value) => {
                let value = value.downcast_mut::<Option<T>>().and_then(Option::take);
                value.ok_or_else(|| CallError::Decode("another type".into()))
            }
            Answer::Body(body) => decode(engine, body),
            Answer::Failed(error) => Err(error),
        });
    }

    fn hand_over(self: Box<Self>, engine: &Rc<Engine>) {
        let Self { then, result } = *self;
        if let Some(result) = result {
            then(engine, result);
        }
    }
}

/// Reads an answer; a panic in the caller's `Deserialize` concerns the caller alone.
fn decode<T: DeserializeOwned>(engine: &Engine, body: &Body<'_>) -> Result<T, CallError> {
    let decode = || scope::decoding(|| codec::decode(body, &engine.shared.limits));
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(|error| CallError::Decode(error.to_string())),
        Err(panic) => Err(CallError::Decode(panic_reason(&*panic).to_string())),
    }
}

struct Pending {
    owner: Option<LocalPort>,
    sink: Box<dyn Sink>,
}

/// The calls of a node that wait for their answers.
#[derive(Default)]
pub(super) struct Calls(RefCell<Waiting<Pending>>);

impl Engine {
    /// Expects the answer to a call; `then` gets it when its turn comes.
    pub(crate) fn expect<T: DeserializeOwned + 'static>(
        self: &Rc<Self>,
        owner: Option<LocalPort>,
        number: PortNumber,
        timeout: Duration,
        then: impl FnOnce(&Rc<Self>, Result<T, CallError>) + 'static,
    ) {
        let sink = Box::new(SinkOf { then, result: None });
        self.calls.0.borrow_mut().insert(number, timeout, Pending { owner, sink });
        self.rouse();
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned(port)
        {
            owned.calls.insert(number);
        }
    }

    /// Sends the request of a call whose answer is expected.
    pub(crate) fn request<M: Serialize + 'static>(
        self: &Rc<Self>,
        from: Option<LocalPort>,
        to: &PortId,
        number: PortNumber,
        message: M,
    ) -> Result<(), TrySendError> {
        if !self.may_live(to) {
            self.end_call(number, CallError::Lost(Reason::new("no_such_port", "")));
        }
        self.send_call(from, to, number, message)
    }

    /// Gives a call another time-out, from now.
    pub(crate) fn set_call_timeout(self: &Rc<Self>, number: PortNumber, timeout: Duration) {
        self.calls.0.borrow_mut().set_timeout(number, timeout);
        self.rouse();
    }

    /// Whether the time of some calls has not begun: it does when the clock is read next.
    pub(super) fn has_unread_expiries(&self) -> bool {
        self.calls.0.borrow().has_unread()
    }

    /// When the first call may end; `now` is later than when any was made.
    pub(super) fn next_expiry(&self, now: Time) -> Option<Time> {
        self.calls.0.borrow_mut().first(now)
    }

    /// Ends a bounded number of the calls that nobody answered in time.
    pub(super) fn end_expired_calls(&self, now: Time) {
        for _ in 0..BUDGET {
            let expired = self.calls.0.borrow_mut().pop_due(now);
            let Some(number) = expired else { break };
            self.kernel(|kernel, _| kernel.forget_call(number));
            self.end_call(number, CallError::TimedOut);
        }
    }

    /// A call is no longer waited for.
    pub(crate) fn forget_call(self: &Rc<Self>, number: PortNumber) {
        if let Some(sink) = self.take_call(number) {
            self.kernel(|kernel, _| kernel.forget_call(number));
            drop_quietly(sink);
        }
    }

    /// A call failed.
    pub(crate) fn end_call(&self, number: PortNumber, error: CallError) {
        if let Some(sink) = self.take_call(number) {
            self.finish_call(sink, Answer::Failed(error));
        }
    }

    fn finish_call(&self, mut sink: Box<dyn Sink>, answer: Answer<'_>) {
        sink.settle(self, answer);
        self.push_job(Job::Answer(sink));
    }

    /// The kernel tells what became of a call.
    pub(super) fn answered(&self, number: PortNumber, result: Result<Bytes, Reason>) {
        match result {
            Ok(octets) => self.answer_body(number, &Body::Shared(octets)),
            Err(reason) => self.end_call(number, reason.into()),
        }
    }

    pub(super) fn answer_body(&self, number: PortNumber, body: &Body<'_>) {
        if let Some(sink) = self.take_call(number) {
            self.finish_call(sink, Answer::Body(body));
        }
    }

    /// Answers a call of this or another node.
    pub(crate) fn answer<T>(self: &Rc<Self>, from: Option<LocalPort>, to: &PortId, value: T) -> Result<(), TrySendError>
    where
        T: Serialize + 'static,
    {
        if to.node == self.shared.id {
            return self.answer_here(to, value);
        }
        let sent = self.kernel(|kernel, now| kernel.answer(to, from, now, |out| scope::encode(&value, out).map(drop)));
        if sent.is_err() {
            self.no_answer(to);
        }
        finish(sent, value)
    }

    fn answer_here<T: Serialize + 'static>(self: &Rc<Self>, to: &PortId, value: T) -> Result<(), TrySendError> {
        let Some(number) = self.own_call(to) else { return Ok(()) };
        let Some(sink) = self.take_call(number) else { return Ok(()) };
        if sink.expects(TypeId::of::<T>()) {
            self.finish_call(sink, Answer::Value(&mut Some(value)));
            return Ok(());
        }
        match scope::encode_checked(value, self.shared.limits.max_message) {
            Ok((octets, _)) => {
                self.finish_call(sink, Answer::Body(&Body::Shared(octets.into())));
                Ok(())
            }
            Err(error) => {
                self.finish_call(sink, Answer::Failed(CallError::Dropped));
                Err(error)
            }
        }
    }

    /// A call of this or another node will not be answered.
    pub(crate) fn no_answer(self: &Rc<Self>, to: &PortId) {
        if to.node != self.shared.id {
            let reason = Reason::new(NO_REPLY, "the reply was dropped unanswered");
            self.kernel(|kernel, now| kernel.answer_failed(to, &reason, now));
        } else if let Some(number) = self.own_call(to) {
            self.end_call(number, CallError::Dropped);
        }
    }

    fn own_call(&self, to: &PortId) -> Option<PortNumber> {
        match to.name {
            PortName::Native { origin, number } if origin == self.shared.origin => Some(number),
            _ => None,
        }
    }

    fn take_call(&self, number: PortNumber) -> Option<Box<dyn Sink>> {
        let Pending { owner, sink } = self.calls.0.borrow_mut().remove(number)?;
        if let Some(port) = owner
            && let Some(owned) = self.ports.borrow_mut().owned_if_any(port)
        {
            owned.calls.remove(&number);
        }
        Some(sink)
    }

    pub(super) fn drop_calls(&self) {
        let all = std::mem::take(&mut *self.calls.0.borrow_mut());
        drop_quietly(all);
    }
}
