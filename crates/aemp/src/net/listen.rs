//! Sockets that accept connections.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
};

use aemp_proto::{
    id::{Address, AddressError},
    link::Source,
};
use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;
use tokio::net::{TcpListener, UnixListener};

use super::{bind::Bind, channel::Io};

/// Connections that the system holds until they are accepted.
const BACKLOG: i32 = 1024;

/// Why a node does not listen. Nothing is left behind.
#[derive(Debug, Error)]
pub(crate) enum ListenError {
    /// The path of a Unix socket does not fit into an address.
    #[error("cannot listen at {place}: {error}")]
    Address {
        /// Where the node was to listen.
        place: Bind,
        /// What is wrong with it.
        error: AddressError,
    },
    /// The system refuses: another program listens there, or the address is not this host's.
    #[error("cannot listen at {place}: {error}")]
    Io {
        /// Where the node was to listen.
        place: Bind,
        /// What the system said.
        error: io::Error,
    },
}

/// Open sockets, and how others reach them.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    pub(super) sockets: Vec<Listener>,
    addresses: Vec<Address>,
}

impl Listeners {
    /// Opens sockets at all of the places.
    pub(crate) async fn open(places: &[Bind]) -> Result<Self, ListenError> {
        let mut listeners = Self::default();
        for place in places {
            let opened = match place {
                Bind::Everywhere { port } => everywhere(*port),
                Bind::Tcp { host, port } => tcp(host, *port).await,
                Bind::Unix(path) => {
                    let address = place.to_string().parse();
                    let address = address.map_err(|error| ListenError::Address { place: place.clone(), error })?;
                    unix(path).map(|socket| (socket, vec![address]))
                }
            };
            let (socket, addresses) = opened.map_err(|error| ListenError::Io { place: place.clone(), error })?;
            listeners.sockets.push(Listener { socket, admits_base_peers: false });
            listeners.addresses.extend(addresses);
        }
        Ok(listeners)
    }

    /// The same sockets, at which base peers are admitted as well.
    #[must_use]
    pub(crate) fn admitting_base_peers(mut self) -> Self {
        self.sockets.iter_mut().for_each(|listener| listener.admits_base_peers = true);
        self
    }

    /// These and others.
    #[must_use]
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.sockets.extend(others.sockets);
        self.addresses.extend(others.addresses);
        self
    }

    /// How others reach the sockets, best first.
    pub(crate) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Whether other hosts may reach the sockets: then the secret has to be a good one.
    pub(crate) fn is_beyond_loopback(&self) -> bool {
        self.sockets.iter().any(Listener::is_beyond_loopback)
    }

    /// The same for those at which base peers are admitted, and their secret.
    pub(crate) fn admits_base_peers_beyond_loopback(&self) -> bool {
        self.sockets.iter().any(|listener| listener.admits_base_peers && listener.is_beyond_loopback())
    }
}

async fn tcp(host: &str, port: u16) -> io::Result<(ListeningSocket, Vec<Address>)> {
    let socket = TcpListener::bind((host, port)).await?;
    let bound = socket.local_addr()?;
    let addresses =
        if bound.ip().is_unspecified() { reachable(bound.port()) } else { vec![Address::ip(bound.ip(), bound.port())] };
    Ok((ListeningSocket::Tcp(socket), addresses))
}

/// One socket for both families; IPv4 alone where the system has no other.
fn everywhere(port: u16) -> io::Result<(ListeningSocket, Vec<Address>)> {
    let open = |domain: Domain, ip: IpAddr| {
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(false)?;
        }
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::new(ip, port).into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        TcpListener::from_std(socket.into())
    };
    let socket = open(Domain::IPV6, Ipv6Addr::UNSPECIFIED.into())
        .or_else(|_| open(Domain::IPV4, Ipv4Addr::UNSPECIFIED.into()))?;
    let port = socket.local_addr()?.port();
    Ok((ListeningSocket::Tcp(socket), reachable(port)))
}

/// The addresses from which this host would speak to others: those of its default routes. A host without
/// any can be reached by itself alone.
fn reachable(port: u16) -> Vec<Address> {
    let routed =
        [(IpAddr::V4(Ipv4Addr::UNSPECIFIED), "198.51.100.1:9"), (IpAddr::V6(Ipv6Addr::UNSPECIFIED), "[2001:db8::1]:9")]
            .into_iter()
            .filter_map(|(any, somewhere)| source_address(any, somewhere).ok());
    let mut addresses: Vec<_> = routed.filter(|ip| is_for_others(*ip)).map(|ip| Address::ip(ip, port)).collect();
    if addresses.is_empty() {
        addresses.push(Address::ip(Ipv4Addr::LOCALHOST.into(), port));
    }
    addresses
}

/// Asks the system for the route to an address that belongs to nobody. Connecting a datagram socket sends nothing.
fn source_address(any: IpAddr, somewhere: &str) -> io::Result<IpAddr> {
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(somewhere)?;
    Ok(socket.local_addr()?.ip())
}

fn is_for_others(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_unspecified() && !ip.is_loopback() && !link_local
}

fn unix(path: &Path) -> io::Result<ListeningSocket> {
    let socket = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path) => {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        result => result,
    }?;
    Ok(ListeningSocket::Unix { socket, _file: SocketFile(path.to_owned()) })
}

/// A socket at which nobody listens any more: its node was killed.
fn is_stale(path: &Path) -> bool {
    use std::os::unix::{fs::FileTypeExt, net::UnixStream};
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket && UnixStream::connect(path).is_err_and(refused)
}

/// An open socket.
#[derive(Debug)]
pub(super) struct Listener {
    socket: ListeningSocket,
    /// Whether those who connect may be base peers.
    admits_base_peers: bool,
}

#[derive(Debug)]
enum ListeningSocket {
    Tcp(TcpListener),
    Unix { socket: UnixListener, _file: SocketFile },
}

/// The file of a Unix socket, removed when the node stops listening.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody else may have removed it, and a leftover is recognised as stale.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An accepted connection.
pub(super) struct Accepted {
    pub(super) io: Box<dyn Io>,
    pub(super) source: Source,
    pub(super) peer_address: Option<SocketAddr>,
    /// Whether the other side may be a base peer.
    pub(super) admits_base_peers: bool,
}

impl Listener {
    fn is_beyond_loopback(&self) -> bool {
        match &self.socket {
            ListeningSocket::Tcp(socket) => {
                !socket.local_addr().is_ok_and(|bound| bound.ip().to_canonical().is_loopback())
            }
            ListeningSocket::Unix { .. } => false,
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        let admits_base_peers = self.admits_base_peers;
        match &self.socket {
            ListeningSocket::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                // It fails only on a connection that is gone again, which the handshake will find out.
                let _ = stream.set_nodelay(true);
                let source = Source::Ip(peer.ip());
                Ok(Accepted { io: Box::new(stream), source, peer_address: Some(peer), admits_base_peers })
            }
            ListeningSocket::Unix { socket, .. } => {
                let (stream, _) = socket.accept().await?;
                Ok(Accepted { io: Box::new(stream), source: Source::Local, peer_address: None, admits_base_peers })
            }
        }
    }
}
