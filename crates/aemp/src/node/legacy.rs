//! Where a node admits base peers, and how they prove themselves.

use std::{collections::BTreeSet, rc::Rc};

use aemp_proto::{
    base::{Access, Credentials, Secret, Tolerated},
    id::{Address, NodeId},
};
use zeroize::Zeroizing;

use super::builder::Builder;
use crate::{
    config,
    error::{Error, Result},
    net::{self, LegacyCertificate, LegacyDials, Places},
    secret::weakness,
};

/// What the program, and then its user, say about base peers.
#[derive(Clone, Default)]
pub(super) struct LegacySettings {
    pub(super) network: bool,
    pub(super) bind: Vec<String>,
    pub(super) relay: bool,
    pub(super) seeds: Vec<Address>,
    peers: BTreeSet<NodeId>,
    certificate: Option<Zeroizing<Vec<u8>>>,
    secret: Option<Zeroizing<Vec<u8>>>,
    tolerated: Option<Tolerated>,
}

/// Base peers: nodes of the Perl original, AnyEvent::MP 2.02, and whoever speaks like them.
///
/// They are admitted nowhere unless `legacy_bind`, `legacy_peer`, `legacy_seed` or `legacy_network` says where. What is lost with
/// them: without a certificate nothing is encrypted, so everybody on the way can read messages, change them and add
/// some; and who pretends to be a base peer that this node dials gets a proof to try guesses at the secret with. Native nodes
/// stay encrypted at the same places.
impl Builder {
    /// Listens at this place as [`Self::bind`] does, and admits base peers there as well. May be called several times.
    pub fn legacy_bind(mut self, address: impl Into<String>) -> Self {
        self.legacy.bind.push(address.into());
        self
    }

    /// This node may turn out to be a base peer when it is dialled. May be called several times.
    pub fn legacy_peer(mut self, node: NodeId) -> Self {
        self.legacy.peers.insert(node);
        self
    }

    /// Joins the network that this address leads to, as [`Self::seed`] does, and whoever is there may be a base peer. May be called
    /// several times.
    pub fn legacy_seed(mut self, address: &str) -> Self {
        match address.parse() {
            Ok(address) => self.legacy.seeds.push(address),
            Err(error) => self.error = Some(format!("{address:?} cannot be a seed: {error}")),
        }
        self
    }

    /// Base peers are admitted wherever the node listens, and every node that is dialled may be one.
    pub const fn legacy_network(mut self) -> Self {
        self.legacy.network = true;
        self
    }

    /// The certificate for base peers, as PEM in their way: certificate, private key, and the authorities if there are
    /// any. With it connections to base peers that have a certificate too are encrypted. Those believe each
    /// other who have the same certificate, or one of the same authority. Others are refused, unless
    /// [`Self::legacy_secret`] is said as well.
    pub fn legacy_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.legacy.certificate = Some(Zeroizing::new(pem.into()));
        self
    }

    /// The secret of the base peers: octets, as Perl nodes have them. Without it and a certificate it is the text of the node's
    /// own secret, which is not stretched here.
    pub fn legacy_secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.legacy.secret = Some(Zeroizing::new(secret.into()));
        self
    }

    /// Base peers may send their secret in clear text, where everybody on the way can read it. Simple clients do.
    pub fn legacy_allow_cleartext(mut self) -> Self {
        self.legacy.tolerated.get_or_insert_default().cleartext = true;
        self
    }

    /// Within TLS base peers need not prove that nobody changed the greetings: a certificate is enough.
    pub fn legacy_allow_anonymous(mut self) -> Self {
        self.legacy.tolerated.get_or_insert_default().anonymous = true;
        self
    }

    /// Base peers may send messages to any node through this one, in its name: as Perl nodes let everybody do.
    pub const fn legacy_relay(mut self) -> Self {
        self.legacy.relay = true;
        self
    }
}

