//! Whom a node believes within TLS with base peers, in either role.

use std::io::{Read, Write};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SerialNumber, date_time_ymd};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::*;

/// RSA with 2048 bits, a common name only, marked as an authority: what `aemp gencert` of the original and OpenSSL make.
const OF_THE_ORIGINAL: &str = include_str!("shared.pem");

/// One side of TLS: what it shows, and whether it looks at the other's.
struct Side(Pair);

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A node that believes what it should.
fn node(pem: &str) -> Side {
    Side(LegacyCertificate::from_pem(pem.as_bytes()).unwrap().pair(&provider()).unwrap())
}

/// Somebody who believes everybody, and shows this.
fn gullible(pem: &str) -> Side {
    shows(pem, pem)
}

/// Somebody who believes everybody, shows this certificate, and signs with that key, whether it belongs to it or not.
fn shows(certificate: &str, key: &str) -> Side {
    let shown = Certificates::from_pem(certificate.as_bytes(), key.as_bytes(), b"").unwrap();
    let key = ring::sign::any_supported_type(&shown.key).unwrap();
    let shown = Arc::new(SingleCertAndKey::from(CertifiedKey::new(shown.chain, key)));
    let everybody = Arc::new(Verifier::new(&provider(), trust::DangerousUnlessProvedInside));
    let client = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(everybody)
        .with_client_cert_resolver(shown.clone());
    let server = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(shown);
    Side(pair(client, server))
}

/// The error of each side, the client's first; the octets of one go to the other until nobody has any.
fn shake_hands(client: &Side, server: &Side) -> [Option<rustls::Error>; 2] {
    let mut ends = [client.0.start(true).unwrap().unwrap(), server.0.start(false).unwrap().unwrap()];
    let mut errors = [None, None];
    let mut silent = 0;
    for from in [0, 1].into_iter().cycle() {
        let mut octets = Vec::new();
        while ends[from].wants_write() {
            ends[from].write_tls(&mut octets).unwrap();
        }
        silent = if octets.is_empty() { silent + 1 } else { 0 };
        if silent == 2 {
            break;
        }
        let (to, mut octets) = (1 - from, &octets[..]);
        while !octets.is_empty() && errors[to].is_none() {
            ends[to].read_tls(&mut octets).unwrap();
            errors[to] = ends[to].process_new_packets().err();
        }
    }
    if errors == [None, None] {
        assert!(ends.iter().all(|end| end.peer_certificates().is_some()), "both have seen a certificate");
        carry(&mut ends);
    }
    errors
}

fn carry([client, server]: &mut [Connection; 2]) {
    let (mut octets, mut read) = (Vec::new(), [0; 5]);
    client.writer().write_all(b"hello").unwrap();
    client.write_tls(&mut octets).unwrap();
    server.read_tls(&mut &octets[..]).unwrap();
    server.process_new_packets().unwrap();
    server.reader().read_exact(&mut read).unwrap();
    assert_eq!(&read, b"hello");
}

fn named(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "AnyEvent::MP");
    change(&mut params);
    params
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn unchanged(_: &mut CertificateParams) {}

/// A certificate that was issued by itself, with its key.
fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = named(change).self_signed(&key).unwrap();
    certificate.pem() + &key.serialize_pem()
}

/// Those who show the other certificate to a node are refused, as its client and as its server.
#[track_caller]
fn is_refused(node: &Side, other: &str) {
    let [_, of_server] = shake_hands(&gullible(other), node);
    assert!(matches!(of_server, Some(rustls::Error::InvalidCertificate(_))), "as client: {of_server:?}");
    let [of_client, _] = shake_hands(node, &gullible(other));
    assert!(matches!(of_client, Some(rustls::Error::InvalidCertificate(_))), "as server: {of_client:?}");
}

#[track_caller]
fn meet(one: &Side, other: &Side) {
    assert_eq!([shake_hands(one, other), shake_hands(other, one)], [[None, None], [None, None]]);
}

#[test]
fn those_who_share_one_certificate_meet() {
    for pem in [OF_THE_ORIGINAL.to_owned(), self_signed(unchanged), self_signed(authority)] {
        meet(&node(&pem), &node(&pem));
    }
}

