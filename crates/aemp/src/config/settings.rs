//! What a node is configured with.

use std::time::Duration;

use aemp_proto::{
    id::{Address, NodeId},
    kernel::RefusedIsDeath,
};

use super::{
    document::ConfigFile,
    error::ConfigError,
    layer::Layer,
    legacy::Legacy,
    place::{Environment, Place},
    secret::SecretSource,
    setting::Setting,
};

/// How a node is called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// A name, to which the addresses of the node are added.
    Name(String),
    /// The whole node ID.
    NodeId(NodeId),
}

/// What a node is configured with, where its program says nothing else. `None` leaves the built-in value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// How the node is called; without it, as its host.
    pub identity: Option<Identity>,
    /// Where it listens.
    pub bind: Option<Vec<String>>,
    /// The addresses in its node ID, in place of those that it listens on.
    pub advertise: Option<Vec<Address>>,
    /// Where it looks for global nodes.
    pub seeds: Option<Vec<Address>>,
    /// Whether it is global from its start.
    pub global: Option<bool>,
    /// The secret; without it, the one that is drawn and kept for the user.
    pub secret: Option<SecretSource>,
    /// How often an idle connection is written to.
    pub heartbeat: Option<Duration>,
    /// How long a session without a connection is kept.
    pub session_timeout: Option<Duration>,
    /// Where a refused connection proves that a node is dead.
    pub refused_is_death: Option<RefusedIsDeath>,
    /// Base peers.
    pub legacy: Legacy,
}

impl Settings {
    /// The settings of this process's user: see [`Self::at`].
    ///
    /// # Errors
    ///
    /// As [`Self::at`].
    pub fn of_user(profile: Option<&str>) -> Result<Self, ConfigError> {
        let environment = Environment::of_process();
        let profile = profile.or_else(|| environment.get("AEMP_PROFILE"));
        match (Place::of_user(&environment), profile) {
            (Ok(place), _) => Self::at(&place, &environment, profile),
            // Without a home folder there is no file, and nothing is missing unless it is asked for.
            (Err(_), None) => Layer::of_environment(&environment).map(Self::of_layer),
            (Err(error), Some(_)) => Err(error),
        }
    }

    /// The settings at a place: what the environment says, then the profile (`profile`, or else the one that
    /// `AEMP_PROFILE` names), then its parents, then the top of the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, anything in it is wrong, or it has no such profile.
    pub fn at(place: &Place, environment: &Environment, profile: Option<&str>) -> Result<Self, ConfigError> {
        layer(place, environment, profile).map(Self::of_layer)
    }

    fn of_layer(layer: Layer) -> Self {
        layer.into_settings().fold(Self::default(), |settings, (setting, _)| settings.with(setting))
    }

    fn with(mut self, setting: Setting) -> Self {
        match setting {
            Setting::Name(name) => self.identity = Some(Identity::Name(name)),
            Setting::NodeId(id) => self.identity = Some(Identity::NodeId(id)),
            Setting::Bind(bind) => self.bind = Some(bind),
            Setting::Advertise(addresses) => self.advertise = Some(addresses),
            Setting::Seeds(seeds) => self.seeds = Some(seeds),
            Setting::Global(global) => self.global = Some(global),
            Setting::Secret(secret) => self.secret = Some(SecretSource::Given(secret)),
            Setting::SecretFile(path) => self.secret = Some(SecretSource::File(path)),
            Setting::Heartbeat(time) => self.heartbeat = Some(time),
            Setting::SessionTimeout(time) => self.session_timeout = Some(time),
            Setting::RefusedIsDeath(when) => self.refused_is_death = Some(when),
            Setting::Legacy(everywhere) => self.legacy.network = Some(everywhere),
            Setting::LegacyBind(bind) => self.legacy.bind = Some(bind),
            Setting::LegacyPeers(peers) => self.legacy.peers = Some(peers),
            Setting::LegacySeeds(seeds) => self.legacy.seeds = Some(seeds),
            Setting::LegacyCertificate(path) => self.legacy.certificate = Some(path),
            Setting::LegacySecret(secret) => self.legacy.secret = Some(SecretSource::Given(secret)),
            Setting::LegacySecretFile(path) => self.legacy.secret = Some(SecretSource::File(path)),
            Setting::LegacyAllow(tolerated) => self.legacy.tolerated = Some(tolerated),
            Setting::LegacyRelay(relay) => self.legacy.relay = Some(relay),
        }
        self
    }
}

pub(super) fn layer(place: &Place, environment: &Environment, profile: Option<&str>) -> Result<Layer, ConfigError> {
    let profile = profile.or_else(|| environment.get("AEMP_PROFILE"));
    let file = ConfigFile::read(place.file())?.layer(profile)?;
    Ok(Layer::of_environment(environment)?.over(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
heartbeat = "7s"
secret = "the secret of the whole file"

[profile.base]
bind = ["127.0.0.1:0"]
heartbeat = "2s"

[profile.test]
inherit = "base"
name = "tester"
secret_file = "test.secret"
"#;

    fn place(folder: &tempfile::TempDir) -> Place {
        let file = folder.path().join("config.toml");
        std::fs::write(&file, FILE).unwrap();
        Place::of_file(file)
    }

    #[test]
    fn a_profile_overrides_its_parents_and_they_the_top_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::at(&place(&folder), &[].into(), Some("test")).unwrap();
        let expected = Settings {
            identity: Some(Identity::Name("tester".into())),
            bind: Some(vec!["127.0.0.1:0".into()]),
            secret: Some(SecretSource::File(folder.path().join("test.secret"))),
            heartbeat: Some(Duration::from_secs(2)),
            ..Settings::default()
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let environment = [("AEMP_PROFILE", "test"), ("AEMP_HEARTBEAT", "1s"), ("AEMP_NODE_ID", "n")].into();
        let settings = Settings::at(&place(&folder), &environment, None).unwrap();
        assert_eq!(settings.heartbeat, Some(Duration::from_secs(1)));
        assert_eq!(settings.identity, Some(Identity::NodeId("n".parse().unwrap())));
    }

    #[test]
    fn a_profile_that_is_asked_for_goes_before_that_of_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::at(&place(&folder), &[("AEMP_PROFILE", "test")].into(), Some("base")).unwrap();
        assert_eq!(settings.identity, None);
    }

    #[test]
    fn a_wrong_variable_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = Settings::at(&place(&folder), &[("AEMP_HEARTBEAT", "5")].into(), None).unwrap_err();
        assert!(error.to_string().starts_with("environment variable AEMP_HEARTBEAT: heartbeat"), "{error}");
    }
}
