//! What nodes do with each other, over real sockets.

mod absent;
mod base_peers;
mod bulk;
mod common;
mod crowds;
mod deaths;
mod delivery;
mod groups;
mod hostile;
mod loops;
mod lossy;
mod origins;
mod security;
mod seeds;
mod services;
mod values;
