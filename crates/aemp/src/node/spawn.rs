//! Services of this node, and ports that are started at this and other nodes.

use std::{cell::RefCell, fmt::Display, rc::Rc};

use aemp_proto::{
    id::{NodeId, PortId, PortName},
    kernel::{Body, LocalPort},
    reason::{Reason, ReasonCode},
};
use rustc_hash::FxHashMap;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    engine::Engine,
    jobs::Job,
    send::{Place, finish},
};
use crate::{
    codec,
    error::TrySendError,
    outcome::BoxError,
    reply::scope,
    service::{Start, Started},
};

type Init = Rc<RefCell<dyn FnMut(&Rc<Engine>, LocalPort, &Body<'_>) -> Result<(), Reason>>>;

/// The services of a node by name.
#[derive(Default)]
pub(super) struct Services(RefCell<FxHashMap<Box<str>, Init>>);

impl Engine {
    /// Registers a service; an earlier one of the same name is replaced.
    pub(crate) fn serve<A, M>(
        &self,
        name: &str,
        mut init: impl FnMut(&Start<'_>, A) -> Result<Started<M>, BoxError> + 'static,
    ) where
        A: DeserializeOwned + 'static,
        M: 'static,
    {
        let init = move |engine: &Rc<Self>, port: LocalPort, arguments: &Body<'_>| {
            let decode = || scope::decoding(|| codec::decode(arguments, &engine.shared.limits));
            let arguments = engine.guarded(Some(port), |_| Ok(decode()))?.map_err(unfit)?;
            engine.guarded(Some(port), |cx| init(&Start::new(cx), arguments)).map(drop)
        };
        let old = self.services.0.borrow_mut().insert(name.into(), Rc::new(RefCell::new(init)));
        super::dispatch::drop_quietly(old);
    }

    /// Starts a port at a node under a new name.
    pub(crate) fn spawn<A: Serialize>(
        self: &Rc<Self>,
        on: &NodeId,
        name: PortName,
        service: &str,
        arguments: A,
    ) -> Result<(), TrySendError> {
        if *on != self.shared.id {
            let sent = self.kernel(|kernel, now| {
                kernel.spawn(on, &name, service, now, |out| scope::encode(&arguments, out).map(drop))
            });
            return finish(sent, arguments);
        }
        let (octets, _) = scope::encode_checked(arguments, self.shared.limits.max_message)?;
        self.spawn_encoded(on, name, service, octets);
        Ok(())
    }

    /// Starts a port with arguments that were encoded before.
    pub(crate) fn spawn_encoded(self: &Rc<Self>, on: &NodeId, name: PortName, service: &str, octets: Vec<u8>) {
        if *on != self.shared.id {
            let copy = |out: &mut Vec<u8>| {
                out.extend_from_slice(&octets);
                Ok::<(), std::convert::Infallible>(())
            };
            let sent = self.kernel(|kernel, now| kernel.spawn(on, &name, service, now, copy));
            // The peer may take only smaller messages than this node.
            if sent.is_err() {
                self.kernel(|kernel, _| kernel.give_up(&PortId::new(on.clone(), name)));
            }
            return;
        }
        // The port lives at once, so that what is sent to it next finds it; it starts when its turn comes.
        if let Some(port) = self.reserve(name) {
            let service = service.to_owned();
            self.later(move |engine| engine.start_port(port, &service, &Body::Shared(octets.into())));
        }
    }

    /// Another node asks for a port.
    pub(super) fn spawn_asked(self: &Rc<Self>, name: PortName, service: &str, arguments: &Body<'_>) {
        if let Some(port) = self.reserve(name) {
            self.start_port(port, service, arguments);
        }
    }

    /// A port without a handler; `None` if its name is taken.
    fn reserve(&self, name: PortName) -> Option<LocalPort> {
        let port = self.shared.take_port_here();
        if !self.kernel(|kernel, _| kernel.open_as(port, name)) {
            self.shared.give_ports_back([port].into_iter());
            return None;
        }
        self.ports.borrow_mut().open(port);
        Some(port)
    }

    /// What goes wrong becomes the port's death, also for those who begin to watch it later.
    fn start_port(self: &Rc<Self>, port: LocalPort, service: &str, arguments: &Body<'_>) {
        let name = self.kernel(|kernel, _| kernel.port_id(port)).name;
        let init = self.services.0.borrow().get(service).cloned();
        // Services never run inside each other: ports of this node start when their turn comes.
        let started = match init {
            Some(init) => (init.borrow_mut())(self, port, arguments),
            None => Err(unknown(&self.shared.id, service)),
        };
        if let Err(reason) = started {
            self.kernel(|kernel, _| kernel.spawn_failed(name, reason.clone()));
            self.close(port, reason);
        }
    }

    /// Kills a port anywhere, in order with what was sent to it before.
    pub(crate) fn kill(self: &Rc<Self>, id: &PortId, reason: Reason) {
        match self.locate(id) {
            Place::Here(port) => self.push_job(Job::Kill(port, reason)),
            Place::Nowhere => {}
            Place::Away => self.kernel(|kernel, now| kernel.kill(id, &reason, now)),
        }
    }

    /// Publishes a port of this node; ports of other nodes are published there.
    pub(crate) fn publish(&self, name: &str, id: &PortId) {
        if let Place::Here(port) = self.locate(id) {
            self.kernel(|kernel, _| kernel.publish(name, port));
        }
    }

    pub(super) fn drop_services(&self) {
        super::dispatch::drop_quietly(self.services.0.take());
    }
}

fn unfit(error: impl Display) -> Reason {
    Reason::new(ReasonCode::BadMessage, format!("the arguments do not fit: {error}"))
}

fn unknown(node: &NodeId, service: &str) -> Reason {
    Reason::new(ReasonCode::NoSuchService, format!("{node} serves nothing by the name of {service:?}"))
}
