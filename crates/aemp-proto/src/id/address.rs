//! Addresses at which a node can be reached.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use thiserror::Error;

/// The longest path of a Unix socket, in octets.
const MAX_UNIX_PATH: usize = 107;
/// The longest host name, in octets.
const MAX_HOST_NAME: usize = 253;

/// The host part of a TCP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
    /// A name, to be resolved each time it is dialled.
    Name(Box<str>),
}

/// One way to reach a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// `host:port`; an IPv6 host stands in brackets.
    Tcp {
        /// The host.
        host: Host,
        /// The port, never 0.
        port: u16,
    },
    /// `unix:/path`: a Unix socket on the same host.
    Unix(Box<str>),
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The host is empty, too long, or has an octet that no host name has.
    #[error("the host is neither an IPv4 address, an IPv6 address in brackets, nor a host name")]
    Host,
    /// The Unix path is not absolute, too long, or contains a comma, a blank or a control character.
    #[error("a Unix socket is written unix:/path, with at most {MAX_UNIX_PATH} octets and no comma or blank")]
    Path,
    /// There is no port, or it is not a number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535, as in host:4040")]
    Port,
}

impl Address {
    /// The address of a socket.
    pub const fn ip(host: IpAddr, port: u16) -> Self {
        Self::Tcp { host: Host::Ip(host), port }
    }

    /// Whether only programs on this host can be behind this address: loopback and Unix sockets.
    pub fn is_same_host(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { host: Host::Ip(ip), .. } => ip.is_loopback(),
            Self::Tcp { host: Host::Name(name), .. } => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return parse_unix(path);
        }
        let (host, port) = text.rsplit_once(':').ok_or(AddressError::Port)?;
        Ok(Self::Tcp { host: parse_host(host)?, port: parse_port(port)? })
    }
}

fn parse_unix(path: &str) -> Result<Address, AddressError> {
    let allowed = |octet: u8| octet.is_ascii_graphic() && octet != b',';
    if path.starts_with('/') && path.len() <= MAX_UNIX_PATH && path.bytes().all(allowed) {
        Ok(Address::Unix(path.into()))
    } else {
        Err(AddressError::Path)
    }
}

fn parse_host(text: &str) -> Result<Host, AddressError> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let ip: Ipv6Addr = inner.parse().map_err(|_| AddressError::Host)?;
        return if ip.to_string() == inner { Ok(Host::Ip(ip.into())) } else { Err(AddressError::Host) };
    }
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(ip.into()));
    }
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
    let numeric = text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    if text.is_empty() || text.len() > MAX_HOST_NAME || numeric || !text.bytes().all(allowed) {
        return Err(AddressError::Host);
    }
    Ok(Host::Name(text.into()))
}

/// A port as it prints: no sign, no leading zero, not 0.
fn parse_port(text: &str) -> Result<u16, AddressError> {
    match text.parse::<u16>() {
        Ok(port) if port != 0 && port.to_string() == text => Ok(port),
        _ => Err(AddressError::Port),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host: Host::Ip(IpAddr::V4(ip)), port } => write!(f, "{ip}:{port}"),
            Self::Tcp { host: Host::Ip(IpAddr::V6(ip)), port } => write!(f, "[{ip}]:{port}"),
            Self::Tcp { host: Host::Name(name), port } => write!(f, "{name}:{port}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_prints_as_it_was_written() {
        for text in ["127.0.0.1:4040", "[::1]:1", "[2001:db8::7]:65535", "node-1.example.org:80", "unix:/run/a.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_would_print_differently_is_refused() {
        for text in [
            "127.0.0.1:04040",
            "a:+1",
            "a:0",
            "a:65536",
            "a",
            ":1",
            "[::0]:1",
            "::1:1",
            "[::1]",
            "1.2.3:4",
            "a b:1",
            "",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        for text in ["unix:", "unix:a", "unix:/a,b", "unix:/a b", &format!("unix:/{}", "x".repeat(107))] {
            assert_eq!(text.parse::<Address>(), Err(AddressError::Path), "{text}");
        }
    }

    #[test]
    fn loopback_and_unix_are_the_same_host() {
        for (text, same) in
            [("127.0.0.1:1", true), ("[::1]:1", true), ("localhost:1", true), ("unix:/a", true), ("10.0.0.1:1", false)]
        {
            assert_eq!(text.parse::<Address>().unwrap().is_same_host(), same, "{text}");
        }
    }
}
