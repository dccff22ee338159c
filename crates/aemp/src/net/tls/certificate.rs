//! The certificates of a node: made at the start, or configured.

use std::sync::Arc;

use aemp_proto::id::NodeId;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem, pem::PemObject},
    server::VerifierBuilderError,
};
use thiserror::Error;
use webpki::EndEntityCert;

/// The name in certificates made at the start; nobody looks at it.
pub(super) const NAME: &str = "aemp.invalid";
/// In front of a node ID that stands in a certificate as a URI.
const URI_PREFIX: &str = "aemp:";

/// Why certificates cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The text is not PEM, or lacks what it should have.
    #[error("the certificates cannot be read: {0}")]
    Pem(#[from] pem::Error),
    /// No certificate could be made at the start.
    #[error("no certificate could be made: {0}")]
    SelfMade(#[from] rcgen::Error),
    /// The key does not belong to the certificate, or is of a kind that is not supported.
    #[error("the certificate cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The authorities cannot be used.
    #[error("the certificates of the authorities cannot be used: {0}")]
    Authorities(#[from] VerifierBuilderError),
}

/// A certificate for this node, and the authorities whose certificates members have.
#[derive(Debug)]
pub struct Certificates {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) authorities: Arc<RootCertStore>,
    names_checked: bool,
}

impl Clone for Certificates {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
            authorities: Arc::clone(&self.authorities),
            names_checked: self.names_checked,
        }
    }
}

impl Certificates {
    /// Reads PEM: the node's certificate with what stands between it and the authority, its private key, and
    /// the certificates of the authorities.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if something is missing or not PEM.
    pub fn from_pem(chain: &[u8], key: &[u8], authorities: &[u8]) -> Result<Self, CertificateError> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities) {
            roots.add(authority?)?;
        }
        Ok(Self {
            chain: CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>()?,
            key: PrivateKeyDer::from_pem_slice(key)?,
            authorities: Arc::new(roots),
            names_checked: false,
        })
    }

    /// Believes a certificate only if it names the node that uses it: as the URI `aemp:NODE-ID`, or, for the
    /// name in front of the `@` alone, as a DNS name. Otherwise a member can take any node's ID.
    #[must_use]
    pub fn with_names_checked(self) -> Self {
        Self { names_checked: true, ..self }
    }

    /// Whether a verified certificate may be used by a node.
    pub(super) fn admits(&self, certificate: &CertificateDer<'_>, node: &NodeId) -> bool {
        !self.names_checked || names(certificate, node)
    }
}

fn names(certificate: &CertificateDer<'_>, node: &NodeId) -> bool {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else {
        return false;
    };
    certificate.valid_uri_names().any(|name| name.strip_prefix(URI_PREFIX) == Some(node.as_str()))
        || certificate.valid_dns_names().any(|name| name == node.name())
}

/// A certificate that only carries a key.
pub(super) fn self_made() -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), rcgen::Error> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok((vec![made.cert.der().clone()], key.into()))
}
