//! Bytes to typed frames and back: incremental, bounded, total.

pub mod frame;

pub(crate) mod reader;
pub(crate) mod write;
