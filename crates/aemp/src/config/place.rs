//! Where the configuration is.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::error::ConfigError;

/// The variables of an environment.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self(env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }

    /// The value of a variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// Where the configuration of a user is: a file, and beside it the kept secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: PathBuf,
}

impl Place {
    /// `AEMP_CONFIG`, or `aemp/config.toml` in `XDG_CONFIG_HOME` or else in `.config` of the home folder.
    ///
    /// # Errors
    ///
    /// None of these variables is set.
    pub fn of_user(environment: &Environment) -> Result<Self, ConfigError> {
        if let Some(file) = environment.get("AEMP_CONFIG") {
            return Ok(Self::of_file(file));
        }
        // A relative path in XDG_CONFIG_HOME is invalid, says its specification.
        let named = environment.get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = named.or_else(|| environment.get("HOME").map(|home| Path::new(home).join(".config")));
        let folder = folder.ok_or(ConfigError::NoFolder)?;
        Ok(Self::of_file(folder.join("aemp").join("config.toml")))
    }

    /// The configuration in this file.
    pub fn of_file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The file of the secret that is drawn where none is configured.
    pub fn secret(&self) -> PathBuf {
        self.file.with_file_name("secret")
    }
}

/// Writes a file that is to be renamed or linked to `path`: complete, on the disk, readable by the user alone.
pub(super) fn draft(path: &Path, content: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = NamedTempFile::new_in(folder)?;
    draft.write_all(content.as_bytes())?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<const N: usize>(environment: [(&str, &str); N]) -> String {
        Place::of_user(&environment.into()).unwrap().file().display().to_string()
    }

    #[test]
    fn the_file_is_in_the_configuration_folder_of_the_user() {
        assert_eq!(file([("HOME", "/home/ann")]), "/home/ann/.config/aemp/config.toml");
        assert_eq!(file([("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "/etc/ann")]), "/etc/ann/aemp/config.toml");
        assert_eq!(file([("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "etc")]), "/home/ann/.config/aemp/config.toml");
    }

    #[test]
    fn a_variable_names_another_file() {
        assert_eq!(file([("HOME", "/home/ann"), ("AEMP_CONFIG", "/tmp/a.toml")]), "/tmp/a.toml");
    }

    #[test]
    fn without_a_home_folder_there_is_no_place() {
        assert!(matches!(Place::of_user(&[("HOME", "")].into()), Err(ConfigError::NoFolder)));
    }
}
