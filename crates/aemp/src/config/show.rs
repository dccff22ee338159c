//! Settings as they are shown to people.

use super::{
    document::ConfigFile,
    error::{ConfigError, Origin},
    key::Key,
    place::{Environment, Place},
    setting::Setting,
    settings::layer,
};

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
/// As [`Settings::at`](super::Settings::at).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_says_where_it_is_set_and_hides_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::of_file(folder.path().join("config.toml"));
        let file = "heartbeat = \"7s\"\nsecret = \"of the whole file\"\n[profile.base]\n[profile.test]\n";
        std::fs::write(place.file(), file).unwrap();
        let shown = show(&place, &[].into(), Some("base")).unwrap();
        let secret = shown.iter().find(|shown| shown.key == Key::Secret).unwrap();
        assert_eq!(secret.origin, Origin::File { path: place.file().to_owned(), line: 2 });
        assert!(!secret.value.contains("whole"));
        assert_eq!(profiles(&place).unwrap(), ["base", "test"]);
    }
}
