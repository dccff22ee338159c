//! A client: says what is typed, shows what is said.

use std::{error::Error, io, sync::mpsc, thread};

use aemp::{Node, Port};

use crate::messages::{ROOM, SESSION, ToClient, ToSession};

/// Runs a client until its input ends or the server is gone.
pub(crate) fn run(server: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let node = Node::builder().anonymous().start()?;
    let room: Port = node.find(server, ROOM).wait()?;
    let me = node.port(|_, news: ToClient| match news {
        ToClient::Joined(name) => println!("* {name} joined"),
        ToClient::Left(name) => println!("* {name} left"),
        ToClient::Said(name, text) => println!("{name}: {text}"),
    });
    let session = node.spawn(&room, SESSION, (me, name.to_owned()));

    let (end, ended) = mpsc::channel();
    let (watch, told) = (node.monitor(&session), end.clone());
    // Whoever comes second finds the main thread gone.
    thread::spawn(move || told.send(Err(format!("the server is gone: {}", watch.wait()))));
    let speaker = node.clone();
    thread::spawn(move || end.send(say_lines(&speaker, &session).map_err(|error| error.to_string())));
    let result = ended.recv()?;
    node.stop().wait()?;
    Ok(result?)
}

fn say_lines(node: &Node, session: &Port<ToSession>) -> io::Result<()> {
    for line in io::stdin().lines() {
        node.send(session, ToSession::Say(line?));
    }
    Ok(())
}
