//! What nodes may not do.
