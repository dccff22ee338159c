//! The `aemp` command.

fn main() {}
