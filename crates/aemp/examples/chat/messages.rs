//! What clients and server say to each other.

use aemp::{Port, Service};
use serde::{Deserialize, Serialize};

/// The name under which the server publishes its room.
pub(crate) const ROOM: &str = "chat";

/// The service with which a client joins: where it listens, and its name.
pub(crate) const SESSION: Service<(Port<ToClient>, String), ToSession> = Service::new("chat::session");

/// What a session at the server is told by its client.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToSession {
    /// A line for everybody.
    Say(String),
}

/// What a client is told.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToClient {
    /// Somebody has joined.
    Joined(String),
    /// Somebody has left.
    Left(String),
    /// Somebody has said something.
    Said(String, String),
}
