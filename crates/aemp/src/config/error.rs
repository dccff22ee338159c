//! What can be wrong with a configuration.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::key::Key;

/// Why there is no configuration. Nothing was changed, and no file was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file or folder cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file or folder cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not TOML, line {line}: {problem}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The file has a key that no setting has.
    #[error("{}, line {line}: there is no setting {key:?}; the settings are {}", path.display(), Key::list())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{origin}: {key} cannot be that: {problem}")]
    Value {
        /// Where it is set.
        origin: Origin,
        /// The setting.
        key: Key,
        /// What is wrong with the value.
        problem: String,
    },
    /// Two settings exclude each other, and one place sets both.
    #[error("{origin}: {key} and {other} exclude each other, remove one of them")]
    Both {
        /// Where the later one is set.
        origin: Origin,
        /// The later one.
        key: Key,
        /// The earlier one.
        other: Key,
    },
    /// A profile inherits from itself.
    #[error("{}: profiles inherit from each other in a circle: {}", path.display(), cycle.join(" -> "))]
    Cycle {
        /// The file.
        path: PathBuf,
        /// The profiles, the first one again at the end.
        cycle: Vec<String>,
    },
    /// There is no profile of this name.
    #[error("{} has no profile {name:?}{}", path.display(), needed(wanted_by))]
    UnknownProfile {
        /// The file.
        path: PathBuf,
        /// The profile that was asked for.
        name: String,
        /// The profile that inherits from it, if it was that.
        wanted_by: Option<String>,
    },
    /// No folder for the configuration is known.
    #[error("no home folder is known: set HOME, XDG_CONFIG_HOME, or AEMP_CONFIG to the path of a file")]
    NoFolder,
    /// Others can read or change the file of a secret.
    #[error("{} can be read or changed by others: chmod 600 it, and replace what is in it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The file of a secret is empty.
    #[error("there is no secret in {}", path.display())]
    EmptySecret {
        /// The file.
        path: PathBuf,
    },
}

fn needed(wanted_by: &Option<String>) -> String {
    wanted_by.as_ref().map(|child| format!(", from which profile {child:?} inherits")).unwrap_or_default()
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A line of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// The program: a flag, or an argument of a function.
    Program,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Program => f.write_str("the program"),
        }
    }
}
