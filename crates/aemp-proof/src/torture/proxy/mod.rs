//! What stands between the nodes: in front of each a proxy, between each two a link that can fail in every way.

mod link;
mod pair;
mod pump;

pub(super) use self::link::{Condition, Damage, Direction, Link};

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use self::pair::Pair;

/// Who says nothing at the beginning is sent away after this.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);
/// For a listening socket that the system has not let go of yet.
const REBIND_PAUSE: Duration = Duration::from_millis(20);

/// The links of all nodes, by the indices of both, the lower one first.
pub(super) type Links = BTreeMap<(usize, usize), Arc<Link>>;

/// Makes a link between any two of so many nodes.
pub(super) fn links(nodes: usize) -> Links {
    let pairs = (0..nodes).flat_map(|low| (low + 1..nodes).map(move |high| (low, high)));
    pairs.map(|pair| (pair, Arc::default())).collect()
}

/// The proxy in front of one node: all connections to it come through here.
#[derive(Debug)]
pub(super) struct Proxy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The index of the node.
    node: usize,
    address: SocketAddr,
    target: SocketAddr,
    /// The names of all nodes, by which the greetings tell who comes.
    names: Vec<String>,
    links: Links,
    is_refusing: Mutex<bool>,
    changed: Condvar,
}

impl Proxy {
    /// Leads from `address` to the node at `target`.
    pub(super) fn start(
        node: usize,
        address: SocketAddr,
        target: SocketAddr,
        names: Vec<String>,
        links: Links,
    ) -> io::Result<Self> {
        let (is_refusing, changed) = (Mutex::new(false), Condvar::new());
        let inner = Arc::new(Inner { node, address, target, names, links, is_refusing, changed });
        let listener = TcpListener::bind(address)?;
        let accepting = Arc::clone(&inner);
        thread::spawn(move || accepting.accept_all(listener));
        Ok(Self { inner })
    }

    /// Nobody listens from now on: connections are refused by the system.
    pub(super) fn refuse(&self) {
        *self.inner.is_refusing() = true;
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.inner.address));
    }

    /// Listens again.
    pub(super) fn listen(&self) {
        *self.inner.is_refusing() = false;
        self.inner.changed.notify_all();
    }
}

impl Inner {
    fn is_refusing(&self) -> MutexGuard<'_, bool> {
        self.is_refusing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept_all(self: &Arc<Self>, mut listener: TcpListener) {
        loop {
            let accepted = listener.accept();
            if *self.is_refusing() {
                drop((accepted, listener));
                let waited = self.changed.wait_while(self.is_refusing(), |refusing| *refusing);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
                listener = self.bind_again();
            } else if let Ok((outside, _)) = accepted {
                let inner = Arc::clone(self);
                thread::spawn(move || drop(inner.connect(outside)));
            }
        }
    }

    fn bind_again(&self) -> TcpListener {
        loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => return listener,
                Err(_) => thread::sleep(REBIND_PAUSE),
            }
        }
    }

    /// Finds out who comes, and leads it to the node over the link of the two.
    fn connect(&self, outside: TcpStream) -> io::Result<()> {
        outside.set_nodelay(true)?;
        outside.set_read_timeout(Some(GREETING_TIMEOUT))?;
        let mut reader = BufReader::new(&outside);
        let mut greeting = Vec::new();
        reader.read_until(b'\n', &mut greeting)?;
        greeting.extend_from_slice(reader.buffer());
        outside.set_read_timeout(None)?;
        let Some(dialler) = self.who(&greeting) else { return Ok(()) };
        let ends = (dialler.min(self.node), dialler.max(self.node));
        let Some(link) = self.links.get(&ends) else { return Ok(()) };
        let inside = TcpStream::connect(self.target)?;
        inside.set_nodelay(true)?;
        let pair = Arc::new(Pair::new(outside, inside, dialler < self.node, self.target));
        link.carry(pair, greeting);
        Ok(())
    }

    /// The index of the node whose greeting begins so.
    fn who(&self, greeting: &[u8]) -> Option<usize> {
        let text = String::from_utf8_lossy(greeting);
        let name = text.split(';').nth(2)?.split('@').next()?;
        self.names.iter().position(|other| other == name)
    }
}

/// Addresses on loopback that nobody listens at, outside the range from which the system takes ports itself.
pub(super) fn free_addresses(count: usize, place: u64) -> Vec<SocketAddr> {
    let ports = 12_000..30_000_u16;
    let start = usize::try_from(place % 18_000).unwrap_or(0);
    let candidates = ports.clone().cycle().skip(start).take(ports.len());
    let addresses = candidates.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses.filter(|address| TcpListener::bind(address).is_ok()).take(count).collect()
}

/// An additional connection to a node, by somebody who has recorded the beginning of another one, or says nothing.
fn intrude(target: SocketAddr, recorded: Vec<u8>, stay: Duration) {
    thread::spawn(move || {
        if let Ok(mut stream) = TcpStream::connect(target) {
            let _ = stream.write_all(&recorded);
            thread::sleep(stay);
        }
    });
}
