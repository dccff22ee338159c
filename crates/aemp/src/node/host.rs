//! What the network driver needs of a node.

use std::rc::Rc;

use aemp_proto::{
    id::{NodeId, PortId},
    kernel::{Body, Delivery, Event, Kernel, LocalPort, Refused},
    reason::Reason,
    time::Time,
};

use super::{dispatch::contained, engine::Engine};
use crate::{
    error::NO_REPLY,
    net::{Backlog, Host},
};

impl Host for Rc<Engine> {
    fn kernel<R>(&self, work: impl FnOnce(&mut Kernel, Time) -> R) -> R {
        Engine::kernel(self, work)
    }

    fn delivers_from(&self, peer: Option<&NodeId>) {
        self.source.replace(peer.cloned());
        self.attended.set(true);
    }

    // Otherwise what is delivered is moved.
    #[inline(always)]
    fn deliver(&self, delivery: Delivery<'_>) {
        match delivery {
            // Its handler is contained by itself.
            Delivery::Message { to, body } => self.receive_message(to, &body),
            other => contained(|| self.carry_out_delivery(other)),
        }
    }

    fn event(&self, event: Event) {
        Engine::event(self, event);
    }

    fn turn(&self) -> Backlog {
        self.attended.set(true);
        let more = Engine::turn(self);
        self.attended.set(false);
        let kernel = Engine::kernel(self, |kernel, _| kernel.deadline());
        let expiry = if self.has_unread_expiries() { self.next_expiry(self.clock.read()) } else { None };
        let deadline = [kernel, expiry].into_iter().flatten().min();
        let earlier = deadline.is_some_and(|deadline| self.alarm.get().is_none_or(|alarm| deadline < alarm));
        if self.asleep.get() && (more || earlier || self.is_waiting_for_kernel()) {
            self.wake();
        }
        Backlog { handled: self.handled.get(), waiting: self.tokens.borrow().len() as u64 }
    }
}

impl Engine {
    /// Who sent the message that is being handled, if it came over the network.
    pub(crate) fn source(&self) -> Option<NodeId> {
        self.source.borrow().clone()
    }

    #[inline(never)]
    fn carry_out_delivery(self: &Rc<Self>, delivery: Delivery<'_>) {
        match delivery {
            Delivery::Message { to, body } => self.receive_message(to, &body),
            // A hole is allowed, so what follows may reach the port. Observers are told that it refused the message.
            Delivery::Lossy { to, body } => drop(self.receive(to, &body)),
            Delivery::Call { to, reply, body } => self.receive_call(to, &reply, &body),
            Delivery::Answer { number, result: Ok(body) } => self.answer_body(number, &body),
            Delivery::Answer { number, result: Err(reason) } => self.end_call(number, reason.into()),
            Delivery::Kill { to, reason } => self.close(to, reason),
            Delivery::Spawn { name, service, arguments } => self.spawn_asked(name, &service, &arguments),
        }
    }

    #[inline]
    fn receive_message(self: &Rc<Self>, to: LocalPort, body: &Body<'_>) {
        if let Err(reason) = self.receive(to, body) {
            self.refuse(to, reason);
        }
    }

    /// A call that is refused is answered so at once.
    fn receive_call(self: &Rc<Self>, to: LocalPort, reply: &PortId, body: &Body<'_>) {
        if let Err(reason) = self.receive(to, body) {
            let text = Reason::new(NO_REPLY, format!("the request was refused: {reason}"));
            self.kernel(|kernel, now| kernel.answer_failed(reply, &text, now));
            self.refuse(to, reason);
        }
    }

    /// A port did not take a message of another node: nothing of what follows may reach it in its place.
    fn refuse(self: &Rc<Self>, port: LocalPort, reason: Reason) {
        let from = self.source.borrow().clone();
        let refused = from.map(|from| self.kernel(|kernel, _| kernel.refuse(port, &from, &reason)));
        if refused == Some(Refused::Dies) {
            self.close(port, reason);
        }
    }
}
