//! Which certificates of base peers are believed.

use std::sync::Arc;

use rustls::{
    CertificateError, Error, OtherError,
    pki_types::{CertificateDer, TrustAnchor},
};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::verifier::{Rule, Shown};

/// Believes the certificates in a list, octet by octet, and those that were issued by an authority in it. Whatever name
/// they have: nodes have no host names.
///
/// Times are looked at in either case, and those of the authority as well.
#[derive(Debug)]
pub(super) struct KnownOrIssued {
    pub(super) known: Vec<CertificateDer<'static>>,
}

impl Rule for KnownOrIssued {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), Error> {
        let Shown { end_entity, intermediates, now, usage, algorithms } = shown;
        let authorities: Vec<_> = self.known.iter().filter_map(|known| authority(known, shown)).collect();
        let certificate = EndEntityCert::try_from(*end_entity).map_err(refusal)?;
        match certificate.verify_for_usage(algorithms.all, &authorities, intermediates, *now, *usage, None, None) {
            Ok(_) => Ok(()),
            // A certificate that all nodes share was issued by itself, and is an authority if its maker did not think of it.
            // webpki says so only of a certificate that is well otherwise.
            Err(webpki::Error::CaUsedAsEndEntity | webpki::Error::UnknownIssuer)
                if self.known.iter().any(|known| known == *end_entity) =>
            {
                Ok(())
            }
            Err(error) => Err(refusal(error)),
        }
    }
}

/// The authority that a known certificate is now, if it is one. webpki asks nothing of the authorities that it is
/// given; but it says of a certificate in its time that it cannot be a member's because it is an authority's.
fn authority<'a>(known: &'a CertificateDer<'_>, shown: &Shown<'_>) -> Option<TrustAnchor<'a>> {
    let certificate = EndEntityCert::try_from(known).ok()?;
    let (algorithms, usage) = (shown.algorithms.all, KeyUsage::server_auth());
    let verdict = certificate.verify_for_usage(algorithms, &[], &[], shown.now, usage, None, None).err();
    (verdict == Some(webpki::Error::CaUsedAsEndEntity)).then(|| anchor_from_trusted_cert(known).ok()).flatten()
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
