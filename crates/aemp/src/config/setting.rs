//! A setting: a key with its parsed value.

use std::{fmt, path::PathBuf, time::Duration};

use aemp_proto::{
    base::Tolerated,
    id::{Address, NodeId},
    kernel::RefusedIsDeath,
};

use super::{
    duration::{parse_duration, print_duration},
    key::Key,
    legacy::{parse_network, parse_peers, parse_tolerated, print_network, print_peers, print_tolerated},
    secret::SecretText,
};

/// The longest name of a node, in octets.
const MAX_NAME: usize = 64;

/// A key with its parsed value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Setting {
    Name(String),
    NodeId(NodeId),
    Bind(Vec<String>),
    Advertise(Vec<Address>),
    Seeds(Vec<Address>),
    Global(bool),
    Secret(SecretText),
    SecretFile(PathBuf),
    Heartbeat(Duration),
    SessionTimeout(Duration),
    RefusedIsDeath(RefusedIsDeath),
    Legacy(bool),
    LegacyBind(Vec<String>),
    LegacyPeers(Vec<NodeId>),
    LegacySeeds(Vec<Address>),
    LegacyCertificate(PathBuf),
    LegacySecret(SecretText),
    LegacySecretFile(PathBuf),
    LegacyAllow(Tolerated),
    LegacyRelay(bool),
}

impl Setting {
    /// Reads the text form of a value, the same in the file, the environment and on the command line. Lists
    /// are separated by commas.
    pub(super) fn parse(key: Key, text: &str) -> Result<Self, String> {
        Ok(match key {
            Key::Name => Self::Name(parse_name(text)?),
            Key::NodeId => Self::NodeId(text.parse().map_err(display)?),
            Key::Bind => Self::Bind(list(text).map(str::to_owned).collect()),
            Key::Advertise => Self::Advertise(parsed_list(text)?),
            Key::Seeds => Self::Seeds(parsed_list(text)?),
            Key::Global => Self::Global(parse_bool(text)?),
            Key::Secret => Self::Secret(parse_secret(text)?),
            Key::SecretFile => Self::SecretFile(parse_path(text)?),
            Key::Heartbeat => Self::Heartbeat(positive(text)?),
            Key::SessionTimeout => Self::SessionTimeout(positive(text)?),
            Key::RefusedIsDeath => Self::RefusedIsDeath(parse_refused_is_death(text)?),
            Key::Legacy => Self::Legacy(parse_network(text)?),
            Key::LegacyBind => Self::LegacyBind(list(text).map(str::to_owned).collect()),
            Key::LegacyPeers => Self::LegacyPeers(parse_peers(text)?),
            Key::LegacySeeds => Self::LegacySeeds(parsed_list(text)?),
            Key::LegacyCertificate => Self::LegacyCertificate(parse_path(text)?),
            Key::LegacySecret => Self::LegacySecret(parse_secret(text)?),
            Key::LegacySecretFile => Self::LegacySecretFile(parse_path(text)?),
            Key::LegacyAllow => Self::LegacyAllow(parse_tolerated(list(text))?),
            Key::LegacyRelay => Self::LegacyRelay(parse_bool(text)?),
        })
    }

    pub(super) const fn key(&self) -> Key {
        match self {
            Self::Name(_) => Key::Name,
            Self::NodeId(_) => Key::NodeId,
            Self::Bind(_) => Key::Bind,
            Self::Advertise(_) => Key::Advertise,
            Self::Seeds(_) => Key::Seeds,
            Self::Global(_) => Key::Global,
            Self::Secret(_) => Key::Secret,
            Self::SecretFile(_) => Key::SecretFile,
            Self::Heartbeat(_) => Key::Heartbeat,
            Self::SessionTimeout(_) => Key::SessionTimeout,
            Self::RefusedIsDeath(_) => Key::RefusedIsDeath,
            Self::Legacy(_) => Key::Legacy,
            Self::LegacyBind(_) => Key::LegacyBind,
            Self::LegacyPeers(_) => Key::LegacyPeers,
            Self::LegacySeeds(_) => Key::LegacySeeds,
            Self::LegacyCertificate(_) => Key::LegacyCertificate,
            Self::LegacySecret(_) => Key::LegacySecret,
            Self::LegacySecretFile(_) => Key::LegacySecretFile,
            Self::LegacyAllow(_) => Key::LegacyAllow,
            Self::LegacyRelay(_) => Key::LegacyRelay,
        }
    }
}

