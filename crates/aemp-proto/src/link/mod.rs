//! One connection until it is authenticated.

mod authenticated;

pub use authenticated::{Authenticated, Role};
