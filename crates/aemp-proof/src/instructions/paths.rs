//! The paths that are measured: this runs under callgrind.

use std::{process::ExitCode, sync::mpsc};

use aemp::{Context, Node, Port};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

/// The command that runs one path.
pub(super) const COMMAND: &str = "instructions-of";
/// Messages that wait at a time.
const BATCH: u64 = 100;

/// A path that messages take.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// From one port of a node to another one.
    Local,
    /// Encoded by one node, decoded by another one.
    Remote,
}

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    path: Path,
    count: u64,
}

/// A tag, a number and 32 octets.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Add(u64, ByteArray<32>),
}

impl Path {
    pub(super) const ALL: [Self; 2] = [Self::Local, Self::Remote];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }

    /// What is measured, and the thread that does it: nodes have theirs in the order of their start.
    pub(super) const fn threads(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Local => &[("local", 2)],
            Self::Remote => &[("send", 2), ("receive", 3)],
        }
    }
}

/// Runs one path.
pub(crate) fn run(options: &Options) -> ExitCode {
    let Options { path, count } = *options;
    let first = node();
    let sum = match path {
        Path::Local => stream(&first, &first, count),
        Path::Remote => {
            let second = node();
            first.join(&second).expect("both run");
            stream(&first, &second, count)
        }
    };
    assert_eq!(sum, count * (count + 1) / 2, "every message arrived once");
    ExitCode::SUCCESS
}

fn node() -> Node {
    let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    Node::builder().unconfigured().anonymous().secret(secret).start().expect("a node without a network starts")
}

/// Sends numbers from one node to the other. Their sum, as the other got it.
fn stream(from: &Node, to: &Node, count: u64) -> u64 {
    let (done, ended) = mpsc::channel();
    let (mut received, mut sum) = (0, 0);
    let sink = to.port(move |_, Message::Add(number, _)| {
        received += 1;
        sum += number;
        if received == count {
            let _ = done.send(sum);
        }
    });
    let mut sent = 0;
    while sent < count {
        let end = count.min(sent + BATCH);
        let target = sink.clone();
        let batch = from.run(move |cx| (sent..end).for_each(|number| send(cx, &target, number + 1)));
        batch.wait().expect("the node runs");
        sent = end;
    }
    ended.recv().expect("all arrive")
}

fn send(cx: &Context, to: &Port<Message>, number: u64) {
    cx.send(to, Message::Add(number, ByteArray::new([7; 32])));
}
