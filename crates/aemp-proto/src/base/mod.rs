//! The base protocol.

mod agreement;
mod auth_line;
mod credentials;
mod framing;
mod handshake;
mod method;

pub use credentials::{Credentials, Member, Secret, Tolerated};
pub use framing::Framing;
pub use handshake::{Established, Handshake, Opening, Progress};
pub use method::Method;
