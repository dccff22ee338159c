//! How a command ends: exit codes, and failures that say who is at fault.

use std::{fmt, io, process::ExitCode};

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
        let code = match &self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(_) | Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
        };
        talk(format_args!("error: {self}"));
        ExitCode::from(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
            Self::Failed(text) | Self::Usage(text) | Self::Refused(text) => f.write_str(text),
        }
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
pub(crate) fn talk(text: impl fmt::Display) {
    use io::Write as _;
    let _ = writeln!(io::stderr(), "aemp: {text}");
}
