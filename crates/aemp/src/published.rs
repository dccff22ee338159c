//! Published names of ports, with the address where they are looked up.

use std::{fmt, str::FromStr};

use aemp_proto::id::{Address, AddressError, MAX_PUBLISHED_NAME};
use thiserror::Error;

/// A published name of a port and the address of its node: `@host:port/name`, or `@unix:/path/name`.
///
/// It is what configuration files, scripts and people use: resolving it again after a death finds the successor.
///
/// ```
/// let published: aemp::Published = "@127.0.0.1:4040/counters".parse()?;
/// assert_eq!(published.name(), "counters");
/// assert_eq!(published.to_string(), "@127.0.0.1:4040/counters");
/// # Ok::<(), aemp::PublishedError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Published {
    address: Address,
    name: Box<str>,
}

/// Why a text is not a published name with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PublishedError {
    /// There is no `@` in front, no `/` behind the address, or nothing behind that.
    #[error("a published name is written @host:port/name")]
    Form,
    /// The name is longer than 255 octets.
    #[error("a published name has at most {MAX_PUBLISHED_NAME} octets")]
    TooLong,
    /// The address is wrong.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl Published {
    /// Where the node listens.
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The name under which it published the port.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Published {
    type Err = PublishedError;

    fn from_str(text: &str) -> Result<Self, PublishedError> {
        let (address, name) =
            text.strip_prefix('@').and_then(|rest| rest.rsplit_once('/')).ok_or(PublishedError::Form)?;
        if name.is_empty() {
            return Err(PublishedError::Form);
        }
        if name.len() > MAX_PUBLISHED_NAME {
            return Err(PublishedError::TooLong);
        }
        Ok(Self { address: address.parse()?, name: name.into() })
    }
}

/// Nothing can be published under a name that nobody could look up.
#[track_caller]
pub(crate) fn check_name(name: &str) {
    assert!(name.len() <= MAX_PUBLISHED_NAME, "{}", PublishedError::TooLong);
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}/{}", self.address, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_prints_as_it_was_written() {
        for text in ["@127.0.0.1:4040/a", "@[::1]:1/echo", "@host:1/a b", "@unix:/run/node/echo"] {
            assert_eq!(text.parse::<Published>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in ["", "@", "127.0.0.1:1/a", "@127.0.0.1:1", "@127.0.0.1:1/"] {
            assert_eq!(text.parse::<Published>(), Err(PublishedError::Form), "{text}");
        }
        let named = |octets| format!("@host:1/{}", "x".repeat(octets)).parse::<Published>();
        assert_eq!((named(255).is_ok(), named(256)), (true, Err(PublishedError::TooLong)));
        assert_eq!("@host/a".parse::<Published>(), Err(PublishedError::Address(AddressError::Port)));
    }
}
