//! One connection until it is authenticated.
//!
//! Both ends greet at once, agree on a version, a method and encryption, prove who they are inside TLS, the
//! dialler first, and hand over an [`Authenticated`]. The driver carries octets and does the TLS; [`Link`]
//! decides. docs/protocol.md, "Authentication", describes what stands on the wire.

mod admission;
mod agreement;
mod authenticated;
mod error;
mod frame;
mod identity;
pub(crate) mod mac;
pub(crate) mod outstanding;
mod proof;
mod refusal;
mod state;

pub use admission::{Admission, Admitted, HANDSHAKE_DEADLINE, NotAdmitted, Source};
pub use agreement::Method;
pub use authenticated::{Authenticated, Role};
pub use error::{LinkError, PeerIncompatible, PeerMisbehaved};
pub use identity::{Credentials, Identity, SecretKey};
pub use outstanding::Outstanding;
pub use refusal::{Refusal, RefusalCode};
pub use state::{Link, Opening, Progress, Protection, Side};

#[cfg(test)]
mod tests;
