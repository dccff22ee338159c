//! What nodes do when processes are killed, connections are cut and strangers knock: on real sockets.

mod child;
#[path = "../remote/common.rs"]
mod common;
mod crossing;
mod cuts;
mod deadlines;
mod directory;
mod eavesdropping;
mod explaining;
mod fences;
mod kills;
mod lossy;
mod overload;
mod proxy;
#[cfg(target_os = "linux")]
mod stages;
mod stopped;
#[cfg(target_os = "linux")]
mod strangers;
mod twins;
