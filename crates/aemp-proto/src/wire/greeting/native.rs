//! What native nodes say in their greeting beyond the base protocol.

use std::{fmt, net::SocketAddr, str::FromStr};

use super::{BaseOffer, Greeting};
use crate::id::NodeId;

/// The versions of the native protocol that a node speaks, `1` or `1-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    oldest: u16,
    newest: u16,
}

impl Versions {
    /// What this release speaks.
    pub const SPOKEN: Self = Self { oldest: 1, newest: 1 };

    /// All versions from `oldest` to `newest`; `None` if there is none.
    pub const fn new(oldest: u16, newest: u16) -> Option<Self> {
        if oldest > newest { None } else { Some(Self { oldest, newest }) }
    }

    /// The highest version of both.
    pub fn highest_common(self, other: Self) -> Option<u16> {
        let newest = self.newest.min(other.newest);
        (newest >= self.oldest.max(other.oldest)).then_some(newest)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.oldest == self.newest {
            write!(f, "{}", self.newest)
        } else {
            write!(f, "{}-{}", self.oldest, self.newest)
        }
    }
}

impl FromStr for Versions {
    type Err = ();

    /// Reads what prints identically: no signs, no leading zeros.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (oldest, newest) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.parse::<u16>().map_err(|_| ());
        let versions = Self::new(number(oldest)?, number(newest)?).ok_or(())?;
        if versions.to_string() == text { Ok(versions) } else { Err(()) }
    }
}

/// What a native node puts into its greeting.
#[derive(Clone, Debug)]
pub struct NativeKeys<'a> {
    /// The sender.
    pub node: &'a NodeId,
    /// The ways of authentication that it accepts, as one list.
    pub auths: &'a str,
    /// The versions that it speaks.
    pub versions: Versions,
    /// Whether it would do without encryption.
    pub plain: bool,
    /// What it offers to base peers, where they are admitted as well.
    pub base: Option<BaseOffer<'a>>,
    /// The other end of the connection, if it has a number.
    pub peer_address: Option<SocketAddr>,
    /// 32 random octets, for this connection only.
    pub nonce: [u8; 32],
}

impl Greeting {
    /// The greeting of a native node.
    pub fn native(keys: &NativeKeys<'_>) -> Self {
        let mut first = format!("aemp;1;{};{}", keys.node, keys.auths);
        match &keys.base {
            Some(base) => first.push_str(&format!(",{};native,{}", base.auths, base.framings)),
            None => first.push_str(";native"),
        }
        first.push_str(";provider=aemp-0.1");
        if let Some(address) = keys.peer_address {
            first.push_str(&format!(";peeraddr={address}"));
        }
        first.push_str(&format!(";native={};ntls=1.3", keys.versions));
        if keys.plain {
            first.push_str(";nplain=1");
        }
        first.push_str(keys.base.as_ref().map_or("", BaseOffer::keys));
        Self { first: first.into(), nonce: print_nonce(&keys.nonce).into(), node: keys.node.clone() }
    }

    /// Whether the sender speaks the native protocol, in whatever version.
    pub fn is_native(&self) -> bool {
        self.key("native").is_some()
    }

    /// The nonce, if it is one of a native node: 64 hexadecimal digits in lower case.
    pub fn native_nonce(&self) -> Option<[u8; 32]> {
        let line = self.nonce_line();
        let mut nonce = [0; 32];
        for (octet, digits) in nonce.iter_mut().zip(line.as_bytes().chunks(2)) {
            *octet = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        // Whatever is too long, too short, in upper case or signed prints differently.
        (print_nonce(&nonce) == line).then_some(nonce)
    }
}

pub(super) fn print_nonce(nonce: &[u8; 32]) -> String {
    nonce.iter().map(|octet| format!("{octet:02x}")).collect()
}
