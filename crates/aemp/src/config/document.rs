//! The configuration file: parsed once, every mistake with its line.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use toml_edit::{Array, Document, Item, Table, TableLike, TomlError, Value};

use super::{
    error::{ConfigError, Origin},
    key::Key,
    layer::Layer,
    setting::Setting,
};

/// The table that holds the profiles.
pub(super) const PROFILES: &str = "profile";
/// The key by which a profile names its parent.
pub(super) const INHERIT: &str = "inherit";

/// The content of a configuration file.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigFile {
    path: PathBuf,
    defaults: Layer,
    profiles: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug)]
struct Profile {
    parent: Option<String>,
    layer: Layer,
}

impl ConfigFile {
    /// Reads a file; one that does not exist has nothing in it.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::parse(path, ""),
            Err(error) => Err(ConfigError::Read { path: path.to_owned(), error }),
        }
    }

    /// Parses the text of a file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let document = Document::parse(text).map_err(|error| syntax(path, text, &error))?;
        Reader { path, text }.file(document.as_table())
    }

    /// The names of all profiles.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// What the file says for a profile: the settings of the profile, of its parents, and the defaults at the
    /// top of the file, each overriding the next.
    pub(super) fn layer(&self, profile: Option<&str>) -> Result<Layer, ConfigError> {
        let mut layers = vec![&self.defaults];
        for profile in self.lineage(profile)?.iter().rev() {
            layers.push(&profile.layer);
        }
        Ok(layers.into_iter().fold(Layer::default(), |lower, upper| upper.clone().over(lower)))
    }

    /// A profile, its parent, its parent's parent and so on.
    fn lineage(&self, profile: Option<&str>) -> Result<Vec<&Profile>, ConfigError> {
        let mut names: Vec<String> = Vec::new();
        let mut lineage = Vec::new();
        let mut next = profile.map(str::to_owned);
        while let Some(name) = next {
            if let Some(first) = names.iter().position(|known| *known == name) {
                names.push(name);
                return Err(ConfigError::Cycle { path: self.path.clone(), cycle: names.split_off(first) });
            }
            let profile = self.profiles.get(&name).ok_or_else(|| ConfigError::UnknownProfile {
                path: self.path.clone(),
                name: name.clone(),
                wanted_by: names.last().cloned(),
            })?;
            names.push(name);
            next = profile.parent.clone();
            lineage.push(profile);
        }
        Ok(lineage)
    }
}

/// Reads the tables of one file.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn file(&self, root: &Table) -> Result<ConfigFile, ConfigError> {
        let mut file = ConfigFile { path: self.path.to_owned(), ..ConfigFile::default() };
        for (name, item) in root {
            if name != PROFILES {
                self.setting(&mut file.defaults, root, name, item)?;
                continue;
            }
            let profiles = item.as_table_like().ok_or_else(|| self.not_a_table(root, name))?;
            for (name, item) in profiles.iter() {
                let table = item.as_table_like().ok_or_else(|| self.not_a_table(profiles, name))?;
                file.profiles.insert(name.to_owned(), self.profile(table)?);
            }
        }
        // A wrong parent is a mistake in the file, whichever profile is asked for.
        for name in file.profiles.keys() {
            file.lineage(Some(name))?;
        }
        Ok(file)
    }

    fn profile(&self, table: &dyn TableLike) -> Result<Profile, ConfigError> {
        let mut profile = Profile { parent: None, layer: Layer::default() };
        for (name, item) in table.iter() {
            match item.as_str() {
                Some(parent) if name == INHERIT => profile.parent = Some(parent.to_owned()),
                _ => self.setting(&mut profile.layer, table, name, item)?,
            }
        }
        Ok(profile)
    }

    fn setting(&self, layer: &mut Layer, table: &dyn TableLike, name: &str, item: &Item) -> Result<(), ConfigError> {
        let line = self.line(table, name);
        let key: Key =
            name.parse().map_err(|_| ConfigError::UnknownKey { path: self.path.to_owned(), line, key: name.into() })?;
        let origin = Origin::File { path: self.path.to_owned(), line };
        let setting = text_of(item).and_then(|text| Setting::parse(key, &text));
        let setting = setting.map_err(|problem| ConfigError::Value { origin: origin.clone(), key, problem })?;
        layer.insert(self.beside_the_file(setting), origin)
    }

    /// A relative path in the file is relative to the file, wherever the program was started.
    fn beside_the_file(&self, setting: Setting) -> Setting {
        let beside = |path| self.path.with_file_name("").join(path);
        match setting {
            Setting::SecretFile(path) => Setting::SecretFile(beside(path)),
            Setting::LegacySecretFile(path) => Setting::LegacySecretFile(beside(path)),
            Setting::LegacyCertificate(path) => Setting::LegacyCertificate(beside(path)),
            other => other,
        }
    }

    fn not_a_table(&self, table: &dyn TableLike, name: &str) -> ConfigError {
        ConfigError::Syntax {
            path: self.path.to_owned(),
            line: self.line(table, name),
            problem: format!("{name} is not a table; a profile is written [{PROFILES}.NAME]"),
        }
    }

    fn line(&self, table: &dyn TableLike, name: &str) -> usize {
        let key = table.get_key_value(name).and_then(|(key, _)| key.span());
        line_of(self.text, key.map_or(0, |span| span.start))
    }
}

/// The text form of a value: a string, or a list of strings.
fn text_of(item: &Item) -> Result<String, String> {
    let strings = |array: &Array| array.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|all| all.join(", "));
    let text = item.as_str().map(str::to_owned).or_else(|| item.as_array().and_then(strings));
    let text = text.or_else(|| item.as_bool().map(|yes| yes.to_string()));
    text.ok_or_else(|| format!("it is a text in quotes, or a list of such texts, not {}", item.type_name()))
}

/// Says where a file is not TOML.
pub(super) fn syntax(path: &Path, text: &str, error: &TomlError) -> ConfigError {
    let line = line_of(text, error.span().map_or(0, |span| span.start));
    ConfigError::Syntax { path: path.to_owned(), line, problem: error.message().trim().replace('\n', ", ") }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|octet| *octet == b'\n').count() + 1
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
