//! The port that `aemp run` publishes so that its node's view of the database can be asked for.

use std::{collections::BTreeMap, future::IntoFuture};

use aemp::{Change, Cx, Database, EntryError, Node, Port, Reply, Value};
use serde::{Deserialize, Serialize};

/// What became of a question; why it came to nothing is told as a text.
pub(crate) type Outcome<T> = Result<T, String>;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    Get(String, Reply<Outcome<BTreeMap<String, Value>>>),
    Keys(String, Reply<Outcome<Vec<String>>>),
    Set(String, String, Value, Reply<Outcome<()>>),
    Del(String, String, Reply<Outcome<()>>),
    /// What the family has, and what changes in it, is told to the port as long as both that and the port of the answer live.
    Watch(String, Port<Told>, Reply<Outcome<Port<Watcher>>>),
    /// A question was answered that took its time.
    #[serde(skip)]
    Answered,
}

/// What those who watch a family are told.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    Initial(BTreeMap<String, Value>),
    Added(String, Value),
    Changed(String, Value),
    Removed(String),
}

/// What the port that tells it hears.
#[derive(Deserialize, Serialize)]
pub(crate) enum Watcher {
    #[serde(skip)]
    Begin,
    #[serde(skip)]
    Hear(Change<Value>),
    #[serde(skip)]
    Gone,
}

/// Opens the port.
pub(crate) fn serve(node: &Node) -> Port<Question> {
    node.port(|cx, question: Question| {
        let database = cx.database();
        match question {
            Question::Get(family, reply) => answer(cx, reply, database.family(&family)),
            Question::Keys(family, reply) => answer(cx, reply, database.keys(&family)),
            Question::Set(family, key, value, reply) => {
                cx.reply(reply, database.set(&family, &key, &value).map_err(|error| error.to_string()));
            }
            Question::Del(family, key, reply) => {
                cx.reply(reply, database.remove(&family, &key).map_err(|error| error.to_string()));
            }
            Question::Watch(family, client, reply) => cx.reply(reply, watch(cx, family, client)),
            Question::Answered => {}
        }
    })
}

fn answer<T, C>(cx: &Cx<Question>, reply: Reply<Outcome<T>>, call: C)
where
    T: Serialize + Send + 'static,
    C: IntoFuture<Output = Result<T, aemp::CallError>, IntoFuture: 'static>,
{
    let call = call.into_future();
    cx.task(async move {
        reply.send(call.await.map_err(|error| error.to_string()));
        Question::Answered
    });
}

fn watch(cx: &Cx<Question>, family: String, client: Port<Told>) -> Outcome<Port<Watcher>> {
    if family.len() > Database::MAX_NAME {
        return Err(EntryError::NameTooLong.to_string());
    }
    let watcher = cx.port(move |cx: &mut Cx<Watcher>, heard| match heard {
        Watcher::Begin => {
            cx.monitor(&client, |_| Watcher::Gone).forever();
            cx.watch_family(&family, Watcher::Hear).forever();
        }
        Watcher::Hear(change) => tell(cx, &client, change),
        Watcher::Gone => cx.stop(),
    });
    cx.send(&watcher, Watcher::Begin);
    Ok(watcher)
}

fn tell(cx: &Cx<Watcher>, client: &Port<Told>, change: Change<Value>) {
    let told = match change {
        Change::Initial(content) => Told::Initial(content),
        Change::Added { key, value } => Told::Added(key, value),
        Change::Changed { key, value } => Told::Changed(key, value),
        Change::Removed { key } => Told::Removed(key),
        // Every value is a `Value`.
        _ => return,
    };
    cx.send(client, told);
}
