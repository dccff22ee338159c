//! A counter that any program can add to, and ask.
//!
//! ```sh
//! cargo run -p aemp --example counter                     # the counter: prints its port ID
//! cargo run -p aemp --example counter -- PORT 5           # adds 5 and prints the total
//! aemp call PORT get                                      # by hand
//! ```

use std::{env, error::Error, time::Duration};

use aemp::{Node, Port, Reply};
use serde::{Deserialize, Serialize};

/// On the wire: `["add", 5]` and `["get", <reply>]`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Count {
    Add(u64),
    Get(Reply<u64>),
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => serve()?,
        [port, number] => add(&port.parse()?, number.parse()?)?,
        _ => return Err("give nothing, or a port ID and a number".into()),
    }
    Ok(())
}

fn serve() -> aemp::Result<()> {
    let node = Node::builder().name("counter").bind("127.0.0.1:0").start()?;
    let mut total = 0;
    let counter = node.port(move |cx, message: Count| match message {
        Count::Add(number) => total += number,
        Count::Get(reply) => cx.reply(reply, total),
    });
    node.publish("counter", &counter);
    println!("{counter}");
    node.wait()
}

fn add(counter: &Port<Count>, number: u64) -> aemp::Result<()> {
    let node = Node::builder().anonymous().start()?;
    node.send(counter, Count::Add(number));
    // The node keeps the order, so this total has the number in it.
    let total = node.call(counter, Count::Get).timeout(Duration::from_secs(5)).wait()?;
    println!("{total}");
    Ok(())
}
