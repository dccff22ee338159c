//! What nodes do with each other, over real sockets.

mod common;
mod crowds;
mod deaths;
mod delivery;
mod loops;
mod lossy;
mod security;
mod services;
