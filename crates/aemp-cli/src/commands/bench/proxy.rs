//! A TCP port that leads to a Unix socket, and that cuts connections.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::net::sockopt::set_socket_linger;

type Pair = Arc<(TcpStream, UnixStream)>;

/// A TCP port that leads to a Unix socket.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    pairs: Arc<Mutex<Vec<Pair>>>,
}

impl Proxy {
    pub(super) fn start(target: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = Self { address: listener.local_addr()?, pairs: Arc::default() };
        let pairs = Arc::clone(&proxy.pairs);
        thread::spawn(move || {
            for outside in listener.incoming().map_while(Result::ok) {
                // Whoever connects sees what is wrong: its connection is closed.
                let _ = join(outside, &target, &pairs);
            }
        });
        Ok(proxy)
    }

    /// Cuts all connections: whoever connected sees a reset.
    pub(super) fn cut(&self) -> io::Result<()> {
        for pair in lock(&self.pairs).drain(..) {
            let (outside, inside) = &*pair;
            // The threads wake up, and the last one to let go of the socket resets the connection.
            set_socket_linger(outside, Some(Duration::ZERO))?;
            outside.shutdown(Shutdown::Read)?;
            inside.shutdown(Shutdown::Both)?;
        }
        Ok(())
    }
}

fn join(outside: TcpStream, target: &Path, pairs: &Mutex<Vec<Pair>>) -> io::Result<()> {
    outside.set_nodelay(true)?;
    let pair = Arc::new((outside, UnixStream::connect(target)?));
    lock(pairs).push(Arc::clone(&pair));
    let other = Arc::clone(&pair);
    // A cut ends both threads.
    thread::spawn(move || io::copy(&mut &pair.0, &mut &pair.1));
    thread::spawn(move || io::copy(&mut &other.1, &mut &other.0));
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
