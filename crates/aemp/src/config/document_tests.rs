use super::*;

fn error(text: &str) -> String {
    ConfigFile::parse(Path::new("config.toml"), text).unwrap_err().to_string()
}

fn file(text: &str) -> ConfigFile {
    ConfigFile::parse(Path::new("config.toml"), text).unwrap()
}

#[test]
fn an_unknown_key_is_named_with_file_and_line() {
    let error = error("name = \"a\"\n\n[profile.x]\nhartbeat = \"5s\"\n");
    assert!(error.starts_with("config.toml, line 4: there is no setting \"hartbeat\""), "{error}");
    assert!(error.contains("heartbeat"), "{error}");
}

#[test]
fn a_wrong_value_is_named_with_file_and_line() {
    let error = error("# durations have units\nheartbeat = \"5\"\n");
    assert!(error.starts_with("config.toml, line 2: heartbeat cannot be that: \"5\" is not a duration"), "{error}");
}

#[test]
fn a_value_of_another_type_is_refused() {
    assert!(error("heartbeat = 5").contains("text in quotes"));
    assert!(error("bind = [1]").contains("list of such texts"));
    assert!(error("[profile.x]\ninherit = 5").contains("inherit"));
}

#[test]
fn what_is_not_toml_is_named_with_file_and_line() {
    let error = error("name = \"a\"\nbind = \n");
    assert!(error.starts_with("config.toml is not TOML, line 2"), "{error}");
}

#[test]
fn a_profile_has_to_be_a_table() {
    assert!(error("profile = \"a\"").contains("[profile.NAME]"));
    assert!(error("[profile]\na = \"b\"").contains("line 2"));
}

#[test]
fn a_circle_of_profiles_is_an_error_that_names_them() {
    let error = error("[profile.a]\ninherit = \"b\"\n[profile.b]\ninherit = \"c\"\n[profile.c]\ninherit = \"b\"\n");
    assert!(error.ends_with("in a circle: b -> c -> b"), "{error}");
}

#[test]
fn an_unknown_parent_is_an_error_that_names_the_child() {
    let error = error("[profile.a]\ninherit = \"b\"\n");
    assert!(error.ends_with("no profile \"b\", from which profile \"a\" inherits"), "{error}");
}

#[test]
fn an_unknown_profile_is_an_error() {
    let error = file("").layer(Some("a")).unwrap_err().to_string();
    assert_eq!(error, "config.toml has no profile \"a\"");
}

#[test]
fn two_settings_that_exclude_each_other_are_an_error() {
    let error = error("secret = \"a\"\nsecret_file = \"b\"\n");
    assert!(error.starts_with("config.toml, line 2: secret_file and secret exclude each other"), "{error}");
}

#[test]
fn truth_values_need_no_quotes_and_lists_keep_their_elements() {
    let written = "global = true\nlegacy_peers = [\"a@1.2.3.4:5,1.2.3.4:6\", \"1.2.3.4:7\"]\n";
    let layer = file(written).layer(None).unwrap();
    let settings: Vec<String> = layer.into_settings().map(|(setting, _)| setting.to_string()).collect();
    assert_eq!(settings, ["true", "a@1.2.3.4:5,1.2.3.4:6, 1.2.3.4:7"]);
}

#[test]
fn a_profile_may_replace_a_setting_by_its_alternative() {
    let layer = file("secret = \"a\"\n[profile.x]\nsecret_file = \"b\"\n").layer(Some("x")).unwrap();
    let settings: Vec<Key> = layer.into_settings().map(|(setting, _)| setting.key()).collect();
    assert_eq!(settings, [Key::SecretFile]);
}

#[test]
fn a_file_that_does_not_exist_has_nothing_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = ConfigFile::read(&folder.path().join("none.toml")).unwrap();
    assert_eq!(file.profiles().count(), 0);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(ConfigFile::read(folder.path()), Err(ConfigError::Read { .. })));
}

#[test]
fn a_relative_path_begins_at_the_file() {
    for key in ["secret_file", "legacy_secret_file", "legacy_certificate"] {
        for (written, path) in [("own.pem", "folder/own.pem"), ("/etc/own.pem", "/etc/own.pem")] {
            let file = ConfigFile::parse(Path::new("folder/config.toml"), &format!("{key} = \"{written}\"\n")).unwrap();
            let (setting, _) = file.layer(None).unwrap().into_settings().next().unwrap();
            assert_eq!((setting.key().as_str(), setting.to_string().as_str()), (key, path));
        }
    }
}
