//! Where a node's secret comes from.

use std::{env, io, path::PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{Mistyped, Secret, Weakness, kept};
use crate::config::{Environment, Place};

/// Why there is no usable secret. Nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The system has no randomness to give.
    #[error("no secret could be drawn: {0}")]
    Draw(getrandom::Error),
    /// A secret was drawn, and could not be kept for the other nodes and the next start.
    #[error(
        "no secret is configured, and a drawn one cannot be kept in {path}: {error}; set AEMP_SECRET or AEMP_SECRET_FILE"
    )]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There is no folder for a drawn secret.
    #[error(
        "no secret is configured, and without HOME there is no place to keep a drawn one; set AEMP_SECRET or AEMP_SECRET_FILE"
    )]
    NoFolder,
    /// The secret of a file or variable is mistyped.
    #[error("{source_name}: {error}")]
    Mistyped {
        /// The file or variable.
        source_name: String,
        /// What is wrong.
        error: Mistyped,
    },
    /// The secret of a variable is no text.
    #[error("{0} is not UTF-8: put other octets into a file, in the form of `aemp secret generate`")]
    NotText(&'static str),
    /// Others can read the kept secret.
    #[error("others can read the secret in {0}: run `chmod 600` on it, or draw a new one if they may have")]
    Open(PathBuf),
    /// The file with the secret cannot be read.
    #[error("the secret in {path} cannot be read: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The secret protects nothing, and the node can be reached from, or reaches, other hosts.
    #[error(transparent)]
    Weak(#[from] Weakness),
}

/// The secret of a node: the given one, else that of `AEMP_SECRET`, of the file that `AEMP_SECRET_FILE` names,
/// or the one kept in the user's configuration folder, which is drawn by the first node that looks for it.
///
/// `beyond_loopback`: the node listens or dials beyond this host. Only there a weak secret is an error, and so is
/// a drawn one that cannot be kept; otherwise it serves for this run.
///
/// # Errors
///
/// [`SecretError`], which names the file or variable and what to do.
pub(crate) fn find(given: Option<Secret>, beyond_loopback: bool) -> Result<Secret, SecretError> {
    let secret = match given.map_or_else(configured, |secret| Ok(Some(secret)))? {
        Some(secret) => secret,
        None => kept_or_drawn(default_file(), beyond_loopback)?,
    };
    match secret.weakness() {
        Some(weakness) if beyond_loopback => Err(weakness.into()),
        _ => Ok(secret),
    }
}

/// The file beside the user's configuration.
fn default_file() -> Option<PathBuf> {
    Place::of_user(&Environment::of_process()).ok().map(|place| place.secret())
}

/// The secret that the environment names.
fn configured() -> Result<Option<Secret>, SecretError> {
    const VARIABLE: &str = "AEMP_SECRET";
    match env::var(VARIABLE).map(Zeroizing::new) {
        Ok(text) => {
            let mistyped = |error| SecretError::Mistyped { source_name: VARIABLE.to_owned(), error };
            return Secret::from_text(&text).map(Some).map_err(mistyped);
        }
        Err(env::VarError::NotUnicode(_)) => return Err(SecretError::NotText(VARIABLE)),
        Err(env::VarError::NotPresent) => {}
    }
    env::var_os("AEMP_SECRET_FILE").map(|path| kept::read(&PathBuf::from(path))).transpose()
}

fn kept_or_drawn(file: Option<PathBuf>, must_be_kept: bool) -> Result<Secret, SecretError> {
    match file.ok_or(SecretError::NoFolder).and_then(|path| kept::read_or_draw(&path)) {
        Err(SecretError::Keep { .. } | SecretError::NoFolder) if !must_be_kept => {
            Secret::generate().map_err(SecretError::Draw)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_secret_is_good_enough_on_loopback_only() {
        let weak = || Some(Secret::from_text("short").unwrap());
        assert!(find(weak(), false).is_ok());
        assert!(matches!(find(weak(), true), Err(SecretError::Weak(Weakness::Short))));
    }

    #[test]
    fn what_cannot_be_kept_serves_one_run_on_loopback_only() {
        let nowhere = || Some(PathBuf::from("/dev/null/aemp/secret"));
        assert!(matches!(kept_or_drawn(nowhere(), true), Err(SecretError::Keep { .. })));
        assert!(kept_or_drawn(nowhere(), false).is_ok());
        assert!(matches!(kept_or_drawn(None, true), Err(SecretError::NoFolder)));
    }
}