#[test]
fn another_certificate_is_refused_though_it_has_the_same_name() {
    for own in [OF_THE_ORIGINAL.to_owned(), self_signed(unchanged), self_signed(authority)] {
        for other in [self_signed(unchanged), self_signed(authority), OF_THE_ORIGINAL.to_owned()] {
            if own != other {
                is_refused(&node(&own), &other);
            }
        }
    }
}

/// Whoever copies a certificate has no key to it.
#[test]
fn a_certificate_without_its_key_is_refused() {
    let own = self_signed(unchanged);
    let certificate = own.split_inclusive("-----END CERTIFICATE-----").next().unwrap();
    let stolen = format!("{certificate}\n{}", KeyPair::generate().unwrap().serialize_pem());
    assert!(LegacyCertificate::from_pem(stolen.as_bytes()).unwrap().pair(&provider()).is_err());
    let thief = shows(certificate, &stolen);
    let unsigned = Some(rustls::Error::InvalidCertificate(rustls::CertificateError::BadSignature));
    assert_eq!(shake_hands(&thief, &node(&own))[1], unsigned, "as client");
    assert_eq!(shake_hands(&node(&own), &thief)[0], unsigned, "as server");
}

#[test]
fn whoever_shows_no_certificate_is_refused() {
    let nobody = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier::new(&provider(), trust::DangerousUnlessProvedInside)))
        .with_no_client_auth();
    let nobody = Side(Pair { client: Arc::new(nobody), ..gullible(OF_THE_ORIGINAL).0 });
    let [_, of_server] = shake_hands(&nobody, &node(OF_THE_ORIGINAL));
    assert_eq!(of_server, Some(rustls::Error::NoCertificatesPresented));
}

#[test]
fn a_shared_certificate_has_its_time() {
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    let both = |params: &mut CertificateParams| (authority(params), expired(params)).1;
    for pem in [self_signed(expired), self_signed(early), self_signed(both)] {
        is_refused(&node(&pem), &pem);
    }
}

/// Certificates of one authority, which stands behind each of them.
struct Issued(CertifiedIssuer<'static, KeyPair>);

impl Issued {
    fn by(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let params = named(|params| {
            params.distinguished_name.push(DnType::OrganizationName, "authority");
            change(params);
        });
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn certificate(&self, serial: u64, change: impl FnOnce(&mut CertificateParams)) -> String {
        let key = KeyPair::generate().unwrap();
        let mut params = named(change);
        params.serial_number = Some(SerialNumber::from(serial));
        let certificate = params.signed_by(&key, &self.0).unwrap();
        certificate.pem() + &key.serialize_pem() + &self.0.pem()
    }
}

#[test]
fn members_of_one_authority_meet_and_others_are_refused() {
    let (ours, other) = (Issued::by(authority), Issued::by(authority));
    meet(&node(&ours.certificate(1, unchanged)), &node(&ours.certificate(2, unchanged)));
    is_refused(&node(&ours.certificate(1, unchanged)), &other.certificate(2, unchanged));
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    is_refused(&node(&ours.certificate(1, unchanged)), &ours.certificate(2, expired));
}

#[test]
fn an_authority_has_its_time() {
    let over = Issued::by(|params| {
        authority(params);
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    is_refused(&node(&over.certificate(1, unchanged)), &over.certificate(2, unchanged));
}

/// A trusted node is no authority: otherwise it could let others in.
#[test]
fn only_an_authority_issues_certificates() {
    let member = Issued::by(unchanged);
    is_refused(&node(&member.certificate(1, unchanged)), &member.certificate(2, unchanged));
}

#[test]
fn pem_without_certificate_or_key_is_refused() {
    let own = self_signed(unchanged);
    let key = own.find("-----BEGIN PRIVATE KEY").unwrap();
    for part in ["", &own[..key], &own[key..]] {
        assert!(matches!(LegacyCertificate::from_pem(part.as_bytes()), Err(CertificateError::Pem(_))));
    }
}
