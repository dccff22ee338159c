//! Two nodes in one process say ping and pong to each other.
//!
//! ```sh
//! cargo run -p aemp --example ping
//! ```

use std::sync::mpsc;

use aemp::{Node, Port};
use serde::{Deserialize, Serialize};

const ROUNDS: u32 = 5;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ping {
    /// The number of the ping, and where the answer is to be sent.
    Ping(u32, Port<Pong>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pong {
    /// The number of the ping that it answers.
    Pong(u32),
}

fn main() -> aemp::Result<()> {
    let alice = Node::builder().name("alice").bind("127.0.0.1:0").start()?;
    let bob = Node::builder().name("bob").bind("127.0.0.1:0").start()?;

    let pinged = bob.port(|cx, Ping::Ping(number, from): Ping| {
        println!("{}: ping {number}", cx.me());
        cx.send(&from, Pong::Pong(number));
    });

    let (done, wait) = mpsc::channel();
    let to = pinged.clone();
    let answered = alice.port(move |cx, Pong::Pong(number): Pong| {
        println!("{}: pong {number}", cx.me());
        if number < ROUNDS {
            cx.send(&to, Ping::Ping(number + 1, cx.me()));
        } else {
            // The main thread waits for exactly this.
            let _ = done.send(());
        }
    });
    alice.send(&pinged, Ping::Ping(1, answered));

    // The other end lives as long as the node does.
    let _ = wait.recv();
    println!("{ROUNDS} rounds done");
    Ok(())
}
