//! What a node is configured with.

use std::{path::PathBuf, time::Duration};

use aemp_proto::{
    id::{Address, NodeId},
    kernel::RefusedIsDeath,
};

use super::{
    document::ConfigFile,
    error::{ConfigError, Origin},
    key::Key,
    layer::Layer,
    place::{Environment, Place},
    secret::SecretText,
    setting::Setting,
};
use crate::{
    Builder, Node, Secret, SecretError,
    secret::{read, read_or_draw},
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

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretSource {
    /// In the configuration itself.
    Given(SecretText),
    /// In a file.
    File(PathBuf),
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
    /// The secret; without it, the one kept beside the configuration file.
    pub secret: Option<SecretSource>,
    /// How often an idle connection is written to.
    pub heartbeat: Option<Duration>,
    /// How long a session without a connection is kept.
    pub session_timeout: Option<Duration>,
    /// Where a refused connection proves that a node is dead.
    pub refused_is_death: Option<RefusedIsDeath>,
}

impl Settings {
    /// The settings of this process's user: see [`Self::at`].
    ///
    /// # Errors
    ///
    /// As [`Self::at`].
    pub fn of_user(profile: Option<&str>) -> Result<Self, ConfigError> {
        let environment = Environment::of_process();
        let place = Place::of_user(&environment)?;
        Self::at(&place, &environment, profile)
    }

    /// The settings at a place: what the environment says, then the profile (`profile`, or else the one that
    /// `AEMP_PROFILE` names), then its parents, then the top of the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, anything in it is wrong, or it has no such profile.
    pub fn at(place: &Place, environment: &Environment, profile: Option<&str>) -> Result<Self, ConfigError> {
        let layer = layer(place, environment, profile)?;
        Ok(layer.into_settings().fold(Self::default(), |settings, (setting, _)| settings.with(setting)))
    }

    /// These settings, and those of `lower` that they leave open.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        Self {
            identity: self.identity.or(lower.identity),
            bind: self.bind.or(lower.bind),
            advertise: self.advertise.or(lower.advertise),
            secret: self.secret.or(lower.secret),
            heartbeat: self.heartbeat.or(lower.heartbeat),
            session_timeout: self.session_timeout.or(lower.session_timeout),
            refused_is_death: self.refused_is_death.or(lower.refused_is_death),
        }
    }

    /// The secret of these settings, or the one kept at `place`, where one is drawn if there is none.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written, is open to other users, or is empty.
    pub fn secret(&self, place: &Place) -> Result<Secret, SecretError> {
        match &self.secret {
            Some(SecretSource::Given(text)) => Secret::from_text(text.as_str())
                .map_err(|error| SecretError::Mistyped { source_name: "the configuration".to_owned(), error }),
            Some(SecretSource::File(path)) => read(path),
            None => read_or_draw(&place.secret()),
        }
    }

    /// Sets one setting, given in its text form by the program or its user.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] if the setting cannot have this value; it is then as it was.
    pub fn set(&mut self, key: Key, text: &str) -> Result<(), ConfigError> {
        let setting = Setting::parse(key, text);
        let setting = setting.map_err(|problem| ConfigError::Value { origin: Origin::Program, key, problem })?;
        *self = std::mem::take(self).with(setting);
        Ok(())
    }

    /// A builder with these settings and the secret that belongs to them; see [`Self::secret`].
    ///
    /// # Errors
    ///
    /// As [`Self::secret`].
    pub fn builder(&self, place: &Place) -> Result<Builder, SecretError> {
        let mut builder = Node::builder().secret(&**self.secret(place)?.to_text());
        builder = match &self.identity {
            None => builder,
            Some(Identity::Name(name)) => builder.name(name),
            Some(Identity::NodeId(id)) => builder.node_id(id.clone()),
        };
        for address in self.bind.iter().flatten() {
            builder = builder.bind(address);
        }
        for address in self.advertise.iter().flatten() {
            builder = builder.advertise(&address.to_string());
        }
        if let Some(heartbeat) = self.heartbeat {
            builder = builder.heartbeat(heartbeat);
        }
        if let Some(timeout) = self.session_timeout {
            builder = builder.session_timeout(timeout);
        }
        if let Some(when) = self.refused_is_death {
            builder = builder.refused_is_death(when);
        }
        Ok(builder)
    }

    fn with(mut self, setting: Setting) -> Self {
        match setting {
            Setting::Name(name) => self.identity = Some(Identity::Name(name)),
            Setting::NodeId(id) => self.identity = Some(Identity::NodeId(id)),
            Setting::Bind(bind) => self.bind = Some(bind),
            Setting::Advertise(addresses) => self.advertise = Some(addresses),
            Setting::Secret(secret) => self.secret = Some(SecretSource::Given(secret)),
            Setting::SecretFile(path) => self.secret = Some(SecretSource::File(path)),
            Setting::Heartbeat(time) => self.heartbeat = Some(time),
            Setting::SessionTimeout(time) => self.session_timeout = Some(time),
            Setting::RefusedIsDeath(when) => self.refused_is_death = Some(when),
        }
        self
    }
}

/// A setting as it is shown to people: the key, the value (never that of a secret), and where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The setting.
    pub key: Key,
    /// Its value in text form.
    pub value: String,
    /// Where it is set.
    pub origin: Origin,
}

/// The settings at a place with where each comes from, for people.
///
/// # Errors
///
/// As [`Settings::at`].
pub fn show(place: &Place, environment: &Environment, profile: Option<&str>) -> Result<Vec<Shown>, ConfigError> {
    let shown = |(setting, origin): (Setting, Origin)| Shown { key: setting.key(), value: setting.to_string(), origin };
    Ok(layer(place, environment, profile)?.into_settings().map(shown).collect())
}

/// The names of the profiles at a place.
///
/// # Errors
///
/// The file cannot be read, or anything in it is wrong.
pub fn profiles(place: &Place) -> Result<Vec<String>, ConfigError> {
    Ok(ConfigFile::read(place.file())?.profiles().map(str::to_owned).collect())
}

fn layer(place: &Place, environment: &Environment, profile: Option<&str>) -> Result<Layer, ConfigError> {
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
    fn the_program_overrides_everything() {
        let folder = tempfile::tempdir().unwrap();
        let configured = Settings::at(&place(&folder), &[].into(), Some("test")).unwrap();
        let program = Settings { heartbeat: Some(Duration::from_secs(9)), ..Settings::default() };
        let settings = program.over(configured.clone());
        assert_eq!(settings, Settings { heartbeat: Some(Duration::from_secs(9)), ..configured });
    }

    #[test]
    fn a_wrong_variable_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = Settings::at(&place(&folder), &[("AEMP_HEARTBEAT", "5")].into(), None).unwrap_err();
        assert!(error.to_string().starts_with("environment variable AEMP_HEARTBEAT: heartbeat"), "{error}");
    }

    #[test]
    fn what_is_shown_says_where_it_is_set_and_hides_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder);
        let shown = show(&place, &[].into(), Some("base")).unwrap();
        let secret = shown.iter().find(|shown| shown.key == Key::Secret).unwrap();
        assert_eq!(secret.origin, Origin::File { path: place.file().to_owned(), line: 3 });
        assert!(!secret.value.contains("whole"));
        assert_eq!(profiles(&place).unwrap(), ["base", "test"]);
    }

    #[test]
    fn without_a_configured_secret_one_is_kept_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::of_file(folder.path().join("config.toml"));
        let secret = Settings::default().secret(&place).unwrap();
        assert_eq!(read(&folder.path().join("secret")).unwrap().fingerprint(), secret.fingerprint());
    }
}
