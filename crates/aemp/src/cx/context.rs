//! What code on the node's own thread may do.

use std::{cell::Cell, fmt, rc::Rc};

use aemp_proto::{
    id::NodeId,
    kernel::{Explanation, LocalPort, PeerInfo},
    reason::Reason,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cx::Cx,
    database::Database,
    error::TrySendError,
    node::{Engine, Node},
    outcome::Outcome,
    port::{OnNode, Port},
    published,
    receive::{Closure, Receive},
    reply::Reply,
    service::ServiceName,
    watch::Watch,
};

/// What code on the node's own thread may do, in a handler or in [`Node::run`].
pub struct Context {
    engine: Rc<Engine>,
    owner: Option<LocalPort>,
    stopping: Cell<bool>,
}

impl Context {
    #[inline]
    pub(crate) fn new(engine: &Rc<Engine>, owner: Option<LocalPort>) -> Self {
        Self { engine: Rc::clone(engine), owner, stopping: Cell::new(false) }
    }

    /// The node.
    pub fn node(&self) -> Node {
        Node::new(self.engine.shared.clone())
    }

    /// The node that sent the message that is being handled: this one, if it came from inside.
    pub fn source(&self) -> NodeId {
        self.engine.source().unwrap_or_else(|| self.engine.shared.id.clone())
    }

    /// Whether the message that is being handled came from a base peer.
    pub(crate) fn hears_base_peer(&self) -> bool {
        self.engine.source().is_some_and(|node| self.engine.kernel(|kernel, _| kernel.is_base_peer(&node)))
    }

    /// Opens a port; the closure handles its messages and need not be `Send`. See [`Node::port`].
    pub fn port<M, R, F>(&self, handler: F) -> Port<M>
    where
        F: FnMut(&mut Cx<M>, M) -> R + 'static,
        R: Outcome + 'static,
        M: DeserializeOwned + 'static,
    {
        self.open(Closure::new(handler))
    }

    /// Opens a port with a receiver, which need not be `Send`. See [`Node::open`].
    ///
    /// # Panics
    ///
    /// Panics if 2^32 ports are open.
    pub fn open<H>(&self, receiver: H) -> Port<H::Message>
    where
        H: Receive + 'static,
        H::Message: DeserializeOwned + 'static,
    {
        let port = self.engine.shared.take_port_here();
        self.engine.open(port, receiver);
        Port::new(self.engine.shared.port_id(port))
    }

