//! Connecting to an address.

use std::{io, net::SocketAddr, time::Duration};

use aemp_proto::id::{Address, Host};
use tokio::{
    net::{TcpStream, UnixStream, lookup_host},
    time::{Instant, timeout_at},
};

use super::channel::Io;

/// One place that an address leads to: a host name may have several.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Tcp(SocketAddr),
    Unix(Box<str>),
}

/// What an address leads to now. Names are resolved each time.
pub(super) async fn places(address: &Address) -> io::Result<Vec<Place>> {
    match address {
        Address::Unix(path) => Ok(vec![Place::Unix(path.clone())]),
        Address::Tcp { host: Host::Ip(ip), port } => Ok(vec![Place::Tcp(SocketAddr::new(*ip, *port))]),
        Address::Tcp { host: Host::Name(name), port } => {
            Ok(lookup_host((&**name, *port)).await?.map(Place::Tcp).collect())
        }
    }
}

impl Place {
    /// The number of the place, if it has one.
    pub(super) const fn socket_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Io>> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(&**path).await?)),
        }
    }

    /// Whether a failure to connect means that nobody listens here.
    pub(super) fn is_refusal(&self, error: &io::Error) -> bool {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => true,
            io::ErrorKind::NotFound => matches!(self, Self::Unix(_)),
            _ => false,
        }
    }
}

/// Divides what is left of a time fairly: a silent place must not take the time of those behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    end: Instant,
}

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Self { end: Instant::now() + whole }
    }

    /// The result of `future`, or `None` once its share of the time is over, where `others` wait for theirs.
    pub(super) async fn share<F: Future>(self, others: usize, future: F) -> Option<F::Output> {
        let now = Instant::now();
        let parts = u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1);
        timeout_at(now + self.end.saturating_duration_since(now) / parts, future).await.ok()
    }
}
