//! The Rust in the README and in the tutorial: it stands here too, where it is compiled.

use std::{fs, path::Path};

#[expect(dead_code, reason = "shown, not run: it would listen at a port that may be taken")]
mod readme {
    use aemp::{Node, Reply};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Count {
        Add(u64),
        Get(Reply<u64>),
    }

    fn main() -> aemp::Result<()> {
        let node = Node::builder().name("counter").bind("127.0.0.1:4040").start()?;
        let mut total = 0;
        let counter = node.port(move |cx, message: Count| match message {
            Count::Add(number) => total += number,
            Count::Get(reply) => cx.reply(reply, total),
        });
        node.publish("counter", &counter);
        println!("{counter}");
        node.wait()
    }

    fn another_program(port_id: &str) -> Result<u64, Box<dyn std::error::Error>> {
        use aemp::Port;

        let node = Node::builder().anonymous().start()?;
        let counter: Port<Count> = port_id.parse()?;
        node.send(&counter, Count::Add(5)); // returns at once; connects behind the scenes
        let total = node.call(&counter, Count::Get).wait()?; // or .await
        Ok(total)
    }
}

#[expect(dead_code, reason = "shown, not run: it would listen at a port that may be taken")]
mod tutorial {
    use std::{collections::BTreeMap, error::Error, time::Duration};

    use aemp::{CallError, Change, Cx, DatabaseError, Node, Port, Reason, Reply};
    use serde::{Deserialize, Serialize};

    fn a_node_and_a_port(text: &str, other: &Node) -> Result<(), Box<dyn Error>> {
        let node = Node::builder().name("counter").bind("127.0.0.1:4040").start()?;
        let mut total = 0;
        let counter = node.port(move |_, number: u64| {
            total += number;
            println!("{total}");
        });
        node.send(&counter, 5);

        println!("{counter}"); // counter@127.0.0.1:4040#3kTd...
        let same: Port<u64> = text.parse()?;
        assert_eq!(same, counter);

        node.publish("counter", &counter);
        let counter: Port<u64> = other.find("127.0.0.1:4040", "counter").wait()?;
        other.send(&counter, 1);
        Ok(())
    }

    fn progress(cx: &Cx, progress: Port<u64>, done: u64) {
        cx.send_lossy(&progress, done);
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Count {
        Add(u64),
        Get(Reply<u64>),
    }

    fn calls(node: &Node) -> Result<u64, CallError> {
        let mut total = 0;
        let counter = node.port(move |cx, message: Count| match message {
            Count::Add(number) => total += number,
            Count::Get(reply) => cx.reply(reply, total),
        });

        let total = node.call(&counter, Count::Get).timeout(Duration::from_secs(5)).wait()?;
        Ok(total)
    }

    enum Message {
        Got(Result<u64, CallError>),
    }

    fn call_in_a_handler(cx: &Cx<Message>, counter: Port<Count>) {
        cx.call(&counter, Count::Get, Message::Got);
    }

    enum ToServer {
        Left(String, Reason),
    }

    fn watch(cx: &Cx<ToServer>, client: Port<ToClient>, name: String) {
        cx.monitor(&client, move |reason| ToServer::Left(name, reason)).forever();
    }

    #[derive(Serialize, Deserialize)]
    enum ToClient {
        Said(String),
    }

    #[derive(Serialize, Deserialize)]
    enum ToSession {
        Say(String),
    }

    fn services(node: &Node, server: Port, me: Port<ToClient>, nick: String) {
        node.serve("chat::session", |start, (client, nick): (Port<ToClient>, String)| {
            Ok(start.handler(move |cx, ToSession::Say(text)| {
                cx.send(&client, ToClient::Said(format!("{nick}: {text}")));
            }))
        });

        let session: Port<ToSession> = node.spawn(&server, "chat::session", (me, nick));
        node.send(&session, ToSession::Say("hello".to_owned()));
    }

    fn seeds() -> aemp::Result<()> {
        let seed = Node::builder().name("seed").bind("192.0.2.1:4040").global().start()?;

        let node = Node::builder().name("worker").bind("192.0.2.2:4040").seed("192.0.2.1:4040").start()?;

        node.join(&seed)?;
        Ok(())
    }

    fn database(node: &Node) -> Result<BTreeMap<String, u32>, Box<dyn Error>> {
        let database = node.database();
        database.set("limits", "uploads", &3)?;
        let limits: BTreeMap<String, u32> = database.family("limits").wait()?;

        let mut changes = database.watch::<u32>("limits");
        // Or .next().await; in handlers cx.watch_family.
        while let Some(change) = changes.wait() {
            match change {
                Change::Initial(limits) => println!("{limits:?}"),
                Change::Added { key, value } | Change::Changed { key, value } => println!("{key}: {value}"),
                Change::Removed { key } => println!("{key} is gone"),
                unreadable => println!("{unreadable:?}"),
            }
        }
        Ok(limits)
    }

    #[derive(Serialize, Deserialize)]
    enum Job {
        Reverse(String, Reply<String>),
    }

    fn work(node: &Node) -> Result<(), DatabaseError> {
        let worker = node.port(|cx, Job::Reverse(word, reply)| cx.reply(reply, word.chars().rev().collect()));
        node.group("workers").join(&worker)?.forever();
        Ok(())
    }

    fn ask(node: &Node) -> Result<String, Box<dyn Error>> {
        let workers = node.group::<Job>("workers");
        workers.ready().wait()?;
        let worker = workers.next().ok_or("no worker")?; // one after the other
        let reversed = node.call(&worker, |reply| Job::Reverse("word".to_owned(), reply)).wait()?;
        Ok(reversed)
    }
}

/// The lines of a text that count: without indentation, alignment and empty lines.
fn lines(text: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_rust_in_the_documents_compiles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let compiled = lines(include_str!("documents.rs"));
    for document in ["README.md", "docs/tutorial.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        let blocks: Vec<&str> = text.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty(), "{document} has no Rust");
        // What an empty line separates may stand apart here.
        for part in blocks.into_iter().flat_map(|block| block.split("\n\n")).map(lines) {
            assert!(compiled.windows(part.len()).any(|window| window == part), "{document}: {part:#?}");
        }
    }
}
