//! A node: an event loop on a thread of its own, and handles to it.

mod alarm;
mod builder;
mod calls;
mod clock;
mod configured;
mod dispatch;
mod engine;
mod handler;
mod host;
mod inbox;
mod jobs;
mod lossy;
mod network;
mod observe;
mod peers;
mod ports;
mod queue;
mod renamed;
mod run_loop;
mod send;
mod shared;
mod spawn;
mod start;
mod stop;
mod timers;
mod waiting;
mod watches;

pub use self::{builder::Builder, peers::PeerEvent};
pub(crate) use self::{
    engine::Engine,
    renamed::newest_id,
    shared::{Shared, lock},
    timers::TimerId,
};

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aemp_proto::{
    id::{Address, NodeId, PortId},
    reason::Reason,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    call::{self, Call, DEFAULT_TIMEOUT},
    cx::{Context, Cx},
    error::{CallError, Result, Stopped, TrySendError},
    outcome::{BoxError, Outcome},
    port::{OnNode, Port},
    published,
    receive::{Closure, Receive},
    reply::{Reply, scope},
    service::{ServiceName, Start, Started},
    watch::Monitor,
};

/// Octets that are under way between two nodes of a process.
const JOINED_BUFFER: usize = 256 << 10;

/// A handle to a node: an event loop on a thread of its own.
///
/// It is cheap to clone and can be used from any thread, in any async runtime and without one. A process may have
/// many nodes; they share nothing. What one thread does through handles of one node is carried out in that order.
///
/// Dropping handles does not stop the node, since its ports serve others: [`Node::stop`] does. When the process
/// ends without it, what was not sent yet is lost, as in a crash. After a stop, and in a forked child, handles
/// do nothing, and what returns a result says [`Stopped`].
#[derive(Clone)]
pub struct Node {
    shared: Arc<Shared>,
}

impl Node {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What a node is started with.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The node's ID.
    pub fn id(&self) -> NodeId {
        self.shared.id.clone()
    }

    /// Connects this node with another one of this process, by a stream in memory instead of a socket.
    ///
    /// Returns at once. Both have to have the same secret, as for any connection; nothing is encrypted on the way.
    /// From then on they reach each other, with or without addresses.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if one of the nodes is.
    pub fn join(&self, other: &Self) -> Result<(), Stopped> {
        let (here, there) = tokio::io::duplex(JOINED_BUFFER);
        let id = other.id();
        other.shared.act(move |engine| engine.on_network(|network| network.accept_stream(there)))?;
        self.shared.act(move |engine| engine.on_network(|network| network.dial_stream(id, here)))
    }

    /// Opens a port; the closure handles its messages, one after the other, on the node's thread.
    ///
    /// It returns nothing or a `Result`: an error, or a panic, kills the port and nothing else. While it runs, the
    /// node does nothing else: what waits belongs into [`Cx::task`] or another thread.
    ///
    /// ```
    /// let node = aemp::Node::builder().anonymous().start()?;
    /// let mut total = 0;
    /// let counter = node.port(move |_, number: u64| total += number);
    /// node.send(&counter, 5);
    /// # Ok::<(), aemp::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if 2^32 ports are open.
    pub fn port<M, R, F>(&self, handler: F) -> Port<M>
    where
        F: FnMut(&mut Cx<M>, M) -> R + Send + 'static,
        R: Outcome + 'static,
        M: DeserializeOwned + 'static,
    {
        self.open(Closure::new(handler))
    }

    /// Opens a port with a receiver: a type that implements [`Receive`], or [`Handlers`](crate::Handlers).
    ///
    /// After a stop, the port is dead from the beginning.
    ///
    /// # Panics
    ///
    /// Panics if 2^32 ports are open.
    pub fn open<H>(&self, receiver: H) -> Port<H::Message>
    where
        H: Receive + Send + 'static,
        H::Message: DeserializeOwned + 'static,
    {
        let Ok(port) = self.shared.take_port() else {
            return Port::new(PortId::new(self.id(), self.shared.spawned_name()));
        };
        let _ = self.shared.act(move |engine| engine.open(port, receiver));
        Port::new(self.shared.port_id(port))
    }

