//! Base peers: nodes of the Perl original, which know connections and no sessions.
//!
//! What is to reach a peer is queued in the same form for either kind, since nobody knows which one it is before it was
//! met. It becomes messages of the base protocol when it is written, and is forgotten then. A connection that is lost is a
//! failed session: what waits is dropped and told, all monitors fire, and nothing is remembered as dead.

mod attaching;
mod channel;
mod outgoing;
mod receiving;
mod requests;
mod transmitting;

pub(crate) use channel::Channel;

use crate::base::{Established, Framing};

/// What a peer holds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contract {
    /// That of native nodes: sessions that outlive connections.
    Native,
    /// That of the Perl original: a broken connection is a failed session.
    Base {
        /// The framing of what this node sends.
        sending: Framing,
        /// The framing of what the peer sends.
        receiving: Framing,
        /// Whether the connection is encrypted.
        encrypted: bool,
    },
}

impl From<&Established> for Contract {
    fn from(established: &Established) -> Self {
        Self::Base {
            sending: established.sending(),
            receiving: established.receiving(),
            encrypted: established.method().is_within_tls(),
        }
    }
}
