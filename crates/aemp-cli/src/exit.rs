//! How a command ends: exit codes, and failures that say who is at fault.

use std::{io, process::ExitCode};

use aemp::config::ConfigError;

/// The exit codes, as `--help` tells them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  what was asked for failed: the port is dead or unreachable, or no answer came in time
  2  the arguments or the configuration are wrong
  3  refused: the two nodes do not have the same secret, or the node at this address is another one";

/// Why a command did not do what was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It failed elsewhere.
    Failed(String),
    /// The arguments or the configuration are wrong.
    Usage(String),
    /// The peer does not take us for a member of its network, or we do not take it for the one that is meant.
    Refused(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Tells the user, and gives the exit code. Nobody is there to be told where a pipe is closed.
    pub(crate) fn report(self) -> ExitCode {
        let (code, text) = match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(error) => (1, format!("cannot write the output: {error}")),
            Self::Failed(text) => (1, text),
            Self::Usage(text) => (2, text),
            Self::Refused(text) => (3, text),
        };
        talk(format_args!("error: {text}"));
        ExitCode::from(code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Says something to the user beside the data. If nobody can hear it, nothing is lost.
pub(crate) fn talk(text: impl std::fmt::Display) {
    use io::Write as _;
    let _ = writeln!(io::stderr(), "aemp: {text}");
}
