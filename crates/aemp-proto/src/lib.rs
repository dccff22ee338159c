//! The aemp protocol as a pure state machine.
//!
//! Bytes, local requests and the time go in; bytes, deliveries and deadlines come out. The crate opens
//! no socket, reads no clock, draws no randomness and starts no thread: all of that is handed in, so
//! that the same transition functions serve the tokio driver, a simulator and a model checker.
//!
//! Most programs want the `aemp` crate, which drives this one.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod base;
pub mod directory;
pub mod id;
pub mod kernel;
pub mod limits;
pub mod link;
pub mod message;
#[doc(hidden)]
pub mod planted;
pub mod reason;
mod session;
pub mod time;
pub mod value;
pub mod wire;
