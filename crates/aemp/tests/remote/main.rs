//! What nodes do with each other, over real sockets.

mod common;
mod delivery;
mod deaths;
mod security;
mod services;
