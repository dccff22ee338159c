//! Secrets in a configuration.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::error::ConfigError;

/// The text form of a secret. It is not printed, and wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// A text without the white space around it. `None` if nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, as [`Secret::from_text`](crate::Secret::from_text) takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(not shown)")
    }
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

impl SecretSource {
    /// The text of the secret.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is empty, or is open to other users.
    pub fn text(&self) -> Result<SecretText, ConfigError> {
        match self {
            Self::Given(text) => Ok(text.clone()),
            Self::File(path) => read_file(path),
        }
    }
}

fn read_file(path: &Path) -> Result<SecretText, ConfigError> {
    let read = |error| ConfigError::Read { path: path.to_owned(), error };
    if is_exposed(&fs::metadata(path).map_err(read)?) {
        return Err(ConfigError::Exposed { path: path.to_owned() });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(read)?);
    SecretText::new(&text).ok_or_else(|| ConfigError::EmptySecret { path: path.to_owned() })
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    /// The group may write, or others may do anything: the group may read, since that is how services are given secrets.
    const EXPOSED: u32 = 0o027;
    metadata.permissions().mode() & EXPOSED != 0
}

#[cfg(not(unix))]
const fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::place::draft;

    fn source(folder: &tempfile::TempDir, content: &str) -> SecretSource {
        let path = folder.path().join("secret");
        draft(&path, content).unwrap().persist(&path).unwrap();
        SecretSource::File(path)
    }

    #[test]
    fn a_secret_in_a_file_is_its_text_without_white_space() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(source(&folder, " of our network\n").text().unwrap().as_str(), "of our network");
    }

    #[test]
    fn a_file_without_a_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(source(&folder, " \n").text(), Err(ConfigError::EmptySecret { .. })));
        assert!(matches!(SecretSource::File(folder.path().join("none")).text(), Err(ConfigError::Read { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder, "of our network");
        fs::set_permissions(folder.path().join("secret"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(source.text(), Err(ConfigError::Exposed { .. })));
    }
}
