//! The command without a network: arguments, settings, secrets.

use std::{fs, path::PathBuf};

use crate::support::{aemp, run, stderr, stdout};
use tempfile::{TempDir, tempdir};

/// The configuration file, in a folder that exists.
fn config(folder: &TempDir) -> PathBuf {
    fs::create_dir_all(folder.path().join("aemp")).unwrap();
    folder.path().join("aemp/config.toml")
}

#[test]
fn wrong_arguments_are_told_with_exit_code_2() {
    let folder = tempdir().unwrap();
    for arguments in
        [&["nonsense"][..], &["send"], &["send", "a b#c"], &["call", "@host/echo"], &["run", "--timeout", "5"]]
    {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_documents_the_exit_codes() {
    let folder = tempdir().unwrap();
    let help = stdout(&run(folder.path(), &["--help"]));
    for code in ["0  done", "1  what was asked for failed", "2  the arguments", "3  refused"] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn two_generated_secrets_differ_and_are_nothing_but_text_of_32_octets() {
    let folder = tempdir().unwrap();
    let secrets = [0, 1].map(|_| stdout(&run(folder.path(), &["secret", "generate"])));
    assert_ne!(secrets[0], secrets[1]);
    for secret in secrets {
        let text = secret.strip_suffix('\n').unwrap();
        assert!(text.len() == 49 && text.starts_with("aemp1:"), "{secret}");
    }
}

#[test]
fn what_is_set_in_a_profile_is_shown_with_its_place() {
    let folder = tempdir().unwrap();
    for arguments in [
        &["profile", "set", "heartbeat", "2s"][..],
        &["--profile", "office", "profile", "set", "name", "counter"],
        &["--profile", "child", "profile", "set", "inherit", "office"],
    ] {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let shown = stdout(&run(folder.path(), &["--profile", "child", "profile", "show"]));
    let path = config(&folder);
    let expected = format!("name\tcounter\t({0}, line 4)\nheartbeat\t2s\t({0}, line 1)\n", path.display());
    assert_eq!(shown, expected);
    assert_eq!(stdout(&run(folder.path(), &["--json", "profile", "list"])), "\"child\"\n\"office\"\n");
}

#[test]
fn a_removed_setting_and_a_removed_profile_are_gone() {
    let folder = tempdir().unwrap();
    fs::write(config(&folder), "heartbeat = \"1s\"\n[profile.a]\nname = \"a\"\n").unwrap();
    assert!(run(folder.path(), &["profile", "unset", "heartbeat"]).status.success());
    assert!(run(folder.path(), &["profile", "remove", "a"]).status.success());
    assert_eq!(stdout(&run(folder.path(), &["profile", "show"])), "");
    assert_eq!(stdout(&run(folder.path(), &["profile", "list"])), "");
}

#[test]
fn a_wrong_configuration_file_is_named_with_its_line_and_left_alone() {
    let folder = tempdir().unwrap();
    let path = config(&folder);
    fs::write(&path, "hartbeat = \"1s\"\n").unwrap();
    for arguments in
        [&["profile", "set", "name", "a"][..], &["profile", "show"], &["run"], &["call", "@127.0.0.1:1/echo"]]
    {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = stderr(&output);
        assert!(told.contains("config.toml, line 1: there is no setting \"hartbeat\""), "{told}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "hartbeat = \"1s\"\n");
}

#[test]
fn an_unknown_profile_is_a_mistake_in_the_arguments() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["--profile", "none", "profile", "show"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no profile \"none\""));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = aemp(folder.path(), &["secret", "generate"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
