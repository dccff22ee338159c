//! `aemp bench`.

use crate::support::{run, stderr, stdout};

/// What two processes measure, one JSON value per line.
#[test]
fn each_work_is_measured_and_every_message_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["bench", "--json", "--count", "2000"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = stdout(&output);
    let records: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let works: Vec<_> = records.iter().map(|record| record["work"].as_str().unwrap()).collect();
    let inside = ["local", "ping_pong", "outside", "open", "kill"];
    assert_eq!(works, [&inside[..], &["stream", "round_trip", "window", "kill_away", "node_death"]].concat());
    for record in records {
        assert_eq!(record["count"], 2000);
        assert!(record["seconds"].as_f64().unwrap() > 0.0, "{record}");
    }
}

#[test]
fn a_payload_of_any_size_arrives_encrypted_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for options in [&["--size", "0"][..], &["--size", "100000", "--plain"], &["--size", "33"]] {
        let output = run(folder.path(), &[&["bench", "stream", "--count", "50"], options].concat());
        assert!(output.status.success(), "{options:?}: {}", stderr(&output));
    }
}
