//! Certificates in place of a secret, both ways.

use aemp_proto::link::{Credentials, Identity};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, date_time_ymd};

use super::ends::{Accepting, Dialling, meet, node, rejection, settings, with_certificates};
use crate::{
    net::{Certificates, TransportSettings},
    secret::Secret,
};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a node, believed by those who believe `trusted`.
    fn issue(&self, trusted: &Self, change: impl FnOnce(&mut CertificateParams)) -> Certificates {
        let mut params = CertificateParams::new([]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let pem = |text: String| text.into_bytes();
        Certificates::from_pem(&pem(certificate.pem()), &pem(key.serialize_pem()), &pem(trusted.0.pem())).unwrap()
    }
}

fn unchanged(_: &mut CertificateParams) {}

/// Meets with `odd` on one side and a good certificate on the other, in both roles; nobody must get through.
async fn fails_in_both_roles(authority: &Authority, odd: impl Fn() -> Certificates) {
    let good = || authority.issue(authority, unchanged);
    let failed = |(dialled, accepted): (Dialling, Accepting)| dialled.is_err() && accepted.is_err();
    assert!(failed(meet(with_certificates("a", odd()), with_certificates("b", good())).await), "as dialler");
    assert!(failed(meet(with_certificates("a", good()), with_certificates("b", odd())).await), "as acceptor");
}

#[tokio::test]
async fn members_of_one_authority_meet() {
    let authority = Authority::new();
    let own = || authority.issue(&authority, unchanged);
    let (dialled, accepted) = meet(with_certificates("a", own()), with_certificates("b", own())).await;
    assert_eq!(dialled.unwrap().peer.node(), &node("b"));
    assert_eq!(accepted.unwrap().peer.node(), &node("a"));
}

#[tokio::test]
async fn another_authority_is_not_believed() {
    let (authority, other) = (Authority::new(), Authority::new());
    fails_in_both_roles(&authority, || other.issue(&other, unchanged)).await;
    fails_in_both_roles(&authority, || other.issue(&authority, unchanged)).await;
}

#[tokio::test]
async fn a_certificate_has_its_time() {
    let authority = Authority::new();
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    fails_in_both_roles(&authority, || authority.issue(&authority, expired)).await;
    fails_in_both_roles(&authority, || authority.issue(&authority, early)).await;
}

#[tokio::test]
async fn whoever_has_no_certificate_stays_outside() {
    let authority = Authority::new();
    let own = || authority.issue(&authority, unchanged);
    let (dialled, _) = meet(settings("a", 1), with_certificates("b", own())).await;
    assert!(rejection(dialled).contains("only a secret"));
    let (dialled, _) = meet(with_certificates("a", own()), settings("b", 1)).await;
    assert!(rejection(dialled).contains("only a certificate"));
}

#[tokio::test]
async fn a_certificate_that_names_another_node_is_refused_where_names_are_checked() {
    let authority = Authority::new();
    let named = |san: SanType| {
        authority.issue(&authority, move |params| params.subject_alt_names = vec![san]).with_names_checked()
    };
    let uri = |id: &str| SanType::URI(format!("aemp:{id}").try_into().unwrap());
    let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
    for (of_a, good) in [(uri("a"), true), (dns("a"), true), (uri("c"), false), (dns("c"), false)] {
        let (dialled, accepted) =
            meet(with_certificates("a", named(of_a)), with_certificates("b", named(uri("b")))).await;
        assert_eq!((dialled.is_ok(), accepted.is_ok()), (good, good));
    }
    fails_in_both_roles_with_names(&authority).await;
}

/// A certificate without any name names nobody.
async fn fails_in_both_roles_with_names(authority: &Authority) {
    let nameless = authority.issue(authority, unchanged).with_names_checked();
    let checked = || authority.issue(authority, unchanged).with_names_checked();
    let (dialled, accepted) = meet(with_certificates("a", nameless), with_certificates("b", checked())).await;
    assert!(dialled.is_err() && accepted.is_err());
}

#[tokio::test]
async fn a_node_with_both_uses_what_the_other_has() {
    let authority = Authority::new();
    let both = || {
        let secret = Secret::from_octets(&[1; 32]).key();
        let identity = Identity::new(node("b"), &[2; 32], Credentials::CertificateOrSecret(secret));
        let certificates = Some(authority.issue(&authority, unchanged));
        TransportSettings { identity, certificates, ..settings("b", 1) }
    };
    let with_certificate = with_certificates("a", authority.issue(&authority, unchanged));
    for other in [settings("a", 1), with_certificate] {
        let (dialled, accepted) = meet(other, both()).await;
        assert!(dialled.is_ok() && accepted.is_ok());
    }
}
