//! A chat: a server, and any number of clients.
//!
//! ```sh
//! cargo run -p aemp --example chat -- server              # prints the server's address
//! cargo run -p aemp --example chat -- 127.0.0.1:PORT ann  # as often as there are people
//! ```
//!
//! A client starts a session at the server (a port of its own there), and both watch each other: if the client
//! goes, in whatever way, the others are told; if the server goes, the clients end.

mod client;
mod messages;
mod server;

use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [server] if server == "server" => Ok(server::run()?),
        [server, name] => client::run(server, name),
        _ => Err("give the word server, or the address of one and your name".into()),
    }
}
