//! The page of cases names tests that exist.

use std::{collections::BTreeSet, fs};

use crate::tidy::{all_files, read};

/// What stands in back quotes in the table rows of a document, if it is the name of a function.
fn named_tests(document: &str) -> BTreeSet<String> {
    let is_name = |text: &&str| {
        text.contains('_') && text.bytes().all(|octet| octet.is_ascii_lowercase() || b"_0123456789".contains(&octet))
    };
    let rows = document.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(is_name).map(str::to_owned).collect()
}

/// The names of the functions that stand behind a test's attribute.
fn tests_of(source: &str) -> Vec<String> {
    let mut is_test = false;
    let mut names = Vec::new();
    for line in source.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let declaration = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(declaration) = declaration.filter(|_| is_test) {
            names.extend(declaration.split('(').next().map(str::to_owned));
            is_test = false;
        }
    }
    names
}

#[test]
fn every_test_that_the_page_of_cases_names_exists() {
    let named = named_tests(&read("docs/cases.md"));
    let sources = all_files().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let existing: BTreeSet<String> = sources.flat_map(|path| tests_of(&fs::read_to_string(path).unwrap())).collect();
    let missing: Vec<&String> = named.difference(&existing).collect();
    assert!(missing.is_empty(), "docs/cases.md names tests that do not exist: {missing:#?}");
    assert!(named.len() > 100, "only {} tests are named", named.len());
}

#[test]
fn every_row_of_the_page_of_cases_names_a_test_or_says_why_not() {
    let page = read("docs/cases.md");
    let is_head = |row: &&str| {
        row.starts_with("|---") || row.starts_with("| case") || row.starts_with("| #") || row.starts_with("| attack")
    };
    let rows = page.lines().filter(|line| line.starts_with('|')).filter(|row| !is_head(row));
    for row in rows {
        let has_test = !named_tests(row).is_empty();
        assert!(has_test || row.contains("*later*") || row.contains("suspended machine"), "{row}");
    }
}
