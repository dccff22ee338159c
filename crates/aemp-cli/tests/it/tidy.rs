//! What reviewers should not have to look for.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// All files below a folder, without what is built and what belongs to git.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // In a work tree of git, .git is a file.
        if name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

pub(crate) fn all_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&root(), &mut found);
    found
}

/// The files of the product, not of its tests, with their lengths.
fn source_lengths() -> Vec<(usize, PathBuf)> {
    let is_source = |path: &Path| {
        let test = path.file_stem().unwrap().to_string_lossy().ends_with("tests");
        path.extension().is_some_and(|extension| extension == "rs")
            && path.components().any(|part| part.as_os_str() == "src")
            && !path.components().any(|part| part.as_os_str() == "tests")
            && !test
    };
    let mut lengths: Vec<_> = all_files()
        .into_iter()
        .filter(|path| is_source(path))
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .collect();
    lengths.sort();
    lengths
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = read("CHANGELOG.md");
    let headers: Vec<&str> = changelog.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let version = env!("CARGO_PKG_VERSION");
    assert!(headers[0] == version || headers[0].starts_with(&format!("{version} (")), "{headers:?}");
    assert_eq!(headers.iter().filter(|header| header.split(' ').next() == Some(version)).count(), 1);
}

#[test]
fn the_checks_run_the_first_two_commands_of_the_readme() {
    let readme = read("README.md");
    let commands = readme.split("```sh\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    let checks = read(".ci/run");
    for command in commands.take(2) {
        assert!(checks.lines().any(|line| line == format!("step {command}")), "{command}");
    }
}

#[test]
fn the_readme_names_the_minimum_rust_version() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    let readme = read("README.md");
    assert!(readme.contains(&format!("Minimum supported Rust version: {version}")));
    assert!(readme.contains(&format!("Rust ({version} or later)")));
}

#[test]
fn the_links_of_the_documents_lead_somewhere() {
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/tutorial.md"] {
        let folder = root().join(document).parent().unwrap().to_owned();
        for link in read(document).split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()) {
            assert!(link.starts_with("http") || folder.join(&link).exists(), "{document}: {link}");
        }
    }
}

#[test]
fn files_are_short() {
    let lengths = source_lengths();
    let (longest, path) = lengths.last().unwrap();
    assert!(*longest <= 400, "{} has {longest} lines", path.display());
    let (median, _) = &lengths[lengths.len() / 2];
    assert!(*median < 220, "half of the files have {median} lines or more");
}

#[test]
fn nothing_names_a_place_of_one_machine() {
    // In pieces, so that this file does not name them.
    let places = ["/wo_rk/", "/ro_ot/", "/tmp/w_t", "/tmp/tar_get"].map(|place| place.replace('_', ""));
    for path in all_files() {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for place in &places {
            assert!(!text.contains(place.as_str()), "{} names {place}", path.display());
        }
    }
}

#[test]
fn no_work_is_left_in_comments() {
    let words = ["TO_DO", "FIX_ME", "XX_X", "dbg_!("].map(|word| word.replace('_', ""));
    for (_, path) in source_lengths() {
        let text = fs::read_to_string(&path).unwrap();
        for word in &words {
            assert!(!text.contains(word.as_str()), "{} has {word}", path.display());
        }
    }
}
