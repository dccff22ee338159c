//! Running handlers, and the ends of ports.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use aemp_proto::{
    kernel::{Body, Event, LocalPort},
    reason::{Reason, ReasonCode},
};
use serde::de::DeserializeOwned;
use tokio::task::AbortHandle;

use super::{
    engine::Engine,
    handler::{Ended, Handler, ReceiverOf},
    ports::{Owned, Remains},
    queue::{Encoded, QueueIndex, Token},
};
use crate::{
    cx::Context,
    outcome::{BoxError, error_reason, panic_reason},
    receive::Receive,
};

impl Engine {
    /// Opens a port whose number was taken before.
    pub(crate) fn open<H>(self: &Rc<Self>, port: LocalPort, receiver: H)
    where
        H: Receive + 'static,
        H::Message: DeserializeOwned + 'static,
    {
        self.kernel(|kernel, _| kernel.open(port));
        self.ports.borrow_mut().open(port);
        self.install(port, receiver);
    }

    /// Gives a port its receiver.
    pub(crate) fn install<H>(self: &Rc<Self>, port: LocalPort, receiver: H)
    where
        H: Receive + 'static,
        H::Message: DeserializeOwned + 'static,
    {
        let (index, queue) = self.queues.typed::<H::Message>();
        let handler = Box::new(ReceiverOf::new(queue, receiver));
        let unused = self.ports.borrow_mut().install(port, index, handler);
        drop_quietly(unused);
    }

    /// Handles the message that a token stands for.
    #[inline]
    pub(super) fn dispatch_waiting(self: &Rc<Self>, token: Token) {
        let begun = self.ports.borrow_mut().begin_waiting(token.port);
        self.hand(token, begun);
    }

    /// Handles the first message of the token's queue.
    #[inline]
    pub(super) fn dispatch(self: &Rc<Self>, token: Token) {
        let begun = self.ports.borrow_mut().begin(token.port);
        self.hand(token, begun);
    }

    #[inline]
    fn hand(self: &Rc<Self>, Token { port, queue }: Token, begun: Option<(Box<dyn Handler>, QueueIndex)>) {
        match begun {
            Some((handler, own)) if own == queue => {
                let taken = self.enter(port, handler, |handler| handler.run(self, port));
                self.take_or_die(port, taken);
            }
            Some((handler, _)) if queue == QueueIndex::ENCODED => {
                let Encoded(octets) = self.queues.typed::<Encoded>().1.pop().unwrap_or(Encoded(Vec::new()));
                let body = Body::Shared(octets.into());
                let taken = self.enter(port, handler, |handler| handler.receive(self, port, &body));
                self.take_or_die(port, taken);
            }
            Some((handler, _)) => {
                // The port was given another handler while the message waited.
                let unused = self.ports.borrow_mut().end(port, handler);
                drop_quietly(unused);
                drop_quietly(self.queues.pop_any(queue));
                self.take_or_die(port, Err(Reason::new(ReasonCode::BadMessage, "the port takes another type now")));
            }
            None => {
                drop_quietly(self.queues.pop_any(queue));
                self.dropped(port, Reason::new(ReasonCode::NoSuchPort, ""));
            }
        }
    }

    /// A port that does not take a message of its own node dies of it.
    #[inline]
    fn take_or_die(self: &Rc<Self>, port: LocalPort, taken: Result<(), Reason>) {
        if let Err(reason) = taken {
            self.close(port, reason);
        }
    }

    /// Hands a port the body of a message that came over the network. The reason if it was refused.
    #[inline]
    pub(super) fn receive(self: &Rc<Self>, port: LocalPort, body: &Body<'_>) -> Result<(), Reason> {
        let begun = self.ports.borrow_mut().begin(port);
        let Some((handler, _)) = begun else {
            let reason = Reason::new(ReasonCode::NoSuchPort, "");
            self.dropped(port, reason.clone());
            return Err(reason);
        };
        self.enter(port, handler, |handler| handler.receive(self, port, body))
    }

