//! The connections of a node, as its core sees them.

use std::{
    cell::RefCell,
    collections::HashMap,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use aemp_proto::{
    id::{Address, NodeId},
    kernel::{ConnectionId, DialFailure, DialId, Event},
    link::Side,
    time::Time,
};
use tokio::{
    io::DuplexStream,
    sync::Notify,
    task::{AbortHandle, spawn_local},
    time::sleep,
};

use super::{
    CertificateError, Host, TransportSettings,
    connection::{Connection, Signal},
    doorway::Doorway,
    handshake::{Established, HandshakeError, Peer},
    listen::{Accepted, Listener, Listeners},
};

/// Accepting stops for this long when the system is out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A flood is reported once in this time.
const FLOOD_REPORT: Duration = Duration::from_secs(1);

/// All connections of a node. Clones are the same network. Its methods return at once and have to be called
/// in a `LocalSet` of a tokio runtime with I/O and time.
pub(crate) struct Network<H>(Rc<Inner<H>>);

impl<H> Clone for Network<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<H> {
    host: H,
    doorway: Doorway,
    dials: RefCell<HashMap<DialId, AbortHandle>>,
    connections: RefCell<HashMap<ConnectionId, Rc<Signal>>>,
    listeners: RefCell<Vec<AbortHandle>>,
    none_left: Notify,
}

impl<H: Host> Network<H> {
    /// A network without connections.
    pub(crate) fn new(host: H, settings: TransportSettings) -> Result<Self, CertificateError> {
        Ok(Self(Rc::new(Inner {
            host,
            doorway: Doorway::new(settings)?,
            dials: RefCell::default(),
            connections: RefCell::default(),
            listeners: RefCell::default(),
            none_left: Notify::new(),
        })))
    }

    /// Accepts connections from now on.
    pub(crate) fn serve(&self, listeners: Listeners) {
        for listener in listeners.sockets {
            let task = spawn_local(self.clone().accept_all(listener));
            self.0.listeners.borrow_mut().push(task.abort_handle());
        }
    }

    /// Accepts no more connections. The files of Unix sockets are gone a moment later.
    pub(crate) fn stop_listening(&self) {
        self.0.listeners.borrow_mut().drain(..).for_each(|listener| listener.abort());
    }

    /// Connects. The kernel learns what became of it.
    pub(crate) fn dial(&self, dial: DialId, expect: Option<NodeId>, address: Address) {
        let network = self.clone();
        let task = spawn_local(async move {
            let result = network.0.doorway.dial(expect, &address).await;
            network.dialled(dial, result);
        });
        self.0.dials.borrow_mut().insert(dial, task.abort_handle());
    }

    /// Finds out which addresses a seed stands for. The kernel learns them; none if that fails.
    pub(crate) fn resolve(&self, seed: Address) {
        let network = self.clone();
        spawn_local(async move {
            let addresses = network.0.doorway.resolve(&seed).await;
            network.0.host.kernel(|kernel, now| kernel.resolved(&seed, addresses, now));
            network.0.host.turn();
        });
    }

    /// Gives an attempt to connect up; the kernel hears nothing of it.
    pub(crate) fn cancel(&self, dial: DialId) {
        if let Some(task) = self.0.dials.borrow_mut().remove(&dial) {
            task.abort();
        }
    }

    /// Writes what the kernel still transmits on a connection, then closes it.
    pub(crate) fn close(&self, connection: ConnectionId) {
        if let Some(signal) = self.0.connections.borrow().get(&connection) {
            signal.close();
        }
    }

    /// There is something to transmit on a connection.
    pub(crate) fn wake(&self, connection: ConnectionId) {
        if let Some(signal) = self.0.connections.borrow().get(&connection) {
            signal.wake();
        }
    }

    /// Takes one half of a stream inside this process, as the side that accepts.
    pub(crate) fn accept_stream(&self, stream: DuplexStream) {
        let network = self.clone();
        spawn_local(async move {
            match network.0.doorway.join(Box::new(stream), Side::Acceptor).await {
                Ok(established) => network.attach(established, None),
                Err(error) => network.refused("this process".to_owned(), &error),
            }
        });
    }

    /// Takes the other half, as the side that connects.
    pub(crate) fn dial_stream(&self, expect: NodeId, stream: DuplexStream) {
        let network = self.clone();
        spawn_local(async move {
            match network.0.doorway.join(Box::new(stream), Side::Dialler { expect: Some(expect) }).await {
                Ok(established) => network.attach(established, None),
                Err(error) => network.refused("this process".to_owned(), &error),
            }
        });
    }

    /// Waits until no connection is left, after all were told to close.
    ///
    /// Cancel safe: it may be given up and called again.
    pub(crate) async fn all_closed(&self) {
        while !self.0.connections.borrow().is_empty() {
            self.0.none_left.notified().await;
        }
    }

    async fn accept_all(self, listener: Listener) {
        let mut last_report: Option<Instant> = None;
        loop {
            match listener.accept().await {
                Ok(accepted) => self.admit(accepted, &mut last_report),
                Err(error) if is_about_one_connection(&error) => {}
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn admit(&self, accepted: Accepted, last_report: &mut Option<Instant>) {
        let remote = remote(&accepted);
        match self.0.doorway.admit(&accepted) {
            Ok(admitted) => {
                let network = self.clone();
                spawn_local(async move {
                    match network.0.doorway.accept(accepted, admitted).await {
                        Ok(established) => network.attach(established, None),
                        Err(error) => network.refused(remote, &error),
                    }
                });
            }
            Err(error) if last_report.is_none_or(|last| last.elapsed() >= FLOOD_REPORT) => {
                *last_report = Some(Instant::now());
                self.0.host.event(Event::HandshakeRefused { remote, error: error.to_string() });
            }
            Err(_) => {}
        }
    }

    fn refused(&self, remote: String, error: &HandshakeError) {
        if error.is_refusal() {
            let error = self.0.doorway.explain(error);
            self.0.host.event(Event::HandshakeRefused { remote, error });
        }
    }

    fn dialled(&self, dial: DialId, result: Result<Established, DialFailure>) {
        self.0.dials.borrow_mut().remove(&dial);
        match result {
            Ok(established) => self.attach(established, Some(dial)),
            Err(failure) => {
                self.0.host.kernel(|kernel, now| kernel.dial_failed(dial, failure, now));
                self.0.host.turn();
            }
        }
    }

    /// Hands an authenticated connection to the kernel and works on it.
    fn attach(&self, established: Established, dial: Option<DialId>) {
        let Established { channel, peer, begun, received } = established;
        let node = peer.node().clone();
        let id = self.0.host.kernel(|kernel, now| match &peer {
            Peer::Native(authenticated) => {
                let greeted_at = Time::new(now.since_start().saturating_sub(begun.elapsed()));
                kernel.attach(authenticated, dial, greeted_at, now)
            }
            Peer::Base(established) => kernel.attach_base(established, dial, now),
        });
        let signal = Rc::new(Signal::default());
        self.0.connections.borrow_mut().insert(id, signal.clone());
        let host = self.0.host.clone();
        let connection = Connection {
            host,
            id,
            node,
            channel,
            received: received.into(),
            signal,
            is_handled: true,
            reads_at: None,
            over: None,
            moved: 0,
        };
        let network = self.clone();
        spawn_local(async move {
            connection.run(&network.0.doorway).await;
            network.0.connections.borrow_mut().remove(&id);
            network.0.none_left.notify_one();
        });
    }
}

fn remote(accepted: &Accepted) -> String {
    let place = |peer: SocketAddr| SocketAddr::new(peer.ip().to_canonical(), peer.port()).to_string();
    accepted.peer_address.map_or_else(|| "a Unix socket".to_owned(), place)
}

/// The connection was gone before it was accepted; the next one may be well.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
