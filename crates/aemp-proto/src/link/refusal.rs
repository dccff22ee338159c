//! A refusal: told inside TLS, before closing.

use std::fmt;

use super::{PeerMisbehaved, frame};

/// The longest text that is sent or taken, in octets.
const MAX_TEXT: usize = 1000;

/// Why a node refuses a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalCode {
    /// The proof is wrong.
    AuthenticationFailed,
    /// A living node uses this node ID already.
    NodeIdInUse,
    /// A code of a later release.
    Other,
    /// No common version.
    Version,
    /// The node is not the one that was dialled.
    WrongNode,
}

impl RefusalCode {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthenticationFailed => "auth_failed",
            Self::NodeIdInUse => "node_id_in_use",
            Self::Other => "other",
            Self::Version => "version",
            Self::WrongNode => "wrong_node",
        }
    }

    fn parse(code: &[u8]) -> Self {
        [Self::AuthenticationFailed, Self::NodeIdInUse, Self::Version, Self::WrongNode]
            .into_iter()
            .find(|known| known.as_str().as_bytes() == code)
            .unwrap_or(Self::Other)
    }
}

/// A refusal with a text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: RefusalCode,
    text: Box<str>,
}

impl Refusal {
    /// A refusal; of a long text the beginning is kept.
    pub fn new(code: RefusalCode, text: &str) -> Self {
        let end = text.floor_char_boundary(MAX_TEXT);
        Self { code, text: text.get(..end).unwrap_or_default().into() }
    }

    /// The code, for programs.
    pub const fn code(&self) -> RefusalCode {
        self.code
    }

    /// The text, for people: words of the other side.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole frame: length, type, code, text.
    pub fn to_frame(&self) -> Vec<u8> {
        let code = self.code.as_str().as_bytes();
        let length = u8::try_from(code.len()).unwrap_or(u8::MAX);
        frame::encode(frame::REFUSED, &[&[length], code, self.text.as_bytes()])
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    ///
    /// [`PeerMisbehaved::MalformedRefusal`] for a body without a code, or with a text that is too long, is not
    /// UTF-8 or has control characters, which might do harm on a terminal.
    pub fn parse(body: &[u8]) -> Result<Self, PeerMisbehaved> {
        const MALFORMED: PeerMisbehaved = PeerMisbehaved::MalformedRefusal;
        let (length, rest) = body.split_first().ok_or(MALFORMED)?;
        let (code, text) = rest.split_at_checked(usize::from(*length)).ok_or(MALFORMED)?;
        let text = std::str::from_utf8(text).map_err(|_| MALFORMED)?;
        if code.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
            return Err(MALFORMED);
        }
        Ok(Self { code: RefusalCode::parse(code), text: text.into() })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.text)
    }
}
