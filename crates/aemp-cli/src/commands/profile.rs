//! `aemp profile`: shows and changes the settings in the configuration file.

use std::fmt;

use aemp::config::{self, Entry, Environment, Place, Shown};
use clap::Subcommand;
use serde::Serialize;

use crate::{
    exit::{Failure, talk},
    output::Output,
};

/// Shows and changes profiles. The settings stand in config.toml in the folder aemp of the user's configuration
/// folder, or in the file that AEMP_CONFIG names.
#[derive(clap::Args, Debug)]
pub(crate) struct Profile {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// Print the names of the profiles
    List,
    /// Print the settings that a node would get, and where each is set
    Show,
    /// Set a setting (or `inherit`) in the profile that --profile names, or else for all profiles
    Set {
        /// The setting
        key: Entry,
        /// Its value; lists are separated by commas
        value: String,
    },
    /// Remove a setting from the profile that --profile names, or else from the top of the file
    Unset {
        /// The setting
        key: Entry,
    },
    /// Remove a profile
    Remove {
        /// The profile
        name: String,
    },
    /// Print the path of the file
    Path,
}

/// One line with one value.
#[derive(Serialize)]
#[serde(transparent)]
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[derive(Serialize)]
struct Setting {
    key: &'static str,
    value: String,
    from: String,
}

impl From<Shown> for Setting {
    fn from(shown: Shown) -> Self {
        Self { key: shown.key.as_str(), value: shown.value, from: shown.origin.to_string() }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t({})", self.key, self.value, self.from)
    }
}

/// Carries out `aemp profile`; `named` is the profile that `--profile` names.
pub(crate) fn run(profile: &Profile, named: Option<&str>, output: Output) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let place = Place::of_user(&environment)?;
    match &profile.command {
        ProfileCommand::List => {
            config::profiles(&place)?.iter().try_for_each(|name| output.print(&Line(name)))?;
        }
        ProfileCommand::Show => {
            let shown = config::show(&place, &environment, named)?;
            shown.into_iter().try_for_each(|shown| output.print(&Setting::from(shown)))?;
        }
        ProfileCommand::Set { key, value } => {
            config::set(&place, named, *key, value)?;
            talk(format_args!("set in {}", place.file().display()));
        }
        ProfileCommand::Unset { key } => config::remove(&place, named, *key)?,
        ProfileCommand::Remove { name } => config::remove_profile(&place, name)?,
        ProfileCommand::Path => output.print(&Line(&place.file().to_string_lossy()))?,
    }
    Ok(())
}
