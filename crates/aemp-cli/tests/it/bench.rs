//! `aemp bench`.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{run, stderr, stdout};

/// What two processes measure, one JSON value per line.
#[test]
fn each_work_is_measured_and_every_message_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["bench", "--json", "--count", "2000"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let records = values(&stdout(&output));
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

/// What `aemp bench` with these arguments prints.
fn measured(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = run(folder, &[&["bench"], arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    values(&stdout(&output))
}

fn values(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn costs_are_measured_while_things_grow_and_drawn_from_the_points_that_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let (file, plots) = (folder.path().join("points.json"), folder.path().join("plots"));
    let (file_name, plots_name) = (file.to_str().unwrap(), plots.to_str().unwrap());
    let few = ["growth", "--most", "10", "--messages", "100", "--points", file_name];
    let points = measured(folder.path(), &few);
    assert_eq!(Value::from(points.clone()), serde_json::from_slice::<Value>(&fs::read(&file).unwrap()).unwrap());
    for over in ["ports", "connections", "monitors", "octets"] {
        let numbers: Vec<_> =
            points.iter().filter(|point| point["over"] == over).map(|point| &point["number"]).collect();
        assert!(numbers.contains(&&Value::from(1)) && numbers.contains(&&Value::from(10)), "{over}: {numbers:?}");
    }
    assert!(points.iter().all(|point| point["value"].as_f64().unwrap() > 0.0), "{points:?}");

    assert_eq!(measured(folder.path(), &["growth", "--from", file_name, "--plots", plots_name]), points);
    for plot in ["ports-ns", "connections-ns", "monitors-ns", "octets-mb-per-s", "octets-us"] {
        let picture = fs::read_to_string(plots.join(plot).with_extension("svg")).unwrap();
        assert!(picture.contains("<polyline") && !picture.contains("NaN"), "{plot}: {picture}");
    }
}

#[test]
fn small_messages_are_measured_alone_and_beside_large_ones() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["beside-large", "--size", "1000000", "--count", "100"];
    let times = measured(folder.path(), &arguments);
    assert_eq!(times.len(), 2);
    assert!(times.iter().all(|times| times["count"] == 100 && times["p99_us"].as_f64() >= times["median_us"].as_f64()));
    assert!(times[1]["large_mb_per_second"].as_f64().unwrap() > 0.0, "{times:?}");
}

#[test]
fn cut_connections_are_resumed() {
    let folder = tempfile::tempdir().unwrap();
    for options in [&[][..], &["--plain"]] {
        let times = measured(folder.path(), &[&["resume", "--count", "3"], options].concat());
        assert!(times[0]["cuts"] == 3 && times[0]["median_ms"].as_f64().unwrap() > 0.0, "{times:?}");
    }
}

#[test]
fn memory_and_start_up_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let taken = measured(folder.path(), &["memory", "--count", "20"]);
    let kinds: Vec<_> = taken.iter().map(|taken| taken["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["node", "connection", "port", "local", "remote"]);
    let times = measured(folder.path(), &["start-up", "--count", "2"]);
    let median = |of: usize| times[of]["median_ms"].as_f64().unwrap();
    assert!(0.0 < median(0) && median(0) < median(1), "a node speaks when it has started: {times:?}");
}
