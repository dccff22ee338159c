//! Changes of the configuration file, which keep its comments and order.

use std::{fs, io};

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::{
    document::{ConfigFile, INHERIT, PROFILES, syntax},
    error::{ConfigError, Origin},
    key::Key,
    place::{Place, draft},
    setting::Setting,
};

/// What a profile, or the top of the file, can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A setting.
    Setting(Key),
    /// The profile that it inherits from.
    Inherit,
}

impl std::str::FromStr for Entry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == INHERIT { Ok(Self::Inherit) } else { text.parse().map(Self::Setting) }
    }
}

impl Entry {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Setting(key) => key.as_str(),
            Self::Inherit => INHERIT,
        }
    }
}

/// Sets an entry of a profile, which is made if it does not exist, or of the top of the file.
///
/// # Errors
///
/// The value is wrong, the file would be wrong with it, or the file cannot be read or written. It is then
/// as it was.
pub fn set(place: &Place, in_profile: Option<&str>, entry: Entry, text: &str) -> Result<(), ConfigError> {
    if let Entry::Setting(key) = entry {
        Setting::parse(key, text).map_err(|problem| ConfigError::Value { origin: Origin::Program, key, problem })?;
    }
    edit(place, |document| {
        let table: &mut dyn TableLike = match in_profile {
            None => document.as_table_mut(),
            Some(name) => profile(document, name),
        };
        if let Entry::Setting(key) = entry
            && let Some(other) = key.alternative()
        {
            table.remove(other.as_str());
        }
        match table.get_mut(entry.as_str()).and_then(Item::as_value_mut) {
            Some(old) => {
                let decor = old.decor().clone();
                *old = value_of(entry, text);
                *old.decor_mut() = decor;
            }
            None => {
                table.insert(entry.as_str(), Item::Value(value_of(entry, text)));
            }
        }
    })
}

/// Removes an entry. Nothing happens if it is not there.
///
/// # Errors
///
/// As [`set`].
pub fn remove(place: &Place, profile: Option<&str>, entry: Entry) -> Result<(), ConfigError> {
    edit(place, |document| {
        let table = match profile {
            None => Some(document.as_table_mut() as &mut dyn TableLike),
            Some(name) => profiles(document).get_mut(name).and_then(Item::as_table_like_mut),
        };
        if let Some(table) = table {
            table.remove(entry.as_str());
        }
    })
}

/// Removes a whole profile. Nothing happens if it is not there.
///
/// # Errors
///
/// Another profile inherits from it; else as [`set`].
pub fn remove_profile(place: &Place, name: &str) -> Result<(), ConfigError> {
    edit(place, |document| {
        profiles(document).remove(name);
    })
}

/// Changes the file: reads it, changes it, checks it, and puts the new one in place of the old.
fn edit(place: &Place, change: impl FnOnce(&mut DocumentMut)) -> Result<(), ConfigError> {
    let path = place.file();
    let old = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ConfigError::Read { path: path.to_owned(), error }),
    };
    ConfigFile::parse(path, &old)?;
    let mut document: DocumentMut = old.parse().map_err(|error| syntax(path, &old, &error))?;
    change(&mut document);
    let new = document.to_string();
    ConfigFile::parse(path, &new)?;
    let write = |error| ConfigError::Write { path: path.to_owned(), error };
    // A link to a file elsewhere stays a link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    draft(&target, &new).map_err(write)?.persist(&target).map_err(|failed| write(failed.error))?;
    Ok(())
}

fn profiles(document: &mut DocumentMut) -> &mut dyn TableLike {
    let profiles = document.as_table_mut().entry(PROFILES).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    table_in(profiles)
}

fn profile<'a>(document: &'a mut DocumentMut, name: &str) -> &'a mut dyn TableLike {
    table_in(profiles(document).entry(name).or_insert(Item::Table(Table::new())))
}

/// The table in an item. What is no table was refused when the file was read.
fn table_in(item: &mut Item) -> &mut dyn TableLike {
    if !item.is_table_like() {
        *item = Item::Table(Table::new());
    }
    item.as_table_like_mut().expect("made a table above")
}

fn value_of(entry: Entry, text: &str) -> Value {
    match entry {
        Entry::Setting(Key::Bind | Key::Advertise | Key::Seeds) => {
            Value::Array(text.split(',').map(str::trim).collect::<Array>())
        }
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# My nodes.\nheartbeat = \"2s\" # brisk\n\n[profile.a]\n# listens\nbind = [\"127.0.0.1:1\"]\n";

    fn place(folder: &tempfile::TempDir, text: &str) -> Place {
        let place = Place::of_file(folder.path().join("config.toml"));
        fs::write(place.file(), text).unwrap();
        place
    }

    fn text(place: &Place) -> String {
        fs::read_to_string(place.file()).unwrap()
    }

    fn entry(text: &str) -> Entry {
        text.parse().unwrap()
    }

    #[test]
    fn a_change_keeps_comments_and_everything_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, FILE);
        set(&place, None, entry("heartbeat"), "3s").unwrap();
        assert_eq!(text(&place), FILE.replace("2s", "3s"));
        set(&place, Some("a"), entry("bind"), "127.0.0.1:1,unix:/a").unwrap();
        assert_eq!(text(&place), FILE.replace("2s", "3s").replace(":1\"]", ":1\", \"unix:/a\"]"));
    }

    #[test]
    fn the_first_setting_makes_file_and_profile() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::of_file(folder.path().join("new/config.toml"));
        set(&place, Some("a"), entry("name"), "ann").unwrap();
        assert_eq!(text(&place), "[profile.a]\nname = \"ann\"\n");
    }

    #[test]
    fn a_setting_takes_the_place_of_its_alternative() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, "secret = \"a\"\n");
        set(&place, None, entry("secret_file"), "/b").unwrap();
        assert_eq!(text(&place), "secret_file = \"/b\"\n");
    }

    #[test]
    fn what_is_removed_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, FILE);
        remove(&place, None, entry("heartbeat")).unwrap();
        remove(&place, Some("none"), entry("bind")).unwrap();
        assert!(!text(&place).contains("heartbeat"));
        remove_profile(&place, "a").unwrap();
        assert!(!text(&place).contains("profile"), "{}", text(&place));
    }

    #[test]
    fn a_wrong_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        for wrong in ["bind = ", "nonsense = \"1\"\n", "\u{0}"] {
            let place = place(&folder, wrong);
            assert!(set(&place, None, entry("name"), "ann").is_err());
            assert_eq!(text(&place), wrong);
        }
    }

    #[test]
    fn a_change_that_makes_the_file_wrong_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, FILE);
        assert!(matches!(set(&place, Some("a"), entry("inherit"), "a"), Err(ConfigError::Cycle { .. })));
        assert!(matches!(set(&place, None, entry("heartbeat"), "5"), Err(ConfigError::Value { .. })));
        assert!(matches!(set(&place, None, entry("inherit"), "a"), Err(ConfigError::UnknownKey { .. })));
        assert_eq!(text(&place), FILE);
    }

    #[cfg(unix)]
    #[test]
    fn the_written_file_is_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, FILE);
        set(&place, None, entry("name"), "ann").unwrap();
        assert_eq!(fs::metadata(place.file()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
