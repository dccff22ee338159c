//! TLS as base peers do it: both sides show a certificate, and trust what stands in their own PEM.

use std::sync::Arc;

use rustls::{
    ClientConfig, ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    version::TLS13,
};

use super::{CertificateError, Pair, known::KnownOrIssued, pair, verifier::Verifier};

/// A certificate with its key, and those that are trusted: it and all behind it in the PEM.
#[derive(Debug)]
pub(crate) struct LegacyCertificate {
    /// This node's own comes first.
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl LegacyCertificate {
    /// Reads PEM as Perl nodes have it: the node's certificate, its private key, and the certificates of authorities
    /// if there are any.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if something is missing or not PEM.
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err(pem::Error::NoItemsFound.into());
        }
        Ok(Self { certificates, key: PrivateKeyDer::from_pem_slice(pem)? })
    }

    /// Both sides of TLS. Older nodes than those with TLS 1.3 are refused.
    pub(super) fn pair(&self, provider: &Arc<CryptoProvider>) -> Result<Pair, CertificateError> {
        let verifier = Arc::new(Verifier::new(provider, KnownOrIssued { known: self.certificates.clone() }));
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_client_auth_cert(self.certificates.clone(), self.key.clone_key())?;
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.certificates.clone(), self.key.clone_key())?;
        Ok(pair(client, server))
    }
}
