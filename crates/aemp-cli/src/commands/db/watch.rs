//! `aemp db watch`: prints what a family has, and what changes in it.

use std::{
    fmt, io,
    sync::mpsc::{self, Sender},
    thread,
};

use aemp::{Port, Reason, Value};
use serde::Serialize;

use super::{
    Asked,
    key::Key,
    service::{Question, Told, Watcher},
    word,
};
use crate::{
    exit::{Failure, talk},
    json::Json,
    node::dead,
    output::Output,
};

/// A change, as it is printed.
#[derive(Serialize)]
struct Line<'a> {
    change: &'static str,
    key: Key<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json<'a>>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}", self.change, self.key)?;
        self.value.iter().try_for_each(|value| write!(f, "\t{}", word(value.0)))
    }
}

/// Why nothing is printed any more.
enum End {
    Output(io::Error),
    Gone(Reason),
}

pub(super) fn run(asked: &Asked<'_>, family: &str, output: Output) -> Result<(), Failure> {
    let (sender, end) = mpsc::channel();
    let printer = printer(asked, family, output, sender.clone());
    let watcher: Port<Watcher> = asked.ask(|reply| Question::Watch(family.to_owned(), printer, reply))?;
    let monitor = asked.node.monitor(&watcher);
    thread::spawn(move || sender.send(End::Gone(monitor.wait())));
    match end.recv() {
        Ok(End::Output(error)) => Err(error.into()),
        Ok(End::Gone(reason)) => Err(dead(&reason, &watcher.to_string())),
        Err(_) => Ok(()),
    }
}

/// The port that prints. Where the output is slow the node that is asked waits.
fn printer(asked: &Asked<'_>, family: &str, output: Output, end: Sender<End>) -> Port<Told> {
    let family = family.to_owned();
    asked.node.port(move |_, told: Told| {
        if let Err(error) = print(&told, &family, output) {
            // Who ended already hears nothing more.
            let _ = end.send(End::Output(error));
        }
    })
}

fn print(told: &Told, family: &str, output: Output) -> io::Result<()> {
    let print = |change, key: &str, value: Option<&Value>| {
        output.print(&Line { change, key: Key(key), value: value.map(Json) })
    };
    match told {
        Told::Initial(content) => {
            talk(format_args!("{family} has {} entries; watching", content.len()));
            content.iter().try_for_each(|(key, value)| print("initial", key, Some(value)))
        }
        Told::Added(key, value) => print("added", key, Some(value)),
        Told::Changed(key, value) => print("changed", key, Some(value)),
        Told::Removed(key) => print("removed", key, None),
    }
}
