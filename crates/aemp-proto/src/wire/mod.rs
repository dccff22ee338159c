//! Bytes to typed frames and back: incremental, bounded, total.

pub mod frame;
pub mod greeting;

pub(crate) mod reader;
pub(crate) mod write;
