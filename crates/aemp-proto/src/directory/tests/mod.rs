//! The directory without kernels: nodes that send their messages to each other.

mod base;
mod chaos;
mod hostile;
mod moves;
mod network;
mod refusals;
mod replica;
mod sessions;
