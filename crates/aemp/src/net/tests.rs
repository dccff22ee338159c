//! The driver without a kernel: real sockets and real TLS up to an authenticated channel.

mod attacks;
mod base_peer;
mod between;
mod certificates;
mod connecting;
mod ends;
mod flood;
mod legacy;
mod legacy_tls;
mod listening;
mod members;
mod sessions;
