//! The names of the settings.

use std::{fmt, str::FromStr};

/// A setting, by the name that it has in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Key {
    /// The name in front of the addresses in the node ID.
    Name,
    /// The whole node ID.
    NodeId,
    /// Where the node listens.
    Bind,
    /// The addresses in the node ID, in place of those that it listens on.
    Advertise,
    /// Where the node looks for global nodes.
    Seeds,
    /// Whether the node is global.
    Global,
    /// The secret that all nodes of the network share.
    Secret,
    /// A file with that secret.
    SecretFile,
    /// How often an idle connection is written to.
    Heartbeat,
    /// How long a session without a connection is kept.
    SessionTimeout,
    /// Where a refused connection proves that a node is dead.
    RefusedIsDeath,
    /// Whether base peers are admitted everywhere.
    Legacy,
    /// Where the node listens for base peers as well.
    LegacyBind,
    /// The nodes that may be base peers when they are dialled.
    LegacyPeers,
    /// Where the node looks for global nodes that may be base peers.
    LegacySeeds,
    /// A file with the certificate that is shown to base peers, its key and the authorities.
    LegacyCertificate,
    /// The secret of base peers.
    LegacySecret,
    /// A file with that secret.
    LegacySecretFile,
    /// What base peers may do beyond the safe methods.
    LegacyAllow,
    /// Whether base peers may send messages to any node through this one.
    LegacyRelay,
}

impl Key {
    /// All settings, in the order in which they are shown.
    pub const ALL: [Self; 20] = [
        Self::Name,
        Self::NodeId,
        Self::Bind,
        Self::Advertise,
        Self::Seeds,
        Self::Global,
        Self::Secret,
        Self::SecretFile,
        Self::Heartbeat,
        Self::SessionTimeout,
        Self::RefusedIsDeath,
        Self::Legacy,
        Self::LegacyBind,
        Self::LegacyPeers,
        Self::LegacySeeds,
        Self::LegacyCertificate,
        Self::LegacySecret,
        Self::LegacySecretFile,
        Self::LegacyAllow,
        Self::LegacyRelay,
    ];

    /// The name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::NodeId => "node_id",
            Self::Bind => "bind",
            Self::Advertise => "advertise",
            Self::Seeds => "seeds",
            Self::Global => "global",
            Self::Secret => "secret",
            Self::SecretFile => "secret_file",
            Self::Heartbeat => "heartbeat",
            Self::SessionTimeout => "session_timeout",
            Self::RefusedIsDeath => "refused_is_death",
            Self::Legacy => "legacy",
            Self::LegacyBind => "legacy_bind",
            Self::LegacyPeers => "legacy_peers",
            Self::LegacySeeds => "legacy_seeds",
            Self::LegacyCertificate => "legacy_certificate",
            Self::LegacySecret => "legacy_secret",
            Self::LegacySecretFile => "legacy_secret_file",
            Self::LegacyAllow => "legacy_allow",
            Self::LegacyRelay => "legacy_relay",
        }
    }

    /// The variable of the environment that overrides the file: `AEMP_` and the name in capitals.
    pub fn variable(self) -> String {
        format!("AEMP_{}", self.as_str().to_ascii_uppercase())
    }

    /// The setting that this one takes the place of, and that takes the place of this one.
    pub const fn alternative(self) -> Option<Self> {
        match self {
            Self::Name => Some(Self::NodeId),
            Self::NodeId => Some(Self::Name),
            Self::Secret => Some(Self::SecretFile),
            Self::SecretFile => Some(Self::Secret),
            Self::LegacySecret => Some(Self::LegacySecretFile),
            Self::LegacySecretFile => Some(Self::LegacySecret),
            _ => None,
        }
    }

    /// All names, for messages to people.
    pub(super) fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|key| key.as_str() == text);
        known.ok_or_else(|| format!("there is no setting {text:?}; the settings are {}", Self::list()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_name() {
        for key in Key::ALL {
            assert_eq!(key.as_str().parse(), Ok(key));
        }
        assert!("bindd".parse::<Key>().unwrap_err().contains("bind, "));
    }

    #[test]
    fn alternatives_are_mutual() {
        for key in Key::ALL {
            assert!(key.alternative().is_none_or(|other| other != key && other.alternative() == Some(key)), "{key}");
        }
    }
}
