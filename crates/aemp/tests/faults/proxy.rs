//! Somebody between two nodes: a TCP port in front of the Unix socket of a node, who can do all that a network does.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use aemp::{Builder, Node, RefusedIsDeath};
use socket2::SockRef;
use tempfile::TempDir;

use crate::common::SECRET;

/// Where octets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToNode,
    FromNode,
}

/// Changes one octet of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flip {
    pub(crate) direction: Direction,
    /// From the beginning of the connection.
    pub(crate) offset: usize,
    /// The bits to be changed.
    pub(crate) mask: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Forward,
    /// Nothing is read any more.
    Stall,
    /// Everything is read and thrown away.
    Swallow,
}

/// A TCP port that leads to a Unix socket.
pub(crate) struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    target: PathBuf,
    state: Mutex<State>,
    mode_changed: Condvar,
}

#[derive(Default)]
struct State {
    mode: Mode,
    is_closed: bool,
    flip_next: Option<Flip>,
    pairs: Vec<Arc<Pair>>,
    /// Octets to the node and from it, if they are recorded.
    recorded: Option<[Vec<u8>; 2]>,
}

/// A connection: two sockets.
struct Pair {
    outside: TcpStream,
    inside: UnixStream,
    is_cut: AtomicBool,
    flip: Option<Flip>,
}

impl Proxy {
    /// Leads to the Unix socket at `target`, once somebody listens there.
    pub(crate) fn new(target: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner { target, state: Mutex::default(), mode_changed: Condvar::new() });
        let accepting = Arc::clone(&inner);
        thread::spawn(move || accept_all(&listener, &accepting));
        Self { address, inner }
    }

    /// Where others reach the node.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts all connections: both sides see a reset.
    pub(crate) fn cut(&self) {
        self.inner.state().pairs.drain(..).for_each(|pair| pair.cut());
        self.inner.mode_changed.notify_all();
    }

    /// Lets everything pass, as from the beginning.
    pub(crate) fn forward(&self) {
        self.inner.change_mode(Mode::Forward);
    }

    /// Reads no more, until told otherwise: nothing is lost.
    pub(crate) fn stall(&self) {
        self.inner.change_mode(Mode::Stall);
    }

    /// Loses everything, until told otherwise, and closes nothing.
    pub(crate) fn swallow(&self) {
        self.inner.change_mode(Mode::Swallow);
    }

    /// Records from now on.
    pub(crate) fn record(&self) {
        self.inner.state().recorded = Some(Default::default());
    }

    /// What went in one direction since [`Self::record`].
    pub(crate) fn recorded(&self, direction: Direction) -> Vec<u8> {
        let state = self.inner.state();
        state.recorded.as_ref().expect("recording")[direction as usize].clone()
    }

    /// Changes an octet of the next connection.
    pub(crate) fn flip_next(&self, flip: Flip) {
        self.inner.state().flip_next = Some(flip);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inner.state().is_closed = true;
        self.forward();
        self.cut();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change_mode(&self, mode: Mode) {
        self.state().mode = mode;
        self.mode_changed.notify_all();
    }

    /// Whether octets go on to the other side.
    fn passes(&self, pair: &Pair, direction: Direction, octets: &[u8]) -> bool {
        let is_stalled = |state: &mut State| state.mode == Mode::Stall && !pair.is_cut.load(SeqCst);
        let mut state = self.mode_changed.wait_while(self.state(), is_stalled).unwrap();
        if let Some(recorded) = &mut state.recorded {
            recorded[direction as usize].extend_from_slice(octets);
        }
        state.mode != Mode::Swallow
    }
}

impl Pair {
    fn cut(&self) {
        self.is_cut.store(true, SeqCst);
        // The threads wake up; the last one to let go of the socket resets the connection.
        let _ = SockRef::from(&self.outside).set_linger(Some(Duration::ZERO));
        let _ = self.outside.shutdown(Shutdown::Read);
        let _ = self.inside.shutdown(Shutdown::Both);
    }

    fn change(&self, direction: Direction, place: usize, octets: &mut [u8]) {
        if let Some(flip) = self.flip.filter(|flip| flip.direction == direction)
            && let Some(octet) = flip.offset.checked_sub(place).and_then(|offset| octets.get_mut(offset))
        {
            *octet ^= flip.mask;
        }
    }
}

fn accept_all(listener: &TcpListener, inner: &Arc<Inner>) {
    for outside in listener.incoming().map_while(Result::ok) {
        let mut state = inner.state();
        if state.is_closed {
            return;
        }
        let Ok(inside) = UnixStream::connect(&inner.target) else { continue };
        outside.set_nodelay(true).unwrap();
        let pair = Arc::new(Pair { outside, inside, is_cut: AtomicBool::new(false), flip: state.flip_next.take() });
        state.pairs.push(Arc::clone(&pair));
        for direction in [Direction::ToNode, Direction::FromNode] {
            let (pair, inner) = (Arc::clone(&pair), Arc::clone(inner));
            thread::spawn(move || match direction {
                Direction::ToNode => pump(&inner, &pair, direction, &pair.outside, &pair.inside),
                Direction::FromNode => pump(&inner, &pair, direction, &pair.inside, &pair.outside),
            });
        }
    }
}

fn pump(inner: &Inner, pair: &Arc<Pair>, direction: Direction, mut from: impl Read, mut to: impl Write) {
    let (mut place, mut buffer) = (0, vec![0; 64 << 10]);
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let octets = &mut buffer[..length];
        pair.change(direction, place, octets);
        place += length;
        if inner.passes(pair, direction, octets) && to.write_all(octets).is_err() {
            break;
        }
    }
    if !pair.is_cut.load(SeqCst) {
        let _ = match direction {
            Direction::ToNode => pair.inside.shutdown(Shutdown::Write),
            Direction::FromNode => pair.outside.shutdown(Shutdown::Write),
        };
    }
    if Arc::strong_count(pair) <= 2 {
        // The other thread is gone already: nobody has anything to cut here any more.
        inner.state().pairs.retain(|other| !Arc::ptr_eq(other, pair));
    }
}

/// A node that others reach only through a proxy.
pub(crate) struct Hidden {
    pub(crate) node: Node,
    pub(crate) proxy: Proxy,
    _folder: TempDir,
}

impl Hidden {
    /// A further way to the node.
    pub(crate) fn another_proxy(&self) -> Proxy {
        Proxy::new(self.proxy.inner.target.clone())
    }
}

/// Starts a node that others reach only through a proxy.
pub(crate) fn hidden(name: &str) -> Hidden {
    hidden_with(name, |builder| builder)
}

/// The same with further settings.
pub(crate) fn hidden_with(name: &str, settings: impl FnOnce(Builder) -> Builder) -> Hidden {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.socket");
    let proxy = Proxy::new(path.clone());
    let builder = Node::builder().name(name).bind(format!("unix:{}", path.display())).advertise(&proxy.address());
    let builder = builder.refused_is_death(RefusedIsDeath::Never);
    let node = settings(builder.secret(SECRET)).start().unwrap();
    Hidden { node, proxy, _folder: folder }
}

/// A node that nobody can connect to, so that all its connections are its own: the address that it tells is nobody's.
pub(crate) fn outsider() -> Node {
    outsider_with(|builder| builder)
}

/// The same with further settings.
pub(crate) fn outsider_with(settings: impl FnOnce(Builder) -> Builder) -> Node {
    settings(Node::builder().anonymous().advertise("unix:/nobody/listens/here").secret(SECRET)).start().unwrap()
}
