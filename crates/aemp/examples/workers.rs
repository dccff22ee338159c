//! Workers that nobody has to know: they register in a group, and clients find them by a seed.
//!
//! ```sh
//! cargo run -p aemp --example workers seed                           # prints its address
//! cargo run -p aemp --example workers work ADDRESS ann               # as many as wanted, under different names
//! cargo run -p aemp --example workers ask ADDRESS one two three
//! ```

use std::{env, error::Error};

use aemp::{Group, Node, Reply};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Job {
    /// Turn a word around.
    Reverse(String, Reply<String>),
}

/// The family of the database in which the workers stand.
const WORKERS: &str = "workers";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["seed"] => seed(),
        ["work", address, name] => work(address, name),
        ["ask", address, ref words @ ..] => ask(address, words),
        _ => Err("arguments: seed | work ADDRESS NAME | ask ADDRESS WORD...".into()),
    }
}

/// Keeps the database, in which the others find each other.
fn seed() -> Result<(), Box<dyn Error>> {
    let node = Node::builder().name("seed").bind("127.0.0.1:0").global().start()?;
    println!("{}", node.id().recipe()[0]);
    Ok(node.wait()?)
}

fn work(seed: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let node = Node::builder().name(name).bind("127.0.0.1:0").seed(seed).start()?;
    let worker = node.port(|cx, Job::Reverse(word, reply): Job| {
        println!("{word}");
        cx.reply(reply, word.chars().rev().collect());
    });
    // The registration ends with the port, and with this process.
    node.group(WORKERS).join(&worker)?.forever();
    Ok(node.wait()?)
}

fn ask(seed: &str, words: &[&str]) -> Result<(), Box<dyn Error>> {
    let node = Node::builder().anonymous().seed(seed).start()?;
    let workers = node.group(WORKERS);
    for word in words {
        println!("{}", reverse(&node, &workers, word)?);
    }
    node.stop().wait()?;
    Ok(())
}

/// Asks one worker after the other until one answers.
fn reverse(node: &Node, workers: &Group<Job>, word: &str) -> Result<String, Box<dyn Error>> {
    loop {
        workers.ready().wait()?;
        let Some(worker) = workers.next() else { continue };
        match node.call(&worker, |reply| Job::Reverse(word.to_owned(), reply)).wait() {
            Ok(reversed) => return Ok(format!("{reversed}, says {}", worker.node_id())),
            Err(error) => eprintln!("{worker} did not answer: {error}"),
        }
    }
}
