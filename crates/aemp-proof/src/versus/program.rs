//! How each program is built and found.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::side::{Program, Side};

/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

impl Program {
    /// Whether machines without it are as good as others.
    pub(super) const fn may_be_absent(self) -> bool {
        !matches!(self, Self::Aemp | Self::Raw | Self::Channel)
    }

    /// Builds it. What to run, or why it is skipped.
    pub(super) fn prepare(self) -> Result<PathBuf, String> {
        match self {
            Self::Aemp => build("Cargo.toml", "aemp-cli", None),
            Self::Raw => build_versus("versus-raw"),
            Self::Channel => build_versus("versus-channel"),
            Self::Ractor => build_versus("versus-ractor"),
            Self::Kameo => build_versus("versus-kameo"),
            Self::ZeroMq => build_versus("versus-zeromq")
                .map_err(|error| format!("{error}: it needs a C++ compiler (apt-get install g++)")),
            Self::Erlang => erlang(),
        }
    }
}

fn build_versus(package: &str) -> Result<PathBuf, String> {
    build("versus/Cargo.toml", package, Some(&Path::new(ROOT).join("versus/target")))
}

/// Builds a package, which has one executable. Cargo shows what it does.
fn build(manifest: &str, package: &str, target: Option<&Path>) -> Result<PathBuf, String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--message-format=json-render-diagnostics", "--package", package]);
    cargo.arg("--manifest-path").arg(Path::new(ROOT).join(manifest));
    if let Some(target) = target {
        cargo.arg("--target-dir").arg(target);
    }
    let output = cargo.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo could not build {package}, see above"));
    }
    executable(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| format!("{package} has no executable"))
}

/// The last executable that cargo says it made.
fn executable(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back()
}

fn erlang() -> Result<PathBuf, String> {
    for (program, package) in [("erl", "erlang-base"), ("erlc", "erlang-base"), ("taskset", "util-linux")] {
        let there = env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|path| path.join(program).is_file());
        if !there {
            return Err(format!("`{program}` is not installed (apt-get install {package})"));
        }
    }
    Ok(Path::new(ROOT).join("versus/erlang/run"))
}

impl Side {
    /// What its command line has beside the work.
    pub(super) fn arguments(self) -> Vec<String> {
        let config = || vec!["-config".to_owned(), format!("{ROOT}/versus/erlang/delay_send")];
        match self {
            Self::Aemp | Self::AempTls => vec!["--json".to_owned()],
            Self::ErlangDelaySend => config(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_in_what_cargo_says() {
        let messages = r#"{"reason":"compiler-artifact","executable":null}
not json
{"reason":"compiler-artifact","executable":"/target/release/one"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages), Some(PathBuf::from("/target/release/one")));
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
