//! What a node does by itself: ports, messages, watches, timers, tasks, calls and services, without a network.

mod common;
mod database;
mod explaining;
mod groups;
mod lossy;
mod nodes;
mod panics;
mod ports;
mod storms;
mod watching;
mod work;