impl LegacySettings {
    /// Adds what the user says where the program says nothing. An anonymous node listens nowhere.
    pub(super) fn with(self, settings: config::Legacy, listens: bool) -> Result<Self, config::ConfigError> {
        let certificate = settings.certificate.filter(|_| self.certificate.is_none()).map(config::SecretSource::File);
        let secret = settings.secret.filter(|_| self.secret.is_none());
        let read = |source: Option<config::SecretSource>| -> Result<_, config::ConfigError> {
            let text = source.map(|source| source.text()).transpose()?;
            Ok(text.map(|text| Zeroizing::new(text.as_str().as_bytes().to_vec())))
        };
        let bind = settings.bind.filter(|_| listens && self.bind.is_empty());
        let peers = settings.peers.filter(|_| self.peers.is_empty());
        let seeds = settings.seeds.filter(|_| self.seeds.is_empty());
        Ok(Self {
            network: self.network || settings.network.unwrap_or_default(),
            bind: bind.unwrap_or(self.bind),
            relay: self.relay || settings.relay.unwrap_or_default(),
            seeds: seeds.unwrap_or(self.seeds),
            peers: peers.map_or(self.peers, |peers| peers.into_iter().collect()),
            certificate: self.certificate.or(read(certificate)?),
            secret: self.secret.or(read(secret)?),
            tolerated: self.tolerated.or(settings.tolerated),
        })
    }

    /// What the driver needs, if base peers are admitted anywhere. `own` is the text of the node's own secret;
    /// `beyond_loopback`: other hosts may reach a place where they are.
    pub(super) fn resolve(&self, own: Option<Zeroizing<String>>, beyond_loopback: bool) -> Result<Option<net::Legacy>> {
        if !self.network && self.bind.is_empty() && self.peers.is_empty() && self.seeds.is_empty() {
            return Ok(None);
        }
        let secret = self.secret_or(own);
        let weakness = secret.as_ref().and_then(|secret| weakness(secret));
        if let Some(weakness) = weakness.filter(|_| beyond_loopback) {
            return Err(Error::Configuration(format!("legacy_secret: {weakness}").into()));
        }
        let certificate = self.certificate.as_ref().map(|pem| LegacyCertificate::from_pem(pem)).transpose();
        let certificate =
            certificate.map_err(|error| Error::Configuration(format!("legacy_certificate: {error}").into()))?;
        let credentials = match (secret.and_then(|secret| Secret::new(&secret)), &certificate) {
            (Some(secret), Some(_)) => Credentials::CertificateOrSecret(secret),
            (Some(secret), None) => Credentials::Secret(secret),
            (None, Some(_)) => Credentials::Certificate,
            (None, None) => {
                let text = "where base peers are admitted, legacy_secret or legacy_certificate is needed";
                return Err(Error::Configuration(text.into()));
            }
        };
        let access = Rc::new(Access { credentials, tolerated: self.tolerated.unwrap_or_default() });
        Ok(Some(net::Legacy { access, certificate, dials: self.dials(), weakness }))
    }

    /// The secret that was said for base peers. The own one takes its place only where there is no certificate: nobody asked to do
    /// without encryption.
    fn secret_or(&self, own: Option<Zeroizing<String>>) -> Option<Zeroizing<Vec<u8>>> {
        let own = own.filter(|_| self.certificate.is_none());
        self.secret.clone().or_else(|| own.map(|text| Zeroizing::new(text.trim().as_bytes().to_vec())))
    }