    /// Sends a message: at once, in order, without ever blocking. Messages to dead ports are dropped.
    ///
    /// A message that cannot be encoded or is too large kills the sending port (`unencodable`, `too_large`); only
    /// messages to other nodes, or to a port of another type, are encoded. What the handler sends after that is dropped.
    ///
    /// # Panics
    ///
    /// Panics on such a message where there is no sending port.
    #[inline]
    pub fn send<M: Serialize + 'static>(&self, to: &Port<M>, message: M) {
        // The notice of its death is the last that is heard of a port.
        if self.engine.is_owner_dead(self.owner) {
            return;
        }
        match self.engine.room(to.id()) {
            Some(room) => room.fill(message),
            None => self.settle(self.engine.send_otherwise(self.owner, to.id(), message)),
        }
    }

    /// Sends a message that may be lost, for metrics, positions and progress. See [`Node::send_lossy`].
    ///
    /// ```
    /// use aemp::{Node, Port};
    ///
    /// let node = Node::builder().anonymous().start()?;
    /// let worker = node.port(|cx, (files, progress): (u64, Port<u64>)| {
    ///     for done in 1..=files {
    ///         // ... and whoever watches sees about how far it is.
    ///         cx.send_lossy(&progress, done);
    ///     }
    /// });
    /// # let progress = node.port(|_, _: u64| ());
    /// # node.send(&worker, (3, progress));
    /// # Ok::<(), aemp::Error>(())
    /// ```
    ///
    /// A message that cannot be encoded, holds a [`Reply`] or is larger than 64 KiB (`Limits::max_piece`) kills the
    /// sending port (`unencodable`, `too_large`); only messages that go to another node are encoded.
    ///
    /// # Panics
    ///
    /// Panics on such a message where there is no sending port.
    pub fn send_lossy<M: Serialize + 'static>(&self, to: &Port<M>, message: M) {
        if !self.engine.is_owner_dead(self.owner) {
            self.settle(self.engine.send_lossy(to.id(), message));
        }
    }

    /// Answers a call. An answer that cannot be encoded or is too large counts as such a message of this port.
    pub fn reply<T: Serialize + 'static>(&self, reply: Reply<T>, value: T) {
        if let Some(to) = reply.disarm() {
            self.settle(self.engine.answer(self.owner, &to, value));
        }
    }

    /// Kills a port anywhere, in order with what was sent to it before. Does nothing if it is dead.
    pub fn kill<M>(&self, port: &Port<M>, reason: Reason) {
        self.engine.kill(port.id(), reason);
    }

    /// Calls `then` when a port anywhere dies, once. It ends with the port that set it; see [`Cx::monitor`].
    pub fn monitor_with<N, R>(&self, port: &Port<N>, then: impl FnOnce(&Self, Reason) -> R + 'static) -> Watch
    where
        R: Outcome,
    {
        let owner = self.owner;
        let id = self.engine.watch(owner, port.id(), move |engine, reason| {
            let _ = engine.guarded(owner, |cx| then(cx, reason).into_result());
        });
        Watch::new(self.engine.shared.clone(), id)
    }

    /// The handler's port dies, with reason `linked`, if `port` dies abnormally. For both directions, both link.
    ///
    /// Does nothing where there is no own port.
    pub fn link<N>(&self, port: &Port<N>) -> Watch {
        let target = port.id().clone();
        let linked = move |engine: &Rc<Engine>, owner: LocalPort, reason: Reason| {
            if !reason.is_normal() {
                engine.close(owner, Reason::new("linked", format!("{target} died: {reason}")));
            }
        };
        let id = match self.owner {
            Some(owner) => {
                self.engine.watch_linked(owner, port.id(), move |engine, reason| linked(engine, owner, reason))
            }
            // Code that runs on behalf of no port has nothing that could die.
            None => self.engine.watch(None, port.id(), |_, _| {}),
        };
        Watch::new(self.engine.shared.clone(), id)
    }

    /// Starts a port at a node that [serves](Node::serve) `service`. See [`Node::spawn`].
    pub fn spawn<A, M>(&self, on: &impl OnNode, service: impl ServiceName<A, M>, arguments: A) -> Port<M>
    where
        A: Serialize + 'static,
    {
        let node = on.on_node();
        let name = self.engine.shared.spawned_name();
        self.settle(self.engine.spawn(&node, name.clone(), service.service_name(), arguments));
        Port::new(aemp_proto::id::PortId::new(node, name))
    }

    /// Publishes a port of this node under a name; a later publication replaces it. It ends with the port.
    ///
    /// # Panics
    ///
    /// Panics if the name has more than 255 octets: the caller's mistake.
    #[track_caller]
    pub fn publish<M>(&self, name: &str, port: &Port<M>) {
        published::check_name(name);
        self.engine.publish(name, port.id());
    }

    /// The database that all nodes of the network share. What a handler does with it happens at once.
    pub fn database(&self) -> Database {
        Database::new(self.engine.shared.clone())
    }

    /// The peers that the node knows.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.engine.kernel(|kernel, _| kernel.peers())
    }

    /// Why the node considers a port, anywhere, dead or alive. See [`Node::explain`].
    pub fn explain<M>(&self, port: &Port<M>) -> Explanation {
        self.engine.kernel(|kernel, now| kernel.explain(port.id(), now))
    }

    pub(crate) const fn engine(&self) -> &Rc<Engine> {
        &self.engine
    }

    /// The port on whose behalf this is; only asked where there is one.
    pub(crate) fn owner(&self) -> LocalPort {
        self.owner.expect("handlers belong to a port")
    }

    pub(crate) fn make_owner_private(&self) {
        let owner = self.owner();
        self.engine.kernel(|kernel, _| kernel.make_private(owner));
    }

    pub(crate) fn port_of_owner<M>(&self) -> Port<M> {
        let owner = self.owner();
        Port::new(self.engine.kernel(|kernel, _| kernel.port_id(owner)))
    }

    pub(crate) fn install<H>(&self, receiver: H)
    where
        H: Receive + 'static,
        H::Message: DeserializeOwned + 'static,
    {
        self.engine.install(self.owner(), receiver);
    }

    pub(crate) fn stop_owner(&self) {
        self.stopping.set(true);
    }

    #[inline]
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// A message that cannot be sent is the sender's mistake.
    #[track_caller]
    pub(crate) fn settle(&self, sent: Result<(), TrySendError>) {
        let Err(error) = sent else { return };
        match self.owner {
            Some(port) => self.engine.close(port, error.reason()),
            None => panic!("{error}"),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("node", &self.engine.shared.id).field("port", &self.owner).finish()
    }
}