    /// Sends a message: returns at once, never blocks, never fails for reasons of the network. Connecting happens
    /// behind it. Messages to dead ports, and after a stop, are dropped. Where the port's node takes only smaller messages
    /// than this one, its port is dead for this node from then on (`too_large`).
    ///
    /// # Panics
    ///
    /// Panics if the message is for another node and cannot be encoded or is too large: the caller's mistake.
    #[track_caller]
    pub fn send<M: Serialize + Send + 'static>(&self, to: &Port<M>, message: M) {
        match self.try_send(to, message) {
            Ok(()) | Err(TrySendError::Stopped(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a message, as [`Node::send`] does.
    ///
    /// # Errors
    ///
    /// Returns what `send` panics with, and [`TrySendError::Stopped`]. Nothing was sent then.
    pub fn try_send<M: Serialize + Send + 'static>(&self, to: &Port<M>, message: M) -> Result<(), TrySendError> {
        if let Some(port) = self.shared.own_port(to.id()) {
            return Ok(self.shared.send_here(port, message)?);
        }
        let to = to.id().clone();
        if to.node == self.shared.id {
            return Ok(self.shared.act(move |engine| engine.post(&to, message))?);
        }
        self.shared.check_running()?;
        let (octets, reply) = scope::encode_checked(message, self.shared.limits.max_message)?;
        Ok(self.shared.act(move |engine| engine.send_encoded(&to, reply, octets))?)
    }

    /// Sends a request that carries a [`Reply`], at once, and gives its answer, to be awaited or waited for.
    ///
    /// The default time-out is 30 s; see [`Call`]. A request that cannot be encoded makes it fail.
    ///
    /// ```
    /// use aemp::{Node, Reply};
    ///
    /// let node = Node::builder().anonymous().start()?;
    /// let doubler = node.port(|cx, (number, reply): (u64, Reply<u64>)| cx.reply(reply, 2 * number));
    /// assert_eq!(node.call(&doubler, |reply| (21, reply)).wait()?, 42);
    /// # Ok::<(), aemp::Error>(())
    /// ```
    pub fn call<M, T>(&self, to: &Port<M>, request: impl FnOnce(Reply<T>) -> M) -> Call<T>
    where
        M: Serialize + Send + 'static,
        T: DeserializeOwned + Send + 'static,
    {
        let number = self.shared.reply_number();
        let (call, completer) = Call::new(Arc::clone(&self.shared), number);
        let expected = self.shared.act_first(move |engine| {
            engine.expect(None, number, DEFAULT_TIMEOUT, |_, result| completer.complete(result));
        });
        if expected.is_ok() {
            let message = request(Reply::new(self.shared.own(number), Arc::clone(&self.shared)));
            self.request(to.id().clone(), number, message);
        }
        call
    }

    fn request<M: Serialize + Send + 'static>(&self, to: PortId, number: aemp_proto::id::PortNumber, message: M) {
        if to.node == self.shared.id {
            let _ = self.shared.act(move |engine| drop(engine.request(None, &to, number, message)));
            return;
        }
        let encoded = scope::encode_checked(message, self.shared.limits.max_message);
        let _ = self.shared.act(move |engine| match encoded {
            Ok((octets, _)) => engine.send_encoded(&to, Some(number), octets),
            Err(error) => engine.end_call(number, CallError::Unsendable(error.to_string())),
        });
    }

    /// Runs a closure on the node's own thread, where state that is not `Send` can be shared between ports.
    ///
    /// It runs even if the [`Call`] is dropped, and has no time-out. If it panics, the call fails with reason `panic`.
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// let node = aemp::Node::builder().anonymous().start()?;
    /// let (up, down) = node
    ///     .run(|cx| {
    ///         let level = Rc::new(Cell::new(0));
    ///         let same = Rc::clone(&level);
    ///         (cx.port(move |_, by: i64| level.set(level.get() + by)), cx.port(move |_, by: i64| same.set(same.get() - by)))
    ///     })
    ///     .wait()?;
    /// node.send(&up, 5);
    /// node.send(&down, 3);
    /// # Ok::<(), aemp::Error>(())
    /// ```
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce(&Context) -> T + Send + 'static) -> Call<T> {
        let (call, completer) = Call::without_number(Arc::clone(&self.shared));
        let _ = self.shared.act(move |engine| {
            engine.later(move |engine| {
                let result = engine.guarded(None, |cx| Ok(work(cx)));
                completer.complete(result.map_err(CallError::Lost));
            });
        });
        call
    }

    /// Kills a port anywhere, in order with what this thread sent to it before. Does nothing if it is dead.
    pub fn kill<M>(&self, port: &Port<M>, reason: Reason) {
        let port = port.id().clone();
        let _ = self.shared.act(move |engine| engine.kill(&port, reason));
    }

