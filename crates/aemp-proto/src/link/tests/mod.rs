//! Links against scripted peers, byte by byte.

mod agreements;
mod attacks;
mod base_peers;
mod ends;
mod greetings;
mod junk;
mod proofs;
mod script;
mod vectors;
