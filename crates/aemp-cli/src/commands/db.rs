//! `aemp db`: reads and writes the database of a network through one of its nodes.

mod key;
mod service;
mod watch;

use std::{collections::BTreeMap, fmt};

use aemp::{CallError, Node, Port, Reply, Value};
use clap::Subcommand;
use serde::Serialize;

use crate::{
    exit::Failure,
    json::Json,
    message::{Words, parse_word},
    node::{self, explain, start_client, stop},
    options::Global,
    output::Output,
    target::NodeTarget,
};

use key::Key;
pub(crate) use service::serve;
use service::{Outcome, Question};

/// Reads and writes the database of the network through a node that runs `aemp run`.
#[derive(clap::Args, Debug)]
pub(crate) struct Db {
    /// The node that is asked: its ID, the ID of any of its ports, or @host:port where `aemp run` listens
    #[arg(long, global = true, value_name = "NODE")]
    at: Option<NodeTarget>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the entries of a family, or the value of one key; the exit code is 1 if there is no such key
    Get { family: String, key: Option<String> },
    /// Print the keys of a family
    Keys { family: String },
    /// Set an entry, which the node that is asked owns from then on: it vanishes with it
    #[command(
        after_help = "VALUE is JSON if it begins with [, { or \", or is a number, true, false or null; else it is a text as it stands."
    )]
    Set {
        family: String,
        key: String,
        #[arg(allow_hyphen_values = true, value_parser = value)]
        value: Value,
    },
    /// Remove an entry of the node that is asked; what other nodes have set under the key stays
    Del { family: String, key: String },
    /// Print what a family has and then what changes in it, until interrupted or the node that is asked is gone
    Watch { family: String },
}

fn value(word: &str) -> Result<Value, String> {
    parse_word(word).map_err(|failure| failure.to_string())
}

/// An entry of the database.
#[derive(Serialize)]
struct Entry<'a> {
    key: Key<'a>,
    value: Json<'a>,
}

impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}", self.key, word(self.value.0))
    }
}

/// A value as the user would write it.
fn word(value: &Value) -> Words {
    Words(vec![value.clone()])
}

/// A value alone.
#[derive(Serialize)]
#[serde(transparent)]
struct Alone<'a>(Json<'a>);

impl fmt::Display for Alone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        word(self.0.0).fmt(f)
    }
}

/// Carries out `aemp db`.
pub(crate) fn run(db: &Db, global: &Global, output: Output) -> Result<(), Failure> {
    let Some(at) = &db.at else {
        return Err(Failure::Usage("say with --at which node is to be asked".to_owned()));
    };
    let node = start_client(global)?;
    let asked = Asked { port: node::service(&node, at, node::DB, global)?.cast(), node, global };
    let result = asked.carry_out(&db.action, output);
    stop(&asked.node);
    result
}

/// The node that is asked.
struct Asked<'g> {
    node: Node,
    port: Port<Question>,
    global: &'g Global,
}

impl Asked<'_> {
    fn carry_out(&self, action: &Action, output: Output) -> Result<(), Failure> {
        match action {
            Action::Get { family, key } => {
                let content = self.ask(|reply| Question::Get(family.clone(), reply))?;
                print(&content, family, key.as_deref(), output)
            }
            Action::Keys { family } => {
                let keys: Vec<String> = self.ask(|reply| Question::Keys(family.clone(), reply))?;
                Ok(keys.iter().try_for_each(|key| output.print(&Key(key)))?)
            }
            Action::Set { family, key, value } => {
                self.ask(|reply| Question::Set(family.clone(), key.clone(), value.clone(), reply))
            }
            Action::Del { family, key } => self.ask(|reply| Question::Del(family.clone(), key.clone(), reply)),
            Action::Watch { family } => watch::run(self, family, output),
        }
    }

    fn ask<T>(&self, question: impl FnOnce(Reply<Outcome<T>>) -> Question) -> Result<T, Failure>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let outcome = self.node.call(&self.port, question).timeout(self.global.patience()).wait();
        outcome.map_err(|error| unanswered(error, &self.port))?.map_err(Failure::Failed)
    }
}

fn unanswered(error: CallError, port: &Port<Question>) -> Failure {
    match error {
        CallError::TimedOut => Failure::Failed(format!("{port}: {error}; a node that has no master waits for one")),
        other => explain(other, &port.to_string()),
    }
}

fn print(content: &BTreeMap<String, Value>, family: &str, key: Option<&str>, output: Output) -> Result<(), Failure> {
    let Some(key) = key else {
        let entries = content.iter().map(|(key, value)| Entry { key: Key(key), value: Json(value) });
        return Ok(entries.into_iter().try_for_each(|entry| output.print(&entry))?);
    };
    match content.get(key) {
        Some(value) => Ok(output.print(&Alone(Json(value)))?),
        None => Err(Failure::Failed(format!("there is no key {key:?} in the family {family:?}"))),
    }
}
