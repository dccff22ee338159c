//! The torture as its user sees it, shorter.

use std::process::Command;

#[test]
fn nodes_keep_their_promises_under_torture_for_20_seconds() {
    let minutes = (20.0_f64 / 60.0).to_string();
    let mut torture = Command::new(env!("CARGO_BIN_EXE_aemp-proof"));
    let output = torture.args(["torture", "--nodes", "3", "--seed", "1", "--minutes", &minutes]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}{err}");
    assert!(output.status.success());
    assert!(out.contains("0 violations"));
}
