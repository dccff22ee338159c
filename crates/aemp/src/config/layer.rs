//! Settings of one place, or of several that override each other.

use std::collections::BTreeMap;

use super::{
    error::{ConfigError, Origin},
    key::Key,
    place::Environment,
    setting::Setting,
};

/// Settings, each with the place that it comes from. Of two that exclude each other it has one at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer(BTreeMap<Key, (Setting, Origin)>);

impl Layer {
    /// The settings in the variables of an environment.
    pub(super) fn of_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        for key in Key::ALL {
            let variable = key.variable();
            if let Some(text) = environment.get(&variable) {
                let origin = Origin::Variable(variable);
                let setting = Setting::parse(key, text);
                let setting = setting.map_err(|problem| ConfigError::Value { origin: origin.clone(), key, problem })?;
                layer.insert(setting, origin)?;
            }
        }
        Ok(layer)
    }

    /// Adds a setting of the same place.
    pub(super) fn insert(&mut self, setting: Setting, origin: Origin) -> Result<(), ConfigError> {
        let key = setting.key();
        match key.alternative().filter(|other| self.0.contains_key(other)) {
            Some(other) => Err(ConfigError::Both { origin, key, other }),
            None => {
                self.0.insert(key, (setting, origin));
                Ok(())
            }
        }
    }

    /// These settings, and those of `lower` that they leave open.
    pub(super) fn over(self, mut lower: Self) -> Self {
        for (key, setting) in self.0 {
            if let Some(other) = key.alternative() {
                lower.0.remove(&other);
            }
            lower.0.insert(key, setting);
        }
        lower
    }

    /// The settings with their places, in the order in which they are shown.
    pub(super) fn into_settings(self) -> impl Iterator<Item = (Setting, Origin)> {
        self.0.into_values()
    }
}
