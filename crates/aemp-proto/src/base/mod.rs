//! The base protocol.

mod agreement;
mod auth_line;
mod credentials;
mod error;
mod framing;
mod handshake;
mod message;
mod method;
mod outgoing;
mod scan;
mod stream;

pub use credentials::{Credentials, Member, Secret, Tolerated};
pub use error::StreamError;
pub use framing::Framing;
pub use handshake::{Established, Handshake, Opening, Progress};
pub use message::{Destination, Received, encode};
pub use method::Method;
pub use stream::MessageReader;

#[cfg(test)]
mod tests;
