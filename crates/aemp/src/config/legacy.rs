//! What a configuration says about base peers.

use std::path::PathBuf;

use aemp_proto::{
    base::Tolerated,
    id::{Address, NodeId},
};

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
    /// Where the node looks for global nodes that may be base peers.
    pub seeds: Option<Vec<Address>>,
    /// The file of the certificate, its key and the authorities.
    pub certificate: Option<PathBuf>,
    /// The secret of base peers.
    pub secret: Option<SecretSource>,
    /// What they may do beyond the safe methods.
    pub tolerated: Option<Tolerated>,
    /// Whether they may send messages to any node through this one.
    pub relay: Option<bool>,
}

/// Reads `off` or `network`.
pub(super) fn parse_network(text: &str) -> Result<bool, String> {
    match text {
        "off" => Ok(false),
        "network" => Ok(true),
        _ => Err("it is off or network; legacy_bind, legacy_peers and legacy_seeds admit base peers in some places"
            .to_owned()),
    }
}

pub(super) const fn print_network(everywhere: bool) -> &'static str {
    if everywhere { "network" } else { "off" }
}

/// Reads a list of node IDs. A comma that an address follows without a blank belongs to the recipe of the ID in front of it.
pub(super) fn parse_peers(text: &str) -> Result<Vec<NodeId>, String> {
    let mut ids: Vec<String> = Vec::new();
    for piece in text.split(',') {
        match ids.last_mut() {
            Some(id) if id.contains('@') && piece.parse::<Address>().is_ok() => *id = format!("{id},{piece}"),
            _ => ids.push(piece.trim().to_owned()),
        }
    }
    let ids = ids.iter().filter(|id| !id.is_empty());
    ids.map(|id| id.parse().map_err(|error| format!("{id:?} is no node ID: {error}"))).collect()
}

/// Prints a list of node IDs.
pub(super) fn print_peers(peers: &[NodeId]) -> String {
    peers.iter().map(NodeId::as_str).collect::<Vec<_>>().join(", ")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(text: &str) -> Vec<String> {
        parse_peers(text).unwrap().iter().map(NodeId::to_string).collect()
    }

    #[test]
    fn a_list_of_node_ids_may_have_ids_with_several_addresses() {
        assert_eq!(peers("perl/a,perl/b"), ["perl/a", "perl/b"]);
        assert_eq!(peers("a@1.2.3.4:5,[::1]:6, b@host:7"), ["a@1.2.3.4:5,[::1]:6", "b@host:7"]);
        assert_eq!(peers("a@1.2.3.4:5, 1.2.3.4:6"), ["a@1.2.3.4:5", "1.2.3.4:6"], "an ID that looks like an address");
        assert_eq!(peers(" , "), [""; 0]);
        assert!(parse_peers("a, b#c").unwrap_err().starts_with("\"b#c\" is no node ID: "));
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for text in ["a@1.2.3.4:5,[::1]:6, b@host:7", "a@1.2.3.4:5, 1.2.3.4:6, c"] {
            assert_eq!(print_peers(&parse_peers(text).unwrap()), text);
        }
    }
}
