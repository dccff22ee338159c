//! TLS 1.3, between native nodes and with base peers.

mod certificate;
mod known;
mod legacy;
mod trust;
mod verifier;

pub use certificate::{CertificateError, Certificates};
pub(crate) use legacy::LegacyCertificate;

use std::sync::Arc;

use aemp_proto::{id::NodeId, link::Method};
use rustls::{
    ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection,
    client::Resumption,
    crypto::{CryptoProvider, ring},
    pki_types::ServerName,
    server::NoServerSessionStorage,
    version::TLS13,
};

use super::Legacy;
use verifier::Verifier;

/// The label of the exporter value that the proofs cover.
const EXPORTER_LABEL: &[u8] = b"EXPORTER-aemp-native";

/// What a node does TLS with: one pair of configurations for each method.
#[derive(Debug)]
pub(super) struct Tls {
    /// With a certificate made at the start, and no look at the other side's: the proof does that.
    secret: Pair,
    /// With configured certificates, verified both ways.
    certificate: Option<(Pair, Certificates)>,
    /// With the certificate for base peers, verified both ways.
    legacy: Option<Pair>,
}

#[derive(Debug)]
struct Pair {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Pair {
    fn start(&self, client: bool) -> Option<Result<Connection, rustls::Error>> {
        Some(if client {
            // Members have no host names: the name is neither sent nor checked.
            let name = ServerName::try_from(certificate::NAME).ok()?;
            ClientConnection::new(self.client.clone(), name).map(Connection::Client)
        } else {
            ServerConnection::new(self.server.clone()).map(Connection::Server)
        })
    }
}

impl Tls {
    /// The configurations of a node.
    pub(super) fn new(certificates: Option<Certificates>, legacy: Option<&Legacy>) -> Result<Self, CertificateError> {
        let provider = Arc::new(ring::default_provider());
        let certificate = match certificates {
            Some(certificates) => Some((verified(&provider, &certificates)?, certificates)),
            None => None,
        };
        let legacy = legacy.and_then(|legacy| legacy.certificate.as_ref());
        let legacy = legacy.map(|certificate| certificate.pair(&provider)).transpose()?;
        Ok(Self { secret: unverified(&provider)?, certificate, legacy })
    }

    /// A connection that is about to start. `None` if this node has no certificate for the method.
    pub(super) fn start(&self, client: bool, method: Method) -> Option<Result<Connection, rustls::Error>> {
        let pair = match method {
            Method::Secret => &self.secret,
            Method::Certificate => &self.certificate.as_ref()?.0,
        };
        pair.start(client)
    }

    /// The same for a base peer.
    pub(super) fn start_base(&self, client: bool) -> Option<Result<Connection, rustls::Error>> {
        self.legacy.as_ref()?.start(client)
    }

    /// Whether the other side of an established connection showed a certificate that was verified and, where
    /// asked, names the node.
    pub(super) fn has_verified(&self, method: Method, connection: &Connection, node: Option<&NodeId>) -> bool {
        match (method, &self.certificate, connection.peer_certificates(), node) {
            (Method::Certificate, Some((_, certificates)), Some([own, ..]), Some(node)) => {
                certificates.admits(own, node)
            }
            _ => false,
        }
    }
}

/// What ties the proofs to an established connection.
pub(super) fn exporter(connection: &Connection) -> Result<[u8; 64], rustls::Error> {
    connection.export_keying_material([0; 64], EXPORTER_LABEL, None)
}

fn unverified(provider: &Arc<CryptoProvider>) -> Result<Pair, CertificateError> {
    let (chain, key) = certificate::self_made()?;
    let trust = Arc::new(Verifier::new(provider, trust::DangerousUnlessProvedInside));
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(trust)
        .with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(pair(client, server))
}

fn verified(provider: &Arc<CryptoProvider>, certificates: &Certificates) -> Result<Pair, CertificateError> {
    let authorities = trust::ChainOnly { authorities: certificates.authorities.clone() };
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier::new(provider, authorities)))
        .with_client_auth_cert(certificates.chain.clone(), certificates.key.clone_key())?;
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(trust::clients(provider, certificates.authorities.clone())?)
        .with_single_cert(certificates.chain.clone(), certificates.key.clone_key())?;
    Ok(pair(client, server))
}

/// Sessions of our own outlive connections, so those of TLS are not resumed.
fn pair(mut client: ClientConfig, mut server: ServerConfig) -> Pair {
    client.enable_sni = false;
    client.resumption = Resumption::disabled();
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Pair { client: Arc::new(client), server: Arc::new(server) }
}

#[cfg(test)]
mod tests;
