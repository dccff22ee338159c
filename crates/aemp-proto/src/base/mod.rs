//! The wire of base peers: nodes of the Perl original, AnyEvent::MP 2.02, and whoever speaks like them.
//!
//! ```text
//! octets ──► Handshake ──► Established ──► MessageReader ──► Received       octets ◄── encode
//! ```
//!
//! [`Handshake`] is one connection until it is authenticated: greetings, TLS if both sides have a certificate, one line in
//! which each side proves itself. The driver carries octets and does the TLS. Then each direction is a stream of
//! messages in a [`Framing`] of its own: [`MessageReader`] takes them out, [`encode`] puts them in. What the messages
//! mean is not known here.
//!
//! The rules come from the source of AnyEvent::MP 2.02, its manual, and recorded sessions of its nodes, which the tests replay
//! from both sides. docs/base-protocol.md has them, and says where this node is stricter than the original:
//! it accepts what its greeting offers and nothing else, it closes a connection on which a message would be missing, it
//! evaluates nothing, and it has a limit for every length.
//!
//! How values of Perl become those of a type: [`Message::into_typed_loosely`](crate::message::Message::into_typed_loosely).

mod agreement;
mod auth_line;
mod credentials;
mod error;
mod framing;
mod handshake;
mod message;
mod method;
mod outgoing;
mod request;
mod scan;
mod stream;

pub use credentials::{Access, Credentials, Member, Secret, Tolerated};
pub use error::StreamError;
pub use framing::Framing;
pub use handshake::{Established, Handshake, Opening, Progress};
pub use message::{Destination, Received, encode};
pub use method::Method;
pub(crate) use outgoing::{check, name};
pub(crate) use request::{ReplyTo, Request, SPAWN, is_said_by_nodes};
pub use stream::MessageReader;

#[cfg(test)]
pub(crate) mod tests;
