//! What a user can name a port by.

use std::str::FromStr;

use aemp::{Address, NodeId, Port};

/// A port, or the name under which one is published at an address.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// A port ID.
    Port(Port),
    /// `@address/name`.
    Published(Published),
}

/// A name at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// Where the node listens.
    pub(crate) address: Address,
    /// What it publishes the port as.
    pub(crate) name: String,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with('@') {
            return port(text).map(Self::Port).map_err(|error| format!("{error} (a port ID is node#name)"));
        }
        let published: aemp::Published = text.parse().map_err(|error| format!("{error}"))?;
        Ok(Self::Published(Published { address: published.address().clone(), name: published.name().to_owned() }))
    }
}

/// A node: its ID, or an address at which it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NodeTarget {
    /// A node ID.
    Id(NodeId),
    /// `@address`.
    At(Address),
}

impl FromStr for NodeTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some(address) => address.parse().map(Self::At).map_err(|error| format!("{error}")),
            // Whoever has the ID of a port there has the node's as well.
            None => port(text).map(|port| Self::Id(port.node_id().clone())),
        }
    }
}

/// A port at a node whose ID says where it is: a command, which nobody has told, could wait for any other for ever.
fn port(text: &str) -> Result<Port, String> {
    let port: Port = text.parse().map_err(|error| format!("{error}"))?;
    if port.node_id().recipe().is_empty() {
        return Err(format!("the node ID {} has no address, as in name@host:port", port.node_id()));
    }
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_id_is_a_target() {
        let target: Target = "counter@127.0.0.1:4040#abc".parse().unwrap();
        assert_eq!(target, Target::Port("counter@127.0.0.1:4040#abc".parse().unwrap()));
    }

    #[test]
    fn a_published_name_at_an_address_is_a_target() {
        for (text, address) in
            [("@127.0.0.1:4040/echo", "127.0.0.1:4040"), ("@unix:/run/a.sock/echo", "unix:/run/a.sock")]
        {
            let published = Published { address: address.parse().unwrap(), name: "echo".into() };
            assert_eq!(text.parse(), Ok(Target::Published(published)));
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "@", "@127.0.0.1:4040", "@127.0.0.1:4040/", "@127.0.0.1/echo", "a b#c"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_that_does_not_say_where_its_node_is_is_refused() {
        for text in ["127.0.0.1:4040", "counter", "counter#abc"] {
            assert!(text.parse::<Target>().unwrap_err().contains("name@host:port"), "{text}");
            assert!(text.parse::<NodeTarget>().unwrap_err().contains("name@host:port"), "{text}");
        }
    }

    #[test]
    fn a_node_is_named_by_its_id_its_address_or_a_port_of_it() {
        let id = NodeTarget::Id("counter@127.0.0.1:4040".parse().unwrap());
        assert_eq!("counter@127.0.0.1:4040".parse(), Ok(id.clone()));
        assert_eq!("counter@127.0.0.1:4040#abc".parse(), Ok(id));
        assert_eq!("@127.0.0.1:4040".parse(), Ok(NodeTarget::At("127.0.0.1:4040".parse().unwrap())));
    }
}