    fn dials(&self) -> LegacyDials {
        if self.network {
            return LegacyDials::All;
        }
        LegacyDials::Only { nodes: self.peers.clone(), places: Places::new(self.seeds.iter().cloned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;

    fn own() -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(" the secret of this node\n".to_owned()))
    }

    fn credentials(builder: &Builder) -> Credentials {
        builder.legacy.resolve(own(), true).unwrap().unwrap().access.credentials.clone()
    }

    fn pem() -> String {
        let made = rcgen::generate_simple_self_signed([]).unwrap();
        made.cert.pem() + &made.signing_key.serialize_pem()
    }

    #[test]
    fn base_peers_are_admitted_nowhere_unless_somebody_says_where() {
        for builder in [Node::builder(), Node::builder().legacy_secret("of a Perl network").legacy_allow_cleartext()] {
            assert!(builder.legacy.resolve(own(), true).unwrap().is_none());
        }
        let peer: NodeId = "perl".parse().unwrap();
        let seed: Address = "127.0.0.1:4040".parse().unwrap();
        let only = |nodes: &[NodeId], places: &[Address]| LegacyDials::Only {
            nodes: nodes.iter().cloned().collect(),
            places: Places::new(places.iter().cloned()),
        };
        for (builder, dials) in [
            (Node::builder().legacy_network(), LegacyDials::All),
            (Node::builder().legacy_bind("127.0.0.1:0"), only(&[], &[])),
            (Node::builder().legacy_peer(peer.clone()), only(&[peer], &[])),
            (Node::builder().legacy_seed("127.0.0.1:4040"), only(&[], &[seed])),
        ] {
            let legacy = builder.legacy.resolve(own(), true).unwrap().unwrap();
            assert_eq!((legacy.dials, legacy.access.tolerated), (dials, Tolerated::default()));
        }
    }

    #[test]
    fn encryption_is_given_up_only_where_no_certificate_is_or_a_secret_is_said_as_well() {
        let open = || Node::builder().legacy_network();
        assert!(matches!(credentials(&open()), Credentials::Secret(_)));
        assert!(matches!(credentials(&open().legacy_certificate(pem())), Credentials::Certificate));
        let both = open().legacy_certificate(pem()).legacy_secret("of a Perl network");
        assert!(matches!(credentials(&both), Credentials::CertificateOrSecret(_)));
    }

    #[test]
    fn what_is_needed_is_said() {
        let error = |builder: Builder, own| builder.legacy.resolve(own, true).unwrap_err().to_string();
        assert!(error(Node::builder().legacy_network(), None).contains("legacy_certificate is needed"));
        let broken = Node::builder().legacy_network().legacy_certificate("no certificate");
        assert!(error(broken, own()).contains("legacy_certificate: "));
        let weak = Node::builder().legacy_network().legacy_secret("short");
        assert!(error(weak.clone(), own()).contains("less than 16 octets"));
        let on_loopback = weak.legacy.resolve(own(), false).unwrap().unwrap();
        assert!(on_loopback.weakness.is_some(), "which is remembered for what is dialled");
    }

    #[test]
    fn the_user_says_what_the_program_leaves_open() {
        let user = || {
            let mut settings = config::Settings::default().legacy;
            settings.bind = Some(vec!["127.0.0.1:1".to_owned()]);
            settings.peers = Some(vec!["perl".parse().unwrap()]);
            settings.tolerated = Some(Tolerated { cleartext: true, anonymous: false });
            settings.seeds = Some(vec!["127.0.0.1:3".parse().unwrap()]);
            settings.relay = Some(true);
            settings
        };
        let legacy = Node::builder().legacy.with(user(), true).unwrap();
        assert_eq!(legacy.bind, ["127.0.0.1:1"]);
        assert_eq!(legacy.peers, ["perl".parse().unwrap()].into());
        assert_eq!(legacy.tolerated.map(|tolerated| tolerated.cleartext), Some(true));
        assert!(legacy.relay);
        assert_eq!(legacy.seeds, ["127.0.0.1:3".parse().unwrap()]);
        let told =
            Node::builder().legacy_bind("127.0.0.1:2").legacy_allow_anonymous().legacy.with(user(), true).unwrap();
        assert_eq!(told.bind, ["127.0.0.1:2"]);
        let told_seed = Node::builder().legacy_seed("127.0.0.1:4").legacy.with(user(), true).unwrap();
        assert_eq!(told_seed.seeds, ["127.0.0.1:4".parse().unwrap()]);
        assert_eq!(told.tolerated, Some(Tolerated { cleartext: false, anonymous: true }));
        assert!(
            Node::builder().legacy.with(user(), false).unwrap().bind.is_empty(),
            "an anonymous node listens nowhere"
        );
    }

    #[test]
    fn a_certificate_and_a_secret_may_be_in_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::Settings::default().legacy;
        settings.network = Some(true);
        settings.certificate = Some(write(&folder, "perl.pem", &pem()));
        settings.secret = Some(config::SecretSource::File(write(&folder, "perl.secret", "of a Perl network\n")));
        let legacy = Node::builder().legacy.with(settings, true).unwrap();
        assert_eq!(legacy.secret.as_ref().unwrap().as_slice(), b"of a Perl network");
        assert!(legacy.resolve(None, true).unwrap().unwrap().certificate.is_some());
    }

    /// As users write them: readable by them alone.
    fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> std::path::PathBuf {
        use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt};
        let path = folder.path().join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }
}
