//! The driver without a kernel: real sockets and real TLS up to an authenticated channel.

mod attacks;
mod certificates;
mod connecting;
mod ends;
mod flood;
mod listening;
mod members;
mod sessions;
