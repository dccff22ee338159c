//! Where a node listens, as it is written down.

use std::{fmt, path::PathBuf, str::FromStr};

use thiserror::Error;

/// One place to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bind {
    /// `*` or `*:port`: all interfaces, told to others as the address of the default route.
    Everywhere {
        /// 0 lets the system choose.
        port: u16,
    },
    /// `host:port`; an IPv6 host stands in brackets.
    Tcp {
        /// An address or a name.
        host: String,
        /// 0 lets the system choose.
        port: u16,
    },
    /// `unix:/path`.
    Unix(PathBuf),
}

/// A text that does not say where to listen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no place to listen at: write host:port, *, *:port or unix:/path; port 0 lets the system choose")]
pub(crate) struct BindSyntaxError(String);

impl FromStr for Bind {
    type Err = BindSyntaxError;

    fn from_str(text: &str) -> Result<Self, BindSyntaxError> {
        let wrong = || BindSyntaxError(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(wrong()) };
        }
        if text == "*" {
            return Ok(Self::Everywhere { port: 0 });
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match (host, bracketed) {
            ("*", _) => Ok(Self::Everywhere { port }),
            (_, Some(inner)) if inner.contains(':') => Ok(Self::Tcp { host: inner.to_owned(), port }),
            _ if host.is_empty() || host.contains([':', '[', ']', '/', '@', ' ']) => Err(wrong()),
            _ => Ok(Self::Tcp { host: host.to_owned(), port }),
        }
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere { port } => write!(f, "*:{port}"),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_understood() {
        let tcp = |host: &str, port| Bind::Tcp { host: host.to_owned(), port };
        for (text, bind) in [
            ("*", Bind::Everywhere { port: 0 }),
            ("*:4040", Bind::Everywhere { port: 4040 }),
            ("127.0.0.1:0", tcp("127.0.0.1", 0)),
            ("[::1]:4040", tcp("::1", 4040)),
            ("localhost:1", tcp("localhost", 1)),
            ("unix:/run/a", Bind::Unix("/run/a".into())),
        ] {
            assert_eq!(text.parse(), Ok(bind.clone()), "{text}");
            assert_eq!(bind.to_string().parse(), Ok(bind), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_forms() {
        for text in ["", "4040", ":1", "a", "a:b", "a:70000", "::1:1", "unix:a", "[a]:1", "a@b:1"] {
            let error = text.parse::<Bind>().unwrap_err().to_string();
            assert!(error.contains("host:port"), "{text}");
        }
    }
}
