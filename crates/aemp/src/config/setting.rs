//! A setting: a key with its parsed value.

use std::{fmt, path::PathBuf, time::Duration};

use aemp_proto::{
    id::{Address, NodeId},
    kernel::RefusedIsDeath,
};

use super::{
    duration::{parse_duration, print_duration},
    key::Key,
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
}

impl Setting {
    /// Reads the text form of a value, the same in the file, the environment and on the command line. Lists
    /// are separated by commas.
    pub(super) fn parse(key: Key, text: &str) -> Result<Self, String> {
        Ok(match key {
            Key::Name => Self::Name(parse_name(text)?),
            Key::NodeId => Self::NodeId(text.parse().map_err(display)?),
            Key::Bind => Self::Bind(list(text).map(str::to_owned).collect()),
            Key::Advertise => {
                Self::Advertise(list(text).map(|one| one.parse().map_err(display)).collect::<Result<_, _>>()?)
            }
            Key::Seeds => Self::Seeds(list(text).map(|one| one.parse().map_err(display)).collect::<Result<_, _>>()?),
            Key::Global => Self::Global(text.parse().map_err(|_| "it is true or false")?),
            Key::Secret => Self::Secret(SecretText::new(text).ok_or("a secret cannot be empty")?),
            Key::SecretFile if text.is_empty() => return Err("it is the path of a file".to_owned()),
            Key::SecretFile => Self::SecretFile(text.into()),
            Key::Heartbeat => Self::Heartbeat(positive(text)?),
            Key::SessionTimeout => Self::SessionTimeout(positive(text)?),
            Key::RefusedIsDeath => Self::RefusedIsDeath(parse_refused_is_death(text)?),
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
        }
    }
}

/// Prints the text form of the value; a secret stays hidden.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::NodeId(id) => id.fmt(f),
            Self::Bind(listen) => f.write_str(&listen.join(",")),
            Self::Global(global) => global.fmt(f),
            Self::Advertise(addresses) | Self::Seeds(addresses) => {
                f.write_str(&addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(","))
            }
            Self::Secret(_) => f.write_str("(not shown)"),
            Self::SecretFile(path) => path.display().fmt(f),
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
        ] {
            assert!(Setting::parse(key, text).is_err(), "{key} {text:?}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let setting = Setting::parse(Key::Secret, "correct horse").unwrap();
        assert!(!format!("{setting} {setting:?}").contains("horse"));
    }
}
