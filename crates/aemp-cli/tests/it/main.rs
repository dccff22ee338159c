//! Tests of the built command, and of the tidiness of the whole repository.

mod bench;
mod cases;
mod command;
mod database;
mod explaining;
mod nodes;
mod support;
mod tidy;
