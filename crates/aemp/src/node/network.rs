//! Where the network driver is attached to a node.

use std::rc::Rc;

use aemp_proto::{
    id::NodeId,
    link::{Credentials, Identity, Protection},
};

use super::{builder::Builder, engine::Engine};
use crate::{
    error::{Error, Result},
    net::{self, Listeners, TransportSettings},
    secret::{self, Secret},
};

/// The network of a node.
pub(super) type Network = net::Network<Rc<Engine>>;

/// What a node shows to others: its secret, or certificates, or either.
pub(super) struct Membership {
    secret: Option<Secret>,
    certificates: Option<net::Certificates>,
    legacy: Option<net::Legacy>,
}

impl Membership {
    /// What the builder says, or else the secret that the environment names or the user keeps.
    pub(super) fn find(builder: &Builder, listeners: &Listeners) -> Result<Self> {
        let certificates = builder.certificates.clone();
        let secret = if certificates.is_some() && builder.secret.is_none() {
            None
        } else {
            Some(find_secret(builder.secret.as_ref().map(|text| text.as_str()), listeners)?)
        };
        let text = builder.secret.clone().or_else(|| secret.as_ref().map(Secret::to_text));
        let legacy = builder.legacy.resolve(text, listeners.admits_base_peers_beyond_loopback())?;
        Ok(Self { secret, certificates, legacy })
    }

    fn credentials(&self) -> Credentials {
        match (&self.secret, &self.certificates) {
            (Some(secret), Some(_)) => Credentials::CertificateOrSecret(secret.key()),
            (Some(secret), None) => Credentials::Secret(secret.key()),
            (None, _) => Credentials::Certificate,
        }
    }

    /// Who the node is, in the run that `seed` makes its own.
    pub(super) fn identity(&self, node: NodeId, seed: &[u8; 32]) -> Identity {
        Identity::new(node, seed, self.credentials())
    }
}

fn find_secret(given: Option<&str>, listeners: &Listeners) -> Result<Secret> {
    let given = given.map(Secret::from_text).transpose().map_err(|error| Error::Configuration(error.into()))?;
    secret::find(given, listeners.is_beyond_loopback()).map_err(|error| Error::Configuration(error.into()))
}

/// Opens sockets at all places that the builder names.
///
/// A node that names none listens on loopback nevertheless: peers on this host are told, so that they
/// can tell its death from a broken connection.
pub(super) async fn listen(builder: &Builder) -> Result<Listeners> {
    let listeners = open(builder).await?;
    Ok(if builder.legacy.network { listeners.admitting_base_peers() } else { listeners })
}

async fn open(builder: &Builder) -> Result<Listeners> {
    if builder.listens_nowhere() {
        let loopback = ["127.0.0.1:0", "[::1]:0"].map(|place| place.parse()).into_iter().flatten();
        for place in loopback {
            if let Ok(listeners) = Listeners::open(&[place]).await {
                return Ok(listeners);
            }
        }
        return Ok(Listeners::default());
    }
    let listeners = open_at(&builder.bind).await?;
    Ok(listeners.and(open_at(&builder.legacy.bind).await?.admitting_base_peers()))
}

async fn open_at(places: &[String]) -> Result<Listeners> {
    let places = places.iter().map(|place| place.parse()).collect::<Result<Vec<_>, net::BindSyntaxError>>();
    let places = places.map_err(|error| Error::Configuration(error.into()))?;
    Ok(Listeners::open(&places).await?)
}

/// Begins to accept and to make connections.
pub(super) fn start(
    engine: &Rc<Engine>,
    identity: Identity,
    membership: Membership,
    listeners: Listeners,
    protection: Protection,
) -> Result<Network> {
    let kernel = engine.kernel(|kernel, _| kernel.settings().clone());
    let settings = TransportSettings {
        identity,
        fingerprint: membership.secret.as_ref().map(Secret::fingerprint),
        confined: membership.secret.as_ref().and_then(Secret::weakness),
        certificates: membership.certificates,
        limits: kernel.limits,
        dial_timeout: kernel.timing.handshake,
        protection,
        legacy: membership.legacy,
    };
    let network = Network::new(Rc::clone(engine), settings);
    let network = network.map_err(|error| Error::Configuration(error.into()))?;
    network.serve(listeners);
    Ok(network)
}
