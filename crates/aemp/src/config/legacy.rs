//! What a configuration says about base peers.

use std::path::PathBuf;

use aemp_proto::{base::Tolerated, id::NodeId};

use super::secret::SecretSource;

/// What a configuration says about base peers: nodes of the Perl original. `None` leaves the built-in value, which
/// admits nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Legacy {
    /// Whether they are admitted everywhere.
    pub network: Option<bool>,
    /// Where the node listens for them as well.
    pub bind: Option<Vec<String>>,
    /// Which nodes may be base peers when they are dialled.
    pub peers: Option<Vec<NodeId>>,
    /// The file of the certificate, its key and the authorities.
    pub certificate: Option<PathBuf>,
    /// The secret of base peers.
    pub secret: Option<SecretSource>,
    /// What they may do beyond the safe methods.
    pub tolerated: Option<Tolerated>,
}

/// Reads `off` or `network`.
pub(super) fn parse_network(text: &str) -> Result<bool, String> {
    match text {
        "off" => Ok(false),
        "network" => Ok(true),
        _ => Err("it is off or network; legacy_bind and legacy_peers admit base peers in some places".to_owned()),
    }
}

pub(super) const fn print_network(everywhere: bool) -> &'static str {
    if everywhere { "network" } else { "off" }
}

/// Reads a list of methods that are tolerated.
pub(super) fn parse_tolerated<'a>(methods: impl Iterator<Item = &'a str>) -> Result<Tolerated, String> {
    let mut tolerated = Tolerated::default();
    for method in methods {
        match method {
            "cleartext" => tolerated.cleartext = true,
            "anonymous" => tolerated.anonymous = true,
            _ => return Err("it is a list of cleartext and anonymous".to_owned()),
        }
    }
    Ok(tolerated)
}

pub(super) const fn print_tolerated(tolerated: Tolerated) -> &'static str {
    match (tolerated.cleartext, tolerated.anonymous) {
        (true, true) => "cleartext,anonymous",
        (true, false) => "cleartext",
        (false, true) => "anonymous",
        (false, false) => "",
    }
}
