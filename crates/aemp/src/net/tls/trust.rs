//! Which certificates of native nodes are believed.

use std::sync::Arc;

use rustls::{
    Error, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::CryptoProvider,
    server::{ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::verifier::{Rule, Shown};

/// Believes every certificate whose key signs the handshake. That is safe only because the proofs inside cover
/// the exporter value of this very connection: a man in the middle has two connections, and two values.
#[derive(Debug)]
pub(super) struct DangerousUnlessProvedInside;

impl Rule for DangerousUnlessProvedInside {
    fn judge(&self, _shown: &Shown<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// Believes servers with certificates of the authorities, whatever name they have: members have no host names.
#[derive(Debug)]
pub(super) struct ChainOnly {
    pub(super) authorities: Arc<RootCertStore>,
}

impl Rule for ChainOnly {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), Error> {
        let Shown { end_entity, intermediates, now, algorithms, .. } = shown;
        let parsed = ParsedCertificate::try_from(*end_entity)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.authorities, intermediates, *now, algorithms.all)
    }
}

/// The same for the other direction: a certificate is required.
pub(super) fn clients(
    provider: &Arc<CryptoProvider>,
    authorities: Arc<RootCertStore>,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    WebPkiClientVerifier::builder_with_provider(authorities, provider.clone()).build()
}
