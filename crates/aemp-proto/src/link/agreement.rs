//! What two greetings agree on. Both ends come to the same result.

use super::{Credentials, PeerIncompatible};
use crate::wire::greeting::{Greeting, Versions};

/// How members prove themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// TLS verifies certificates both ways.
    Certificate,
    /// A MAC with the shared secret; TLS verifies nothing, since the MAC covers its exporter.
    Secret,
}

impl Method {
    /// The name in the greeting's list.
    const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "native_cert",
            Self::Secret => "native_secret",
        }
    }

    /// The number in a proof.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Certificate => 2,
            Self::Secret => 1,
        }
    }
}

/// The list of methods for the greeting.
pub(super) const fn accepted(credentials: &Credentials) -> &'static str {
    match credentials {
        Credentials::Certificate => "native_cert",
        Credentials::CertificateOrSecret(_) => "native_cert,native_secret",
        Credentials::Secret(_) => "native_secret",
    }
}

/// What both greetings agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) method: Method,
    pub(super) encrypted: bool,
    /// None in common is told inside TLS.
    pub(super) version: Option<u16>,
}

pub(super) fn agree(ours: &Greeting, theirs: &Greeting) -> Result<Agreement, PeerIncompatible> {
    let versions = |greeting: &Greeting| greeting.key("native").and_then(|text| text.parse().ok());
    let (Some(mine), Some(its)) = (versions(ours), versions(theirs)) else {
        return Err(PeerIncompatible::NotNative);
    };
    let both_have = |key: &str, value: &str| [ours, theirs].iter().all(|greeting| greeting.key(key) == Some(value));
    let both_accept =
        |method: Method| [ours, theirs].iter().all(|greeting| greeting.auths().any(|auth| auth == method.name()));
    // Without TLS nobody has seen a certificate.
    let plain = both_have("nplain", "1") && both_accept(Method::Secret);
    if !plain && !both_have("ntls", "1.3") {
        return Err(PeerIncompatible::NoTls);
    }
    let method = if !plain && both_accept(Method::Certificate) {
        Method::Certificate
    } else if both_accept(Method::Secret) {
        Method::Secret
    } else {
        return Err(PeerIncompatible::NoCommonMethod);
    };
    Ok(Agreement { method, encrypted: !plain, version: Versions::highest_common(mine, its) })
}
