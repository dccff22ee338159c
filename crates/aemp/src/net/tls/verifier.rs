//! What all that judge certificates have in common: TLS 1.3 only, and names count for nothing.

use std::fmt::Debug;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use webpki::KeyUsage;

/// What the other side shows, and what it is judged by.
pub(super) struct Shown<'a> {
    pub(super) end_entity: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    pub(super) now: UnixTime,
    /// What the certificate is used for: that depends on the side.
    pub(super) usage: KeyUsage,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// Which certificates are believed, whose key signs the handshake.
pub(super) trait Rule: Debug + Send + Sync {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), Error>;
}

/// Judges the certificates of either side by a rule. Clients have to show one.
#[derive(Debug)]
pub(super) struct Verifier<R> {
    algorithms: WebPkiSupportedAlgorithms,
    rule: R,
}

impl<R: Rule> Verifier<R> {
    pub(super) fn new(provider: &CryptoProvider, rule: R) -> Self {
        Self { algorithms: provider.signature_verification_algorithms, rule }
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        usage: KeyUsage,
    ) -> Result<(), Error> {
        self.rule.judge(&Shown { end_entity, intermediates, now, usage, algorithms: self.algorithms })
    }
}

impl<R: Rule> ServerCertVerifier for Verifier<R> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(end_entity, intermediates, now, KeyUsage::server_auth()).map(|()| ServerCertVerified::assertion())
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

impl<R: Rule> ClientCertVerifier for Verifier<R> {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity, intermediates, now, KeyUsage::client_auth()).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls12_signature(self, message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls13_signature(self, message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ServerCertVerifier::supported_verify_schemes(self)
    }
}

/// TLS 1.2 is never offered, so nobody gets here.
const fn only_tls13() -> Error {
    Error::InvalidCertificate(CertificateError::BadSignature)
}
