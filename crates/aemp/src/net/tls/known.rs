//! Which certificates of base peers are believed.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::trust::only_tls13;

/// Believes the certificates in a list, octet by octet, and those that were issued by an authority in it. Whatever name
/// they have: nodes have no host names.
///
/// Times are looked at in either case, and those of the authority as well.
#[derive(Debug)]
pub(super) struct KnownOrIssued {
    algorithms: WebPkiSupportedAlgorithms,
    known: Vec<CertificateDer<'static>>,
}

impl KnownOrIssued {
    pub(super) fn new(provider: &CryptoProvider, known: Vec<CertificateDer<'static>>) -> Self {
        Self { algorithms: provider.signature_verification_algorithms, known }
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        usage: KeyUsage,
    ) -> Result<(), Error> {
        let authorities: Vec<_> = self.known.iter().filter_map(|known| self.authority(known, now)).collect();
        let certificate = EndEntityCert::try_from(end_entity).map_err(refusal)?;
        let algorithms = self.algorithms.all;
        match certificate.verify_for_usage(algorithms, &authorities, intermediates, now, usage, None, None) {
            Ok(_) => Ok(()),
            // A certificate that all nodes share was issued by itself, and is an authority if its maker did not think of it.
            // webpki says so only of a certificate that is well otherwise.
            Err(webpki::Error::CaUsedAsEndEntity | webpki::Error::UnknownIssuer)
                if self.known.iter().any(|known| known == end_entity) =>
            {
                Ok(())
            }
            Err(error) => Err(refusal(error)),
        }
    }

    /// The authority that a known certificate is now, if it is one. webpki asks nothing of the authorities that it is
    /// given; but it says of a certificate in its time that it cannot be a member's because it is an authority's.
    fn authority<'a>(&self, known: &'a CertificateDer<'_>, now: UnixTime) -> Option<TrustAnchor<'a>> {
        let certificate = EndEntityCert::try_from(known).ok()?;
        let usage = KeyUsage::server_auth();
        let verdict = certificate.verify_for_usage(self.algorithms.all, &[], &[], now, usage, None, None).err();
        (verdict == Some(webpki::Error::CaUsedAsEndEntity)).then(|| anchor_from_trusted_cert(known).ok()).flatten()
    }
}

fn refusal(error: webpki::Error) -> Error {
    use webpki::Error as Found;
    Error::InvalidCertificate(match error {
        Found::CertExpired { .. } => CertificateError::Expired,
        Found::CertNotValidYet { .. } => CertificateError::NotValidYet,
        Found::UnknownIssuer => CertificateError::UnknownIssuer,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    })
}

impl ServerCertVerifier for KnownOrIssued {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(end_entity, intermediates, now, KeyUsage::server_auth()).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for KnownOrIssued {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, now, KeyUsage::client_auth()).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
