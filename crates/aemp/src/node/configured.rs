//! What the user says where the program says nothing.

use crate::{
    config::{ConfigError, Identity, Settings},
    error::{Error, Result},
};

use super::builder::{Builder, Name};

/// Whose settings count where the program says nothing.
#[derive(Clone, Debug)]
pub(super) enum Profile {
    /// The user's, with the profile that the environment names, if it names one.
    OfUser,
    /// The user's, with this profile.
    Named(String),
    /// Nobody's.
    None,
}

impl Builder {
    /// Adds what the user says. The program, which knows what it is for, goes before.
    pub(super) fn configured(self) -> Result<Self> {
        let settings = match &self.profile {
            Profile::None if self.secret.is_none() && self.certificates.is_none() => {
                return Err(Error::Configuration("an unconfigured node needs a secret or certificates".into()));
            }
            Profile::None => return Ok(self),
            Profile::OfUser => Settings::of_user(None),
            Profile::Named(name) => Settings::of_user(Some(name)),
        };
        settings.and_then(|settings| self.with(settings)).map_err(|error| Error::Configuration(error.into()))
    }

    /// Refuses what a node could not work with: it would never rest, or never get a message across.
    pub(super) fn checked(self) -> Result<Self> {
        let zero = [
            ("heartbeat", self.timing.heartbeat.is_zero()),
            ("session_timeout", self.timing.session_timeout.is_zero()),
            ("max_local", self.limits.max_local == 0),
            ("max_unacknowledged", self.limits.max_unacknowledged == 0),
            ("max_piece", self.limits.max_piece == 0),
            ("max_unsent", self.limits.max_unsent == 0),
            ("max_in_flight_of_large", self.limits.max_in_flight_of_large == 0),
        ];
        match zero.into_iter().find(|(_, is_zero)| *is_zero) {
            Some((name, _)) => Err(Error::Configuration(format!("{name} has to be more than nothing").into())),
            None => Ok(self),
        }
    }

    fn with(mut self, settings: Settings) -> Result<Self, ConfigError> {
        let listens = !matches!(self.name, Name::Anonymous);
        // Others would find and need an anonymous node that had a name and addresses, or held the database.
        if listens {
            self.bind = if self.bind.is_empty() { settings.bind.unwrap_or_default() } else { self.bind };
            self.advertise =
                if self.advertise.is_empty() { settings.advertise.unwrap_or_default() } else { self.advertise };
            self.global |= settings.global.unwrap_or_default();
        }
        if self.seeds.is_empty() {
            self.seeds = settings.seeds.unwrap_or_default();
        }
        self.name = match (self.name, settings.identity) {
            (Name::Host, Some(Identity::Name(name))) => Name::Given(name),
            (Name::Host, Some(Identity::NodeId(id))) => Name::Id(id),
            (name, _) => name,
        };
        if self.secret.is_none() && self.certificates.is_none() {
            let text = settings.secret.map(|source| source.text()).transpose()?;
            self.secret = text.map(|text| text.as_str().to_owned().into());
        }
        self.legacy = self.legacy.with(settings.legacy, listens)?;
        if let Some(heartbeat) = settings.heartbeat.filter(|_| !self.told.heartbeat) {
            self.timing.heartbeat = heartbeat;
        }
        if let Some(timeout) = settings.session_timeout.filter(|_| !self.told.session_timeout) {
            self.timing.session_timeout = timeout;
        }
        if let Some(when) = settings.refused_is_death.filter(|_| !self.told.refused_is_death) {
            self.refused_is_death = when;
        }
        Ok(self)
    }
}

/// Which of the settings that have a built-in value the program has said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) heartbeat: bool,
    pub(super) session_timeout: bool,
    pub(super) refused_is_death: bool,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Node;

    fn settings() -> Settings {
        Settings {
            identity: Some(Identity::Name("configured".into())),
            bind: Some(vec!["127.0.0.1:1".into()]),
            heartbeat: Some(Duration::from_secs(1)),
            session_timeout: Some(Duration::from_secs(2)),
            ..Settings::default()
        }
    }

    #[test]
    fn the_user_says_what_the_program_leaves_open() {
        let builder = Node::builder().with(settings()).unwrap();
        assert!(matches!(builder.name, Name::Given(name) if name == "configured"));
        assert_eq!(builder.bind, ["127.0.0.1:1"]);
        assert_eq!(builder.timing.heartbeat, Duration::from_secs(1));
    }

    #[test]
    fn the_program_goes_before_its_user() {
        let told = Node::builder().name("told").bind("127.0.0.1:2").heartbeat(Duration::from_secs(5));
        let builder = told.with(settings()).unwrap();
        assert!(matches!(builder.name, Name::Given(name) if name == "told"));
        assert_eq!(builder.bind, ["127.0.0.1:2"]);
        assert_eq!(builder.timing.heartbeat, Duration::from_secs(5));
        assert_eq!(builder.timing.session_timeout, Duration::from_secs(2));
    }

    #[test]
    fn an_anonymous_node_stays_anonymous_and_listens_nowhere() {
        let builder = Node::builder().anonymous().with(settings()).unwrap();
        assert!(matches!(builder.name, Name::Anonymous));
        assert!(builder.bind.is_empty());
    }

    #[test]
    fn an_anonymous_node_is_global_only_if_its_program_says_so() {
        let settings = || Settings { global: Some(true), ..Settings::default() };
        assert!(Node::builder().with(settings()).unwrap().global);
        assert!(!Node::builder().anonymous().with(settings()).unwrap().global);
        assert!(Node::builder().anonymous().global().with(settings()).unwrap().global);
    }

    #[test]
    fn an_unconfigured_node_needs_a_secret() {
        assert!(matches!(Node::builder().unconfigured().start(), Err(Error::Configuration(_))));
    }
}
