//! Nodes that share a secret, on loopback.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use aemp::{Builder, Node, Port};

pub(crate) const SECRET: &str = "the secret of these tests, long enough";

pub(crate) fn builder(name: &str) -> Builder {
    Node::builder().name(name).bind("127.0.0.1:0").secret(SECRET)
}

pub(crate) fn node(name: &str) -> Node {
    builder(name).start().unwrap()
}

/// A port whose messages come out of a channel.
pub(crate) fn collector<M>(node: &Node) -> (Port<M>, mpsc::Receiver<M>)
where
    M: serde::de::DeserializeOwned + Send + 'static,
{
    let (sender, receiver) = mpsc::channel();
    let port = node.port(move |_, message: M| {
        let _ = sender.send(message);
    });
    (port, receiver)
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