/// Prints the text form of the value; a secret stays hidden.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::NodeId(id) => id.fmt(f),
            Self::Bind(listen) | Self::LegacyBind(listen) => f.write_str(&listen.join(",")),
            Self::Advertise(addresses) | Self::Seeds(addresses) | Self::LegacySeeds(addresses) => {
                f.write_str(&joined(addresses))
            }
            Self::Global(yes) | Self::LegacyRelay(yes) => yes.fmt(f),
            Self::LegacyPeers(peers) => f.write_str(&print_peers(peers)),
            Self::Secret(_) | Self::LegacySecret(_) => f.write_str("(not shown)"),
            Self::SecretFile(path) | Self::LegacySecretFile(path) | Self::LegacyCertificate(path) => {
                path.display().fmt(f)
            }
            Self::Legacy(everywhere) => f.write_str(print_network(*everywhere)),
            Self::LegacyAllow(tolerated) => f.write_str(print_tolerated(*tolerated)),
            Self::Heartbeat(time) | Self::SessionTimeout(time) => f.write_str(&print_duration(*time)),
            Self::RefusedIsDeath(RefusedIsDeath::SameHost) => f.write_str("same_host"),
            Self::RefusedIsDeath(RefusedIsDeath::Always) => f.write_str("always"),
            Self::RefusedIsDeath(RefusedIsDeath::Never) => f.write_str("never"),
        }
    }
}

fn display(error: impl fmt::Display) -> String {
    error.to_string()
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty())
}

fn parsed_list(text: &str) -> Result<Vec<Address>, String> {
    list(text).map(|one| one.parse().map_err(display)).collect()
}

fn joined(list: &[Address]) -> String {
    list.iter().map(Address::to_string).collect::<Vec<_>>().join(",")
}

fn parse_bool(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "it is true or false".to_owned())
}

fn parse_secret(text: &str) -> Result<SecretText, String> {
    SecretText::new(text).ok_or_else(|| "a secret cannot be empty".to_owned())
}

fn parse_path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("it is the path of a file".to_owned()) } else { Ok(text.into()) }
}

fn parse_name(text: &str) -> Result<String, String> {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    if text.is_empty() || text.len() > MAX_NAME || !text.bytes().all(allowed) {
        return Err(format!("a name has 1 to {MAX_NAME} letters, digits, '.', '_' and '-'"));
    }
    Ok(text.to_owned())
}

fn positive(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text)?;
    if duration.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(duration) }
}

fn parse_refused_is_death(text: &str) -> Result<RefusedIsDeath, String> {
    match text {
        "same_host" => Ok(RefusedIsDeath::SameHost),
        "always" => Ok(RefusedIsDeath::Always),
        "never" => Ok(RefusedIsDeath::Never),
        _ => Err("it is same_host, always or never".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_prints_as_it_was_written() {
        for (key, text) in [
            (Key::Name, "counter-1"),
            (Key::NodeId, "a@10.0.0.1:4040"),
            (Key::Bind, "127.0.0.1:0,unix:/run/a.sock"),
            (Key::Advertise, "example.org:4040,[::1]:1"),
            (Key::Seeds, "seeds.example.org:4040,10.0.0.1:4040"),
            (Key::Global, "true"),
            (Key::SecretFile, "/etc/aemp/secret"),
            (Key::Heartbeat, "5s"),
            (Key::SessionTimeout, "250ms"),
            (Key::RefusedIsDeath, "always"),
            (Key::Legacy, "network"),
            (Key::Legacy, "off"),
            (Key::LegacyBind, "127.0.0.1:0,*:4040"),
            (Key::LegacyPeers, "aemp/perl/xY3, counter@10.0.0.1:4040,10.0.0.2:4040"),
            (Key::LegacySeeds, "perl.example.org:4040,10.0.0.1:4040"),
            (Key::LegacyCertificate, "/etc/aemp/perl.pem"),
            (Key::LegacySecretFile, "/etc/aemp/perl.secret"),
            (Key::LegacyAllow, "cleartext,anonymous"),
            (Key::LegacyAllow, "anonymous"),
            (Key::LegacyRelay, "true"),
        ] {
            let setting = Setting::parse(key, text).unwrap();
            assert_eq!((setting.key(), setting.to_string().as_str()), (key, text));
        }
    }

    #[test]
    fn a_wrong_value_is_refused() {
        for (key, text) in [
            (Key::Name, "a b"),
            (Key::Name, ""),
            (Key::NodeId, "a#b"),
            (Key::Advertise, "example.org"),
            (Key::Secret, ""),
            (Key::SecretFile, ""),
            (Key::Heartbeat, "0s"),
            (Key::RefusedIsDeath, "maybe"),
            (Key::Legacy, "on"),
            (Key::LegacyPeers, "a#b"),
            (Key::LegacyCertificate, ""),
            (Key::LegacySecret, " "),
            (Key::LegacyAllow, "everything"),
            (Key::LegacySeeds, "perl"),
            (Key::LegacyRelay, "yes"),
        ] {
            assert!(Setting::parse(key, text).is_err(), "{key} {text:?}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        for key in [Key::Secret, Key::LegacySecret] {
            let setting = Setting::parse(key, "correct horse").unwrap();
            assert!(!format!("{setting} {setting:?}").contains("horse"));
        }
    }
}
