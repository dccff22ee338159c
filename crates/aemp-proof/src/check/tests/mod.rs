//! Fabricated logs: an innocent run, and for each guarantee one that violates it.

mod alarms;
mod calls;
mod deaths;
mod messages;
mod story;
mod whole;
