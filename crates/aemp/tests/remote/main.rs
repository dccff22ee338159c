//! What nodes do with each other, over real sockets.

mod common;
mod deaths;
mod delivery;
mod security;
mod services;
