//! Why a connection did not become authenticated.

use thiserror::Error;

use super::{Refusal, RefusalCode};
use crate::{id::NodeId, wire::greeting::GreetingError};

/// Why a connection did not become authenticated. The link is over: send what [`super::Link::transmit`] still gives, and close.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The other side holds another secret, or no certificate that this side trusts.
    #[error(
        "the other side did not prove that it is a member: give both nodes the same secret, or certificates of one authority"
    )]
    AuthenticationFailed,
    /// Another node, or who pretends to be one, uses this node's own ID.
    #[error("the other side is another node with the same node ID: every node needs an ID of its own")]
    NodeIdInUse,
    /// This node has met itself.
    #[error("the other side is this node itself")]
    OwnNode,
    /// Both sides follow their rules, and have too little in common.
    #[error(transparent)]
    PeerIncompatible(#[from] PeerIncompatible),
    /// The other side broke the rules of the protocol, or attacks.
    #[error(transparent)]
    PeerMisbehaved(#[from] PeerMisbehaved),
    /// The other side refused this one, and said why.
    #[error("the other side refused the connection: {0}")]
    Refused(Refusal),
    /// Another node than the one that was dialled answers at the address.
    #[error("the node at this address is {found}, not {expected}: the address is out of date")]
    WrongNode {
        /// The node that was dialled.
        expected: NodeId,
        /// The node that greeted.
        found: NodeId,
    },
}

/// What two sides do not have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PeerIncompatible {
    /// A base peer accepts nothing that this side can prove.
    #[error(
        "the two sides have no way of authentication in common: give both the same secret, or certificates of one authority (a node of AnyEvent::MP 1.x has to be upgraded to 2.x)"
    )]
    NoCommonBaseMethod,
    /// A base peer can receive no framing that this side can send.
    #[error("the other side can receive neither CBOR nor JSON, as far as this side offers them")]
    NoCommonFraming,
    /// One side has only a secret, the other only a certificate.
    #[error("one side has only a secret and the other only a certificate: give both the same kind")]
    NoCommonMethod,
    /// There is no version that both speak.
    #[error("the other side speaks no version of the native protocol that this one speaks: upgrade the older one")]
    NoCommonVersion,
    /// The other side does not encrypt, or one side alone asked for that.
    #[error("the other side does not offer TLS 1.3: connections without encryption need both sides to ask for them")]
    NoTls,
    /// The other side speaks the base protocol only.
    #[error(
        "the other side does not speak the native protocol: it is a node of AnyEvent::MP, or speaks like one, and has to be admitted (legacy_bind, legacy_peer, legacy_seed)"
    )]
    NotNative,
}

/// How the other side broke the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// It sent our own greeting back.
    #[error("the other side echoes what it is sent")]
    Echo,
    /// A frame is empty or larger than the limit for this stage.
    #[error("a frame of the handshake has a wrong size")]
    FrameSize,
    /// A base peer wants to send in a framing that was not offered.
    #[error("the other side chose a framing that was not offered to it")]
    FramingNotAccepted,
    /// What it sent is not a greeting.
    #[error(transparent)]
    Greeting(#[from] GreetingError),
    /// A proof that is not built like one.
    #[error("the proof is malformed")]
    MalformedProof,
    /// A refusal that is not built like one.
    #[error("the refusal is malformed")]
    MalformedRefusal,
    /// The proof uses another method than the greetings agreed on.
    #[error("the proof uses a method that was not agreed on")]
    MethodNotAccepted,
    /// A base peer uses a method for TLS without it, or another one within TLS.
    #[error("the other side authenticates with a method that does not belong inside TLS, or only there")]
    MethodOutOfPlace,
    /// The nonce of a native node is 32 octets.
    #[error("the greeting has no nonce of 32 octets")]
    Nonce,
    /// It uses the nonce of another handshake of ours that is under way.
    #[error("the other side reflects the nonce of another handshake of this node")]
    Reflection,
    /// It uses our nonce.
    #[error("the other side uses this side's nonce")]
    SameNonce,
    /// Octets that do not belong to this stage.
    #[error("the other side sent a frame of type {0:#04x} before it was authenticated")]
    UnexpectedFrame(u8),
}

impl LinkError {
    /// What is told to the other side before closing, where it can be told.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let code = match self {
            Self::AuthenticationFailed
            | Self::PeerMisbehaved(PeerMisbehaved::MalformedProof | PeerMisbehaved::MethodNotAccepted) => {
                // The same words for all of them: a stranger learns nothing from the difference.
                return Some(Refusal::new(RefusalCode::AuthenticationFailed, &Self::AuthenticationFailed.to_string()));
            }
            Self::WrongNode { .. } => RefusalCode::WrongNode,
            Self::PeerIncompatible(PeerIncompatible::NoCommonVersion) => RefusalCode::Version,
            _ => return None,
        };
        Some(Refusal::new(code, &self.to_string()))
    }

    /// Whether dialling the same address again is useless until somebody changes a configuration.
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::PeerMisbehaved(_))
    }

    /// The code by which programs tell what kind of error it is.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code().as_str(),
            Self::WrongNode { .. } => "wrong_node",
            Self::NodeIdInUse | Self::OwnNode => "node_id_in_use",
            Self::PeerIncompatible(_) => "version",
            Self::AuthenticationFailed | Self::PeerMisbehaved(_) => "auth_failed",
        }
    }
}