    /// Lets a handler run and sees to what it left. The reason if it refused the message.
    #[inline]
    fn enter(
        self: &Rc<Self>,
        port: LocalPort,
        mut handler: Box<dyn Handler>,
        run: impl FnOnce(&mut dyn Handler) -> Ended,
    ) -> Result<(), Reason> {
        let ended = catch_unwind(AssertUnwindSafe(|| run(&mut *handler)));
        let remains = self.ports.borrow_mut().end(port, handler);
        if remains.is_some() {
            drop_quietly(remains);
        }
        match ended {
            Ok(Ended::Alive) => {}
            Ok(Ended::Refused(reason)) => {
                self.dropped(port, reason.clone());
                return Err(reason);
            }
            Ok(Ended::Dead(reason)) => self.close(port, reason),
            Err(panic) => self.close(port, panic_reason(&*panic)),
        }
        Ok(())
    }

    /// Runs a closure of the user on behalf of a port, which dies if it fails.
    pub(crate) fn guarded<T>(
        self: &Rc<Self>,
        owner: Option<LocalPort>,
        work: impl FnOnce(&Context) -> Result<T, BoxError>,
    ) -> Result<T, Reason> {
        let cx = Context::new(self, owner);
        let reason = match catch_unwind(AssertUnwindSafe(|| work(&cx))) {
            Ok(Ok(_)) if cx.is_stopping() => Reason::normal(),
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error_reason(&error),
            Err(panic) => panic_reason(&*panic),
        };
        if let Some(owner) = owner {
            self.close(owner, reason.clone());
        }
        Err(reason)
    }

    /// Makes a message for a port of its own type and lets it be handled at once; nothing if the port is dead.
    pub(crate) fn hand_over<M: 'static>(self: &Rc<Self>, port: LocalPort, make: impl FnOnce() -> M) {
        if !self.ports.borrow().is_alive(port) {
            return;
        }
        let Ok(message) = self.guarded(Some(port), |_| Ok(make())) else { return };
        let (index, queue) = self.queues.typed();
        // In front, to be handled at once.
        queue.messages().push_front(message);
        self.dispatch(Token { port, queue: index });
    }

    /// Ends a port. Does nothing if it is dead.
    pub(crate) fn close(self: &Rc<Self>, port: LocalPort, reason: Reason) {
        let remains = self.ports.borrow_mut().close(port);
        let Some(Remains { handler, owned }) = remains else { return };
        self.kernel(|kernel, _| kernel.close(port, reason));
        self.forget_names(port);
        if let Some(owned) = owned {
            self.release(*owned);
        }
        drop_quietly(handler);
        self.graves.borrow_mut().push(port);
    }

    /// A task ends with its port.
    pub(crate) fn own_task(&self, port: LocalPort, task: AbortHandle) {
        match self.ports.borrow_mut().owned(port) {
            Some(owned) => {
                owned.tasks.retain(|task| !task.is_finished());
                owned.tasks.push(task);
            }
            None => task.abort(),
        }
    }

    /// A handler may outlive its port until it returns: what it begins then is to end at once.
    #[inline]
    pub(crate) fn is_owner_dead(&self, owner: Option<LocalPort>) -> bool {
        owner.is_some_and(|port| !self.ports.borrow().is_alive(port))
    }

    fn release(self: &Rc<Self>, owned: Owned) {
        owned.tasks.iter().for_each(AbortHandle::abort);
        owned.watches.into_iter().for_each(|watch| self.unwatch(watch));
        owned.families.into_iter().for_each(|watch| self.unwatch_family(watch));
        owned.timers.into_iter().for_each(|timer| self.cancel_timer(timer));
        owned.calls.into_iter().for_each(|call| self.forget_call(call));
    }

    /// The port with the most waiting messages dies, and they with it.
    #[cold]
    pub(super) fn shed(self: &Rc<Self>) {
        let greediest = self.ports.borrow().greediest();
        let Some(port) = greediest else { return };
        let text = "too many messages wait inside the node, the most of them for this port";
        // First, so that what its destructor sends finds room.
        let messages = self.queues.take_messages(&mut self.tokens.borrow_mut(), port);
        self.close(port, Reason::new(ReasonCode::Overload, text));
        drop_quietly(messages);
    }

    pub(super) fn dropped(self: &Rc<Self>, port: LocalPort, reason: Reason) {
        let to = self.shared.port_id(port);
        self.event(Event::MessageDropped { to, reason });
    }
}

/// Drops what belongs to the user; a panic in its destructor ends there.
pub(super) fn drop_quietly<T>(value: T) {
    contained(|| drop(value));
}

/// Runs what may meet code of the user that no port answers for, such as a `Serialize` or a destructor: a panic there
/// was reported by the panic hook, and must not end the node.
pub(super) fn contained(work: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(work));
}
