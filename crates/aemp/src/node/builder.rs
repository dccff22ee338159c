//! What a node is started with.

use std::{fs, time::Duration};

use aemp_proto::{
    id::{Address, NodeId},
    kernel::{RefusedIsDeath, Timing},
    limits::Limits,
    link::Protection,
};

use zeroize::Zeroizing;

use super::{
    Node,
    configured::{Profile, Told},
    legacy::LegacySettings,
    start,
};
use crate::{
    error::{Error, Result},
    net::Certificates,
};

/// What a node is started with. Made by [`Node::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    pub(super) name: Name,
    pub(super) bind: Vec<String>,
    pub(super) advertise: Vec<Address>,
    pub(super) secret: Option<Zeroizing<String>>,
    pub(super) certificates: Option<Certificates>,
    pub(super) protection: Protection,
    pub(super) limits: Limits,
    pub(super) timing: Timing,
    pub(super) refused_is_death: RefusedIsDeath,
    pub(super) stop_timeout: Duration,
    pub(super) seeds: Vec<Address>,
    pub(super) global: bool,
    pub(super) profile: Profile,
    pub(super) told: Told,
    pub(super) legacy: LegacySettings,
    pub(super) error: Option<String>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("name", &self.name).field("bind", &self.bind).finish_non_exhaustive()
    }
}

/// Where the node's ID comes from.
#[derive(Clone, Debug)]
pub(super) enum Name {
    /// The host's name and the addresses.
    Host,
    /// This name and the addresses.
    Given(String),
    /// A drawn name without addresses.
    Anonymous,
    /// The whole ID.
    Id(NodeId),
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            name: Name::Host,
            bind: Vec::new(),
            advertise: Vec::new(),
            secret: None,
            certificates: None,
            protection: Protection::default(),
            limits: Limits::default(),
            timing: Timing::default(),
            refused_is_death: RefusedIsDeath::default(),
            stop_timeout: Duration::from_secs(5),
            seeds: Vec::new(),
            global: false,
            profile: Profile::OfUser,
            told: Told::default(),
            legacy: LegacySettings::default(),
            error: None,
        }
    }

    /// Takes what the program leaves open from this profile of the user, in place of the one that `AEMP_PROFILE` names;
    /// see [`config`](crate::config).
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Profile::Named(name.into());
        self
    }

    /// Takes nothing from the user's profiles and environment. A secret or certificates have to be given.
    pub fn unconfigured(mut self) -> Self {
        self.profile = Profile::None;
        self
    }

    /// The name in front of the addresses in the node's ID: 1 to 64 letters, digits, `.`, `_` and `-`. The host's name
    /// unless given.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Name::Given(name.into());
        self
    }

    /// The whole node ID. Others reach the node only if it says where, or if they are told.
    pub fn node_id(mut self, id: NodeId) -> Self {
        self.name = Name::Id(id);
        self
    }

    /// A node that nobody needs to find: it has a drawn name, and connects to others.
    pub fn anonymous(mut self) -> Self {
        self.name = Name::Anonymous;
        self
    }

    /// Listens at `host:port`, `*:port` or `*` (all addresses of the host), or `unix:/path`. Port 0 takes any that is
    /// free. May be called several times.
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.bind.push(address.into());
        self
    }

    /// Tells others this address instead of those that are bound: for translated networks and containers. May be
    /// called several times.
    pub fn advertise(mut self, address: &str) -> Self {
        match address.parse() {
            Ok(address) => self.advertise.push(address),
            Err(error) => self.error = Some(format!("cannot advertise {address:?}: {error}")),
        }
        self
    }

    /// The secret that all nodes of the network share, as [`Secret::from_text`](crate::Secret::from_text) takes it.
    ///
    /// Without it: the variable `AEMP_SECRET`, the file that `AEMP_SECRET_FILE` names, or the one kept in the user's
    /// configuration folder, which the first node draws.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(Zeroizing::new(secret.into()));
        self
    }

    /// The node's certificate, and those that it trusts: verified both ways, in place of a secret, or beside it
    /// for nodes that have none.
    pub fn certificates(mut self, certificates: Certificates) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Does without encryption on connections whose other end does, too: everybody on the way can read and change
    /// messages. The nodes still prove to each other that they hold the secret; certificates count on encrypted
    /// connections only.
    ///
    /// For measurements, and for networks that encrypt by themselves. No profile or variable can ask for it.
    pub const fn dangerously_plain(mut self) -> Self {
        self.protection = Protection::DangerouslyPlain;
        self
    }

    /// What the node grants others and itself.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long the node waits, and for what.
    pub const fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self.told.heartbeat = true;
        self.told.session_timeout = true;
        self
    }

    /// An idle connection is written to this often (5 s); three missed make it broken.
    pub const fn heartbeat(mut self, heartbeat: Duration) -> Self {
        self.timing.heartbeat = heartbeat;
        self.told.heartbeat = true;
        self
    }

    /// A session without a connection is given up after this (30 s).
    pub const fn session_timeout(mut self, timeout: Duration) -> Self {
        self.timing.session_timeout = timeout;
        self.told.session_timeout = true;
        self
    }

    /// When a refused connection proves that a node is dead.
    pub const fn refused_is_death(mut self, when: RefusedIsDeath) -> Self {
        self.refused_is_death = when;
        self.told.refused_is_death = true;
        self
    }

    /// How long [`Node::stop`] waits for acknowledgement (5 s).
    pub const fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = timeout;
        self
    }

    /// Joins the network that this address leads to: one of the seeds becomes the node's master, which holds the directory and
    /// the database for it. They are tried again and again for ever, and each time a host name is resolved anew and stands
    /// for all its addresses. The node itself may be among them: then it is global. May be called several times.
    pub fn seed(mut self, address: &str) -> Self {
        match address.parse() {
            Ok(address) => self.seeds.push(address),
            Err(error) => self.error = Some(format!("{address:?} cannot be a seed: {error}")),
        }
        self
    }

    /// The node holds the directory and the whole database, with all other global nodes.
    pub const fn global(mut self) -> Self {
        self.global = true;
        self
    }

    /// Starts the node, on a thread of its own. It listens when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`], [`Error::Bind`] and [`Error::System`]; nothing was started then.
    pub fn start(self) -> Result<Node> {
        if let Some(error) = self.error {
            return Err(Error::Configuration(error.into()));
        }
        start::start(self.configured()?.checked()?).map(Node::new)
    }

    /// Whether no place to listen at was named.
    pub(super) fn listens_nowhere(&self) -> bool {
        self.bind.is_empty() && self.legacy.bind.is_empty()
    }

    /// The node's ID, once its addresses are known.
    pub(super) fn make_id(&self, addresses: &[Address]) -> Result<NodeId> {
        match &self.name {
            Name::Id(id) => Ok(id.clone()),
            Name::Given(name) => checked_id(name, addresses),
            Name::Host => checked_id(&host_name(), addresses),
            Name::Anonymous => {
                let drawn: String = start::random::<12>()?.iter().map(|octet| format!("{octet:02x}")).collect();
                Ok(format!("anonymous/{drawn}").parse()?)
            }
        }
    }
}

fn checked_id(name: &str, addresses: &[Address]) -> Result<NodeId> {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
        let text = format!("{name:?} cannot be a node's name: 1 to 64 letters, digits, '.', '_' and '-'");
        return Err(Error::Configuration(text.into()));
    }
    start::id_of(name, addresses)
}

fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    let name = name.ok().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "node".into())
}
