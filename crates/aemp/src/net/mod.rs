//! The driver: sockets, TLS and timers, for a kernel that knows none of them.
//!
//! Everything runs on the node's own thread, in one `LocalSet`.

mod base_handshake;
mod bind;
mod channel;
mod connect;
mod connection;
mod doorway;
mod handshake;
mod inbox;
mod legacy;
mod listen;
mod network;
mod tls;
mod turns;
mod unsent;

pub(crate) use bind::BindSyntaxError;
pub(crate) use doorway::TransportSettings;
pub(crate) use legacy::{Legacy, LegacyDials, Places};
pub(crate) use listen::{ListenError, Listeners};
pub(crate) use network::Network;
pub(crate) use tls::LegacyCertificate;
pub use tls::{CertificateError, Certificates};

use aemp_proto::{
    id::NodeId,
    kernel::{Delivery, Event, Kernel},
    time::Time,
};

/// The node that a driver works for.
pub(crate) trait Host: Clone + 'static {
    /// Runs `f` on the kernel with the present time.
    fn kernel<R>(&self, f: impl FnOnce(&mut Kernel, Time) -> R) -> R;

    /// What is delivered from now on was asked by this peer; by nobody, if nothing is.
    fn delivers_from(&self, peer: Option<&NodeId>);

    /// Carries out what a peer asked, before it returns.
    fn deliver(&self, delivery: Delivery<'_>);

    /// Reports an event.
    fn event(&self, event: Event);

    /// Carries out the kernel's outputs and runs local messages, up to a bound. What waits then is to be handled before
    /// more is read, lest a peer's messages make more local ones than the node can handle.
    fn turn(&self) -> Backlog;
}

/// The local messages of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backlog {
    /// How many were handled so far.
    pub(crate) handled: u64,
    /// How many wait.
    pub(crate) waiting: u64,
}

#[cfg(test)]
mod tests;
