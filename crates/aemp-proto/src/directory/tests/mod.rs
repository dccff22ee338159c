//! The directory without a network.
