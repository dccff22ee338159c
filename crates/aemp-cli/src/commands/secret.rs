//! `aemp secret`: makes secrets.

use std::fmt;

use clap::Subcommand;
use serde::Serialize;

use crate::{exit::Failure, output::Output};

/// Makes secrets.
#[derive(clap::Args, Debug)]
pub(crate) struct Secret {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Draw a new secret and print it, for a file that all nodes of the network get
    Generate,
}

#[derive(Serialize)]
struct Drawn<'a> {
    secret: &'a str,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.secret)
    }
}

/// Carries out `aemp secret`.
pub(crate) fn run(secret: &Secret, output: Output) -> Result<(), Failure> {
    match secret.command {
        SecretCommand::Generate => {
            let secret = aemp::Secret::generate().map_err(|error| Failure::Failed(error.to_string()))?;
            output.print(&Drawn { secret: &secret.to_text() })?;
            Ok(())
        }
    }
}