    /// The death of a port anywhere, to be awaited or waited for. See [`Cx::monitor`] for the one of handlers.
    pub fn monitor<M>(&self, port: &Port<M>) -> Monitor {
        let (completer, answer) = call::channel();
        let target = port.id().clone();
        let watch = Arc::new(OnceLock::new());
        let made = Arc::clone(&watch);
        let _ = self.shared.act(move |engine| {
            let id = engine.watch(None, &target, |_, reason| completer.complete(Ok(reason)));
            let _ = made.set(id);
        });
        Monitor::new(Arc::clone(&self.shared), answer, watch)
    }

    /// Answers a call from any thread; the same as [`Reply::send`].
    pub fn reply<T: Serialize + Send + 'static>(&self, reply: Reply<T>, value: T) {
        reply.send(value);
    }

    /// Registers a service: a function by which other nodes, and this one, start ports here. An earlier one of the
    /// same name is replaced.
    ///
    /// The function gives the port that is being started a handler, or returns an error, of which the port dies.
    ///
    /// ```
    /// use aemp::{Node, Port};
    ///
    /// let node = Node::builder().anonymous().start()?;
    /// node.serve("echo", |start, (to,): (Port<String>,)| {
    ///     Ok(start.handler(move |cx, text: String| cx.send(&to, text)))
    /// });
    /// # Ok::<(), aemp::Error>(())
    /// ```
    pub fn serve<A, M>(
        &self,
        service: impl ServiceName<A, M>,
        init: impl FnMut(&Start<'_>, A) -> Result<Started<M>, BoxError> + Send + 'static,
    ) where
        A: DeserializeOwned + 'static,
        M: 'static,
    {
        let name = service.service_name().to_owned();
        let _ = self.shared.act(move |engine| engine.serve(&name, init));
    }

    /// Starts a port at a node that [serves](Node::serve) `service`. Its ID is known at once: it can be sent messages,
    /// and be watched, before it runs. What goes wrong arrives as its death (`no_such_service`, `bad_message`, ...).
    ///
    /// # Panics
    ///
    /// Panics if the arguments cannot be encoded or are too large: the caller's mistake.
    #[track_caller]
    pub fn spawn<A, M>(&self, on: &impl OnNode, service: impl ServiceName<A, M>, arguments: A) -> Port<M>
    where
        A: Serialize,
    {
        let (node, name) = (on.on_node(), self.shared.spawned_name());
        let port = Port::new(PortId::new(node.clone(), name.clone()));
        let service = service.service_name().to_owned();
        match scope::encode_checked(arguments, self.shared.limits.max_message) {
            Ok((octets, _)) => {
                let _ = self.shared.act(move |engine| engine.spawn_encoded(&node, name, &service, octets));
            }
            Err(error) => panic!("{error}"),
        }
        port
    }

    /// Publishes a port of this node under a name, so that `@host:port/name` reaches it. A later publication of the
    /// name replaces it; it ends with the port.
    ///
    /// # Panics
    ///
    /// Panics if the name has more than 255 octets: the caller's mistake.
    #[track_caller]
    pub fn publish<M>(&self, name: impl Into<String>, port: &Port<M>) {
        let (name, port) = (name.into(), port.id().clone());
        published::check_name(&name);
        let _ = self.shared.act(move |engine| engine.publish(&name, &port));
    }

    /// Looks a published name up at an address, as `host:port`. See [`Published`](crate::Published) for both in one text.
    ///
    /// Where the address cannot be reached it fails at once: a look-up is not repeated.
    pub fn find<M: 'static>(&self, address: &str, name: &str) -> Call<Port<M>> {
        let number = self.shared.reply_number();
        let (call, completer) = Call::new(Arc::clone(&self.shared), number);
        let (address, name) = (address.parse::<Address>(), name.to_owned());
        let _ = self.shared.act(move |engine| match address {
            Ok(address) => {
                engine.expect(None, number, DEFAULT_TIMEOUT, |_, result| completer.complete(result));
                engine.kernel(|kernel, _| kernel.find(&address, &name, number));
            }
            Err(error) => completer.complete(Err(CallError::Unsendable(error.to_string()))),
        });
        call
    }
}

impl OnNode for Node {
    fn on_node(&self) -> NodeId {
        self.id()
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Node").field(&self.shared.id).finish()
    }
}
